DROP TABLE media.dead_letters;
DROP TABLE media.inbox;
DROP TABLE media.outbox;
