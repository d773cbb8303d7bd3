DROP TABLE messaging.people;
