CREATE TABLE messaging.messages (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT messages_number_key UNIQUE,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id) ON DELETE CASCADE,
    -- 1, 2, 3 … in each conversation.
    sequence bigint NOT NULL CHECK (sequence > 0),
    -- Null when the account is gone.
    sender_id uuid,
    kind text NOT NULL CHECK (kind IN ('text', 'system')),
    content text NOT NULL,
    -- The message whose thread it belongs to.
    parent_id uuid,
    created_at timestamptz NOT NULL,
    edited_at timestamptz,
    deleted_at timestamptz,
    CONSTRAINT messages_sequence_key UNIQUE (conversation_id, sequence)
);

CREATE INDEX messages_by_sender ON messaging.messages (sender_id, id) WHERE sender_id IS NOT NULL;
