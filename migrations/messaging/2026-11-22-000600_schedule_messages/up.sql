-- Messages that wait for their time. Their files are in `attachments`; the id stays when one is sent.
CREATE TABLE messaging.scheduled_messages (
    id uuid PRIMARY KEY,
    sender_id uuid NOT NULL,
    conversation_id uuid NOT NULL REFERENCES messaging.conversations (id) ON DELETE CASCADE,
    parent_id uuid,
    content text NOT NULL,
    created_at timestamptz NOT NULL,
    scheduled_for timestamptz NOT NULL
);

CREATE INDEX scheduled_messages_due ON messaging.scheduled_messages (scheduled_for, id);
CREATE INDEX scheduled_messages_by_sender ON messaging.scheduled_messages (sender_id, id);
CREATE INDEX scheduled_messages_by_conversation ON messaging.scheduled_messages (conversation_id);
