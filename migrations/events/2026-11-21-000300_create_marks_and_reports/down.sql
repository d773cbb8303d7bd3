DROP TABLE events.searches;
DROP TABLE events.reports;
DROP TABLE events.event_views;
DROP TABLE events.event_saves;
