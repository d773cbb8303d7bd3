-- Messages whose first link is to be looked behind: the newest text counts.
CREATE TABLE messaging.preview_jobs (
    message_id uuid PRIMARY KEY REFERENCES messaging.messages (id) ON DELETE CASCADE,
    url text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- Not before then. Whoever works on it moves it on first, so that it comes back if they die.
    due_at timestamptz NOT NULL
);

CREATE INDEX preview_jobs_due ON messaging.preview_jobs (due_at);

-- What was behind links a while ago, so that the same page is not fetched for each message. Null where there was nothing to show.
CREATE TABLE messaging.preview_pages (
    url text PRIMARY KEY,
    preview jsonb,
    fetched_at timestamptz NOT NULL
);

CREATE INDEX preview_pages_by_time ON messaging.preview_pages (fetched_at);
