ALTER TABLE messaging.conversations
    ADD COLUMN name text,
    ADD COLUMN description text NOT NULL DEFAULT '',
    ADD COLUMN visibility text CONSTRAINT conversations_visibility_check CHECK (visibility IN ('public', 'private')),
    -- When a channel was closed; its messages stay for administrators of the community.
    ADD COLUMN deleted_at timestamptz,
    ADD CONSTRAINT conversations_channel_check CHECK ((kind = 'channel') = (name IS NOT NULL) AND (kind = 'channel') = (visibility IS NOT NULL)),
    ADD CONSTRAINT conversations_name_check CHECK (name ~ '^[a-z0-9-]{1,80}$');

-- Neither index has a column that changes with each message.
CREATE UNIQUE INDEX conversations_name_key ON messaging.conversations (name) WHERE deleted_at IS NULL AND name IS NOT NULL;
CREATE INDEX conversations_public ON messaging.conversations (id) WHERE visibility = 'public' AND deleted_at IS NULL;
CREATE INDEX conversations_by_creator ON messaging.conversations (created_by) WHERE created_by IS NOT NULL;
