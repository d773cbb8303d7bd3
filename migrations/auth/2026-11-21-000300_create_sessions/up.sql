-- A sign-in: one device of one person through one contract.
CREATE TABLE auth.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    contract text NOT NULL,
    address text NOT NULL DEFAULT '',
    user_agent text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    refreshed_at timestamptz NOT NULL,
    -- When its last refresh token ends.
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text,
    -- When no access token of a revoked session can be alive any more.
    forget_at timestamptz
);

CREATE INDEX sessions_by_user ON auth.sessions (user_id, created_at DESC);
CREATE INDEX sessions_by_revocation ON auth.sessions (revoked_at, id) WHERE revoked_at IS NOT NULL;
CREATE INDEX sessions_by_end ON auth.sessions (expires_at);

-- The family of a session's refresh tokens: one unused at a time. Used ones are kept until they end, to notice that one comes back.
CREATE TABLE auth.refresh_tokens (
    -- SHA-256 of the token; the token itself is 256 random bits, so no salt is needed.
    hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES auth.sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE INDEX refresh_tokens_by_session ON auth.refresh_tokens (session_id);
