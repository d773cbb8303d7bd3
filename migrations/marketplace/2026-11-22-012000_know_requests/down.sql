DROP TABLE marketplace.requests;
