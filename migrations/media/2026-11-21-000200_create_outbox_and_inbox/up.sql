-- Events that are committed and not yet published. The relay reads them by position and deletes what the broker has.
CREATE TABLE media.outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    kind text NOT NULL,
    subject text NOT NULL,
    event jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- Rows live for milliseconds: without this, dead ones would pile up before the first vacuum.
ALTER TABLE media.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Events that were handled, so that one that comes again has no effect.
CREATE TABLE media.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
-- Rows are added in the order of their time, so that this small index is enough to forget old ones.
CREATE INDEX inbox_handled_at ON media.inbox USING brin (handled_at);

-- Events that could not be handled and, under the queue `outbox`, those that could not be published.
CREATE TABLE media.dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue text NOT NULL,
    event_id uuid,
    event text NOT NULL,
    reason text NOT NULL,
    attempts integer NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_queue ON media.dead_letters (queue, id);
