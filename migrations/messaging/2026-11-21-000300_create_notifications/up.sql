CREATE TABLE messaging.notifications (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT notifications_number_key UNIQUE,
    user_id uuid NOT NULL,
    -- The event of the broker that it tells of.
    event_id uuid NOT NULL,
    kind text NOT NULL,
    actor_id uuid,
    subject_kind text NOT NULL CHECK (subject_kind IN ('conversation', 'post', 'comment', 'event', 'item')),
    subject_id uuid NOT NULL,
    excerpt text NOT NULL CHECK (char_length(excerpt) <= 140),
    read_at timestamptz,
    created_at timestamptz NOT NULL,
    -- One event tells a person once, however often it comes.
    CONSTRAINT notifications_event_key UNIQUE (event_id, user_id)
);

CREATE INDEX notifications_by_user ON messaging.notifications (user_id, created_at DESC, id DESC);
CREATE INDEX notifications_unread ON messaging.notifications (user_id, created_at DESC, id DESC) WHERE read_at IS NULL;
CREATE INDEX notifications_by_time ON messaging.notifications (created_at);
CREATE INDEX notifications_by_actor ON messaging.notifications (actor_id) WHERE actor_id IS NOT NULL;
-- Whoever likes and unlikes, or comes and goes, tells it once.
CREATE UNIQUE INDEX notifications_once_key ON messaging.notifications (user_id, actor_id, kind, subject_id)
    WHERE kind IN ('post_like', 'comment_like', 'registration');

-- Who is registered for which event that people organise, as events tells it. What was taken back stays for a while, as with blocks.
CREATE TABLE messaging.registrations (
    event_id uuid NOT NULL,
    user_id uuid NOT NULL,
    is_registered boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, user_id)
);

CREATE INDEX registrations_by_user ON messaging.registrations (user_id);
CREATE INDEX registrations_taken_back ON messaging.registrations (changed_at) WHERE NOT is_registered;
