-- What a person shows besides the password, on every contract. A row without both `totp_confirmed_at` and `sms_enabled_at` asks for nothing yet.
CREATE TABLE auth.second_factors (
    user_id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    -- The secret of the authenticator program, sealed.
    totp_secret bytea,
    -- From then on it is asked for: its owner has shown a code.
    totp_confirmed_at timestamptz,
    -- The time step of the last code that was taken: each works once.
    totp_last_step bigint NOT NULL DEFAULT 0,
    -- Where codes are sent. Not the phone of the profile, which changes without any code.
    phone text CHECK (phone ~ '^\+[1-9][0-9]{1,14}$'),
    -- From then on it is asked for.
    sms_enabled_at timestamptz,
    -- When a code that was sent came back.
    sms_confirmed_at timestamptz,
    -- HMAC-SHA256 of the one code that was sent; null once it is used.
    code_hash bytea,
    code_attempts smallint NOT NULL DEFAULT 0,
    code_expires_at timestamptz,
    -- Wrong codes since the last right one, and until when none is looked at.
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT second_factors_totp_has_secret CHECK (totp_confirmed_at IS NULL OR totp_secret IS NOT NULL),
    CONSTRAINT second_factors_sms_has_phone CHECK (sms_enabled_at IS NULL OR phone IS NOT NULL)
);

-- Codes for whoever lost the phone; each is deleted when it is used.
CREATE TABLE auth.recovery_codes (
    user_id uuid NOT NULL REFERENCES auth.users (id) ON DELETE CASCADE,
    -- HMAC-SHA256.
    hash bytea NOT NULL,
    PRIMARY KEY (user_id, hash)
);
