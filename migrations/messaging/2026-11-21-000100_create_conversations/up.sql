CREATE TABLE messaging.conversations (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT conversations_number_key UNIQUE,
    kind text NOT NULL CHECK (kind IN ('direct', 'group', 'channel', 'room')),
    -- The two of a direct conversation, the lesser id first; null when the account is gone.
    first_user_id uuid,
    second_user_id uuid,
    -- Null when the account is gone.
    created_by uuid,
    -- The place of the newest message. Whoever stores a message changes it, so the row's lock makes the order of places that of the commits.
    last_sequence bigint NOT NULL DEFAULT 0 CHECK (last_sequence >= 0),
    member_count bigint NOT NULL CHECK (member_count >= 0),
    created_at timestamptz NOT NULL,
    -- When something last happened in it.
    activity_at timestamptz NOT NULL,
    -- However many ask at once, there is one conversation a pair.
    CONSTRAINT conversations_pair_key UNIQUE (first_user_id, second_user_id),
    CONSTRAINT conversations_pair_check CHECK (first_user_id < second_user_id),
    CHECK (kind = 'direct' OR (first_user_id IS NULL AND second_user_id IS NULL))
) WITH (fillfactor = 70); -- room for the next place on the same page, so that no index is touched

-- Who takes part. What was delivered and read is a place in the conversation, so it costs by member and not by message.
CREATE TABLE messaging.members (
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'member')),
    joined_at timestamptz NOT NULL,
    delivered_sequence bigint NOT NULL DEFAULT 0,
    read_sequence bigint NOT NULL DEFAULT 0 CHECK (read_sequence >= 0),
    PRIMARY KEY (conversation_id, user_id),
    -- What was read was delivered.
    CHECK (delivered_sequence >= read_sequence)
) WITH (fillfactor = 70);

CREATE INDEX members_by_user ON messaging.members (user_id, conversation_id);

-- Who has blocked whom, as social tells it. A block that was taken back stays for a while, so that an older event does not bring it back.
CREATE TABLE messaging.blocks (
    blocker_id uuid NOT NULL,
    blocked_id uuid NOT NULL,
    is_blocked boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
);

CREATE INDEX blocks_by_blocked ON messaging.blocks (blocked_id);
CREATE INDEX blocks_taken_back ON messaging.blocks (changed_at) WHERE NOT is_blocked;
