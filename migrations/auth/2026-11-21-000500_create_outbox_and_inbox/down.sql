DROP TABLE auth.dead_letters;
DROP TABLE auth.inbox;
DROP TABLE auth.outbox;
