-- Keys by which programs act for a person. Those that were revoked stay, so that the person sees what there was.
CREATE TABLE auth.api_keys (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    -- SHA-256 of the key; the key itself holds 256 random bits, so no salt is needed.
    hash bytea NOT NULL CONSTRAINT api_keys_hash_key UNIQUE,
    -- How the key begins, by which its owner knows it again.
    prefix text NOT NULL,
    created_at timestamptz NOT NULL,
    -- Null for one that does not end.
    expires_at timestamptz,
    -- To the minute.
    last_used_at timestamptz,
    revoked_at timestamptz
);

CREATE INDEX api_keys_by_user ON auth.api_keys (user_id, created_at DESC, id DESC);
