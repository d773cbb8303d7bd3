-- What is to be sent to people outside, each written in the transaction of the change that it tells of, and deleted once it is sent.
CREATE TABLE auth.mails (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms')),
    -- Address, subject and bodies, sealed: they hold codes and links that open accounts.
    sealed bytea NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- When it is to be tried next; while somebody sends it, when another may take it over.
    due_at timestamptz NOT NULL,
    -- From then on it is of no use to anybody: a code that ended.
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX mails_by_due ON auth.mails (due_at);
CREATE INDEX mails_by_end ON auth.mails (expires_at);
CREATE INDEX mails_by_user ON auth.mails (user_id);
