-- The people of all contracts. A facet that only one contract asks for (phone, region, interests, …) is null for the others.
CREATE TABLE auth.users (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT users_number_key UNIQUE,
    -- Always in lower case.
    handle text NOT NULL CONSTRAINT users_handle_key UNIQUE CHECK (handle = lower(handle)),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 255),
    -- As it was typed; null once the account is deleted.
    email text CHECK (length(email) BETWEEN 3 AND 255),
    email_verified_at timestamptz,
    -- bcrypt; null for people who sign in by other means.
    password_hash text,
    -- The contract whose password policy the password met when it was set.
    password_policy text,
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
    university_id uuid CONSTRAINT users_university_fkey REFERENCES auth.universities (id),
    -- The university's name as it was then: what tokens, cards and events show.
    university text NOT NULL DEFAULT '',
    avatar_url text CHECK (length(avatar_url) <= 512),
    bio text,
    phone text CHECK (phone ~ '^\+[1-9][0-9]{1,14}$'),
    region text,
    gender text,
    birth_year smallint,
    interests text[] NOT NULL DEFAULT '{}',
    availability text NOT NULL DEFAULT 'offline',
    status_message text CHECK (length(status_message) <= 100),
    preferences jsonb NOT NULL DEFAULT '{}',
    is_private boolean NOT NULL DEFAULT false,
    -- Handle, name and e-mail, folded: what searches read.
    search_text text NOT NULL,
    -- Grows with each change of what others see.
    version bigint NOT NULL DEFAULT 1,
    suspended_at timestamptz,
    suspended_reason text,
    deleted_at timestamptz,
    last_login_at timestamptz,
    last_seen_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_live_have_email CHECK (deleted_at IS NOT NULL OR email IS NOT NULL)
);

-- One account an address, whatever the case it is typed in.
CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email));
CREATE INDEX users_by_university ON auth.users (university_id) WHERE university_id IS NOT NULL;
CREATE INDEX users_by_trigram ON auth.users USING gin (search_text public.gin_trgm_ops) WHERE deleted_at IS NULL;
