DROP TABLE messaging.requests;
