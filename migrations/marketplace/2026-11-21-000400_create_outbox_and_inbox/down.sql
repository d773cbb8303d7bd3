DROP TABLE marketplace.dead_letters;
DROP TABLE marketplace.inbox;
DROP TABLE marketplace.outbox;
