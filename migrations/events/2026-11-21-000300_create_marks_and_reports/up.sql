CREATE TABLE events.event_saves (
    event_id uuid NOT NULL REFERENCES events.events (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, user_id)
);

CREATE INDEX event_saves_by_user ON events.event_saves (user_id, event_id);

-- Who has looked at an event: each person counts once.
CREATE TABLE events.event_views (
    event_id uuid NOT NULL REFERENCES events.events (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, user_id)
);

CREATE INDEX event_views_by_user ON events.event_views (user_id, event_id);

-- Who told moderators of an event: each person once.
CREATE TABLE events.reports (
    event_id uuid NOT NULL REFERENCES events.events (id) ON DELETE CASCADE,
    reporter_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    description text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, reporter_id)
);

CREATE INDEX reports_by_reporter ON events.reports (reporter_id, event_id);

-- What people searched for, by day. Nobody's name stands beside it.
CREATE TABLE events.searches (
    day date NOT NULL,
    query text NOT NULL,
    -- What narrowed the search, such as category=music; empty for nothing.
    filters text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, query, filters)
);
