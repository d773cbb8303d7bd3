DROP TABLE messaging.registrations;
DROP TABLE messaging.notifications;
