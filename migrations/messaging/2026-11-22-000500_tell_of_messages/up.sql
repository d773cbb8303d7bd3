ALTER TABLE messaging.notifications
    -- Where it happened, the message that it is about, and the name of the channel; null elsewhere.
    ADD COLUMN conversation_id uuid,
    ADD COLUMN message_id uuid,
    ADD COLUMN conversation_name text;

-- Whoever reacts to one message again and again tells it once.
DROP INDEX messaging.notifications_once_key;
CREATE UNIQUE INDEX notifications_once_key ON messaging.notifications (user_id, actor_id, kind, coalesce(message_id, subject_id))
    WHERE kind IN ('post_like', 'comment_like', 'registration', 'reaction');

-- What people want to be told of, where they said so.
CREATE TABLE messaging.notification_settings (
    user_id uuid PRIMARY KEY,
    enabled boolean NOT NULL,
    sound_enabled boolean NOT NULL,
    dnd_enabled boolean NOT NULL,
    -- On the person's clock.
    dnd_start time NOT NULL,
    dnd_end time NOT NULL
);

CREATE TABLE messaging.conversation_settings (
    user_id uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id) ON DELETE CASCADE,
    enabled boolean NOT NULL,
    level text NOT NULL CHECK (level IN ('all', 'mentions', 'nothing')),
    PRIMARY KEY (user_id, conversation_id)
);

CREATE INDEX conversation_settings_by_conversation ON messaging.conversation_settings (conversation_id);
