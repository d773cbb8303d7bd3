DROP TABLE messaging.messages;
