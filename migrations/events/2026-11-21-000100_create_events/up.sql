CREATE TABLE events.events (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT events_number_key UNIQUE,
    organizer_id uuid NOT NULL,
    -- The organiser's university when the event was announced; empty for none.
    university text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL CHECK (description <> ''),
    category text NOT NULL CHECK (category <> ''),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    utc_offset_minutes integer NOT NULL CHECK (utc_offset_minutes BETWEEN -1439 AND 1439),
    -- The day on which it begins, by its own offset.
    day date NOT NULL GENERATED ALWAYS AS (
        ((starts_at AT TIME ZONE 'UTC') + utc_offset_minutes * interval '1 minute')::date
    ) STORED,
    location text NOT NULL CHECK (location <> ''),
    -- The location without regard to case, as filters compare it.
    folded_location text NOT NULL,
    -- Null for no limit.
    capacity integer CHECK (capacity > 0),
    registration_required boolean NOT NULL,
    -- A path under /uploads/images/, whose picture belongs to the organiser; empty for none.
    banner_image text NOT NULL,
    tags text[] NOT NULL,
    -- Null unless it is called off.
    cancelled_at timestamptz,
    -- Counters change in the transaction of the row that they count.
    registered_count bigint NOT NULL DEFAULT 0 CHECK (registered_count >= 0),
    save_count bigint NOT NULL DEFAULT 0 CHECK (save_count >= 0),
    view_count bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    -- Title and description, as a search reads them: a word of the title weighs more.
    search tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english'::regconfig, title), 'A') || setweight(to_tsvector('english'::regconfig, description), 'B')
    ) STORED,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT events_capacity_kept CHECK (registered_count <= capacity)
) WITH (fillfactor = 85); -- room for the next counters on the same page, so that no index is touched

CREATE INDEX events_by_start ON events.events (starts_at, id);
CREATE INDEX events_by_university ON events.events (university, starts_at, id);
CREATE INDEX events_by_category ON events.events (category, starts_at, id);
CREATE INDEX events_by_organizer ON events.events (organizer_id, starts_at, id);
CREATE INDEX events_by_day ON events.events (day);
CREATE INDEX events_by_time ON events.events (created_at DESC, id DESC);
CREATE INDEX events_by_words ON events.events USING gin (search);
CREATE INDEX events_by_tags ON events.events USING gin (tags);
-- The categories of what is not over.
CREATE INDEX events_by_end ON events.events (ends_at, category) WHERE cancelled_at IS NULL;
