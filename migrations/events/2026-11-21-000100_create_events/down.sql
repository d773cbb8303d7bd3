DROP TABLE events.events;
