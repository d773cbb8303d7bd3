CREATE TABLE social.blocks (
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL CHECK (blocked_id <> blocker_id),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);

CREATE INDEX blocks_by_blocker ON social.blocks (blocker_id, created_at, blocked_id);
CREATE INDEX blocks_by_blocked ON social.blocks (blocked_id, blocker_id);

-- What moderators were told, of posts here and of events and items elsewhere: each person once a subject. A report outlives its subject.
CREATE TABLE social.reports (
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL CHECK (subject_kind IN ('post', 'event', 'item')),
    subject_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    -- Null once the account is gone.
    reporter_id uuid,
    reason text NOT NULL CHECK (reason <> ''),
    description text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'actioned', 'dismissed')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT reports_once_key UNIQUE (subject_kind, subject_id, reporter_id)
);

CREATE INDEX reports_by_state ON social.reports (state, created_at, id);
CREATE INDEX reports_by_time ON social.reports (created_at, id);
CREATE INDEX reports_by_reporter ON social.reports (reporter_id, id) WHERE reporter_id IS NOT NULL;

-- What moderators did with a report. Lines are only added.
CREATE TABLE social.report_steps (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id uuid NOT NULL REFERENCES social.reports (id),
    moderator_id uuid NOT NULL,
    before text NOT NULL CHECK (before IN ('open', 'actioned', 'dismissed')),
    after text NOT NULL CHECK (after IN ('open', 'actioned', 'dismissed') AND after <> before),
    note text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX report_steps_of_report ON social.report_steps (report_id, number);
