DROP TABLE events.dead_letters;
DROP TABLE events.inbox;
DROP TABLE events.outbox;
