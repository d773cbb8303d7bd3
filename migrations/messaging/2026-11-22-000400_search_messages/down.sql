DROP INDEX messaging.messages_search;
ALTER TABLE messaging.messages DROP COLUMN search;
