-- The one link by which a person can set a new password; deleted when it is used, replaced when another is sent.
CREATE TABLE auth.password_resets (
    user_id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    -- SHA-256 of the token; the token itself is 122 random bits, so no salt is needed.
    hash bytea NOT NULL CONSTRAINT password_resets_hash_key UNIQUE,
    expires_at timestamptz NOT NULL
);

CREATE INDEX password_resets_by_end ON auth.password_resets (expires_at);
