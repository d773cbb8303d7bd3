-- A line for each attempt to get in, and for what ends access.
CREATE TABLE auth.access_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    -- register, sign_in, refresh, sign_out, delete_account
    action text NOT NULL,
    -- succeeded, or the reason of the refusal
    outcome text NOT NULL,
    user_id uuid,
    -- A keyed hash of the address that was tried: tells attempts on one account apart without storing addresses of strangers.
    email_hash bytea,
    contract text NOT NULL,
    address text NOT NULL,
    user_agent text NOT NULL
);

CREATE INDEX access_log_by_user ON auth.access_log (user_id, at DESC) WHERE user_id IS NOT NULL;
CREATE INDEX access_log_by_email ON auth.access_log (email_hash, at DESC) WHERE email_hash IS NOT NULL;
CREATE INDEX access_log_by_time ON auth.access_log (at);
