-- What can be found: what people wrote, and not what was removed since.
ALTER TABLE messaging.messages ADD COLUMN search tsvector GENERATED ALWAYS AS (
    CASE WHEN kind = 'text' AND deleted_at IS NULL THEN to_tsvector('english'::regconfig, content) END
) STORED;

CREATE INDEX messages_search ON messaging.messages USING gin (search);
