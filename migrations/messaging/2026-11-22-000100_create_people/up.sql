-- Who somebody is, as auth tells it: for the texts of the conversation itself, for mentions, and for the time on the person's clock.
CREATE TABLE messaging.people (
    user_id uuid PRIMARY KEY,
    handle text NOT NULL,
    display_name text NOT NULL,
    -- What may stand behind `@` besides the handle: the display name in lower case where it is one word.
    mention_name text,
    -- An IANA name; empty for UTC.
    timezone text NOT NULL,
    -- Grows with each change of the person.
    version bigint NOT NULL,
    -- When the account was deleted: the row stays for a while without names, so that what was asked before that does not bring them back.
    deleted_at timestamptz,
    CHECK (deleted_at IS NULL OR (handle = '' AND display_name = '' AND mention_name IS NULL))
);

CREATE INDEX people_deleted ON messaging.people (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX people_by_handle ON messaging.people (handle);
CREATE INDEX people_by_mention_name ON messaging.people (mention_name) WHERE mention_name IS NOT NULL;
