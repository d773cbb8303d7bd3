-- The one code by which a person can show that its address is its own; deleted when it is used, replaced when another is sent.
CREATE TABLE auth.email_codes (
    user_id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    -- HMAC-SHA256 with the server's secret: six digits alone are guessed from any plain hash.
    hash bytea NOT NULL,
    -- Wrong guesses; too many of them kill the code.
    attempts smallint NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL
);

CREATE INDEX email_codes_by_end ON auth.email_codes (expires_at);
