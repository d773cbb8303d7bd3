-- One row for each person and event, whatever became of it.
CREATE TABLE events.registrations (
    id uuid PRIMARY KEY,
    event_id uuid NOT NULL REFERENCES events.events (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    status text NOT NULL CHECK (status IN ('registered', 'cancelled', 'attended')),
    -- When the person registered, last.
    registered_at timestamptz NOT NULL,
    CONSTRAINT registrations_once UNIQUE (event_id, user_id)
);

CREATE INDEX registrations_of_event ON events.registrations (event_id, registered_at, id);
CREATE INDEX registrations_by_user ON events.registrations (user_id, event_id);
