ALTER TABLE messaging.messages
    -- How many messages are in its thread.
    ADD COLUMN reply_count bigint NOT NULL DEFAULT 0 CHECK (reply_count >= 0),
    -- How many people have reacted, and how many files belong to it: most messages have none, and nothing is looked up for them.
    ADD COLUMN reaction_count bigint NOT NULL DEFAULT 0 CHECK (reaction_count >= 0),
    ADD COLUMN file_count bigint NOT NULL DEFAULT 0 CHECK (file_count >= 0),
    ADD COLUMN pinned_at timestamptz,
    -- Who removed it; null when the account is gone.
    ADD COLUMN deleted_by uuid,
    -- What stands behind its first link.
    ADD COLUMN preview jsonb;

CREATE INDEX messages_by_thread ON messaging.messages (parent_id, sequence) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_pinned ON messaging.messages (conversation_id) WHERE pinned_at IS NOT NULL;
CREATE INDEX messages_deleted ON messaging.messages (deleted_at) WHERE deleted_at IS NOT NULL;
CREATE INDEX messages_deleted_by ON messaging.messages (deleted_by) WHERE deleted_by IS NOT NULL;

-- Who takes part in a thread of a channel, and how far each has read it: who began it, and who has written in it.
CREATE TABLE messaging.thread_members (
    conversation_id uuid NOT NULL,
    user_id uuid NOT NULL,
    -- The message that began the thread.
    root_id uuid NOT NULL REFERENCES messaging.messages (id) ON DELETE CASCADE,
    read_sequence bigint NOT NULL,
    -- Whether there may be something new: only then it is counted.
    is_unread boolean NOT NULL,
    PRIMARY KEY (root_id, user_id)
);

CREATE INDEX thread_members_by_user ON messaging.thread_members (user_id, conversation_id);
CREATE INDEX thread_members_unread ON messaging.thread_members (user_id, conversation_id) WHERE is_unread;

-- What people felt about messages: one thing each.
CREATE TABLE messaging.reactions (
    message_id uuid NOT NULL REFERENCES messaging.messages (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    emoji text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (message_id, user_id)
);

CREATE INDEX reactions_by_user ON messaging.reactions (user_id);

-- The files of messages, as media described them when they were sent or scheduled. A file belongs to one message.
CREATE TABLE messaging.attachments (
    file_id uuid CONSTRAINT attachments_file_key PRIMARY KEY,
    -- The message, or the one that waits for its time: it keeps its id when it is sent.
    message_id uuid NOT NULL,
    position bigint NOT NULL,
    name text NOT NULL,
    path text NOT NULL,
    thumbnail_path text NOT NULL,
    content_type text NOT NULL,
    size_bytes bigint NOT NULL
);

CREATE UNIQUE INDEX attachments_by_message ON messaging.attachments (message_id, position);
