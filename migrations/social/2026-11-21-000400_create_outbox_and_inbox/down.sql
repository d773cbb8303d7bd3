DROP TABLE social.dead_letters;
DROP TABLE social.inbox;
DROP TABLE social.outbox;
