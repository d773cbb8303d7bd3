-- What named requests have made, so that a repetition makes nothing again.
CREATE TABLE events.requests (
    id uuid PRIMARY KEY,
    made uuid NOT NULL,
    carried_out_at timestamptz NOT NULL
);
CREATE INDEX requests_by_time ON events.requests USING brin (carried_out_at);
