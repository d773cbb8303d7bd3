DROP TABLE events.registrations;
