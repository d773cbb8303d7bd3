-- Which person a Google account is.
CREATE TABLE auth.google_accounts (
    -- What Google calls it; its address may change.
    subject text PRIMARY KEY CHECK (length(subject) BETWEEN 1 AND 255),
    user_id uuid NOT NULL CONSTRAINT google_accounts_user_key UNIQUE REFERENCES auth.users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL
);

-- Sign-ins that went to Google and are to come back.
CREATE TABLE auth.google_sign_ins (
    -- SHA-256 of the state; the state itself is 256 random bits, so no salt is needed.
    state_hash bytea PRIMARY KEY,
    contract text NOT NULL,
    -- Nonce, verifier and the address to come back to, sealed.
    sealed bytea NOT NULL,
    -- Who came back and still has to show a second factor.
    user_id uuid REFERENCES auth.users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE INDEX google_sign_ins_by_end ON auth.google_sign_ins (expires_at);
CREATE INDEX google_sign_ins_by_user ON auth.google_sign_ins (user_id) WHERE user_id IS NOT NULL;
