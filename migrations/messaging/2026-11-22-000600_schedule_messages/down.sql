DROP TABLE messaging.scheduled_messages;
