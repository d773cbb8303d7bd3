DROP TABLE events.requests;
