DROP TABLE messaging.dead_letters;
DROP TABLE messaging.inbox;
DROP TABLE messaging.outbox;
