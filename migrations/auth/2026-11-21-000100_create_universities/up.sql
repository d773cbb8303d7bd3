-- Trigrams forgive typing errors; a trusted extension, so the owner of the database may make it.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;

CREATE TABLE auth.universities (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    -- The name in lower case without accents: what must be unique in a country, and what registration compares.
    name_key text NOT NULL,
    country text NOT NULL,
    country_code text NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    state text NOT NULL DEFAULT '',
    city text NOT NULL DEFAULT '',
    type text NOT NULL CHECK (type IN ('public', 'private', 'community', 'technical', 'hbcu', 'tribal', 'religious', 'for-profit')),
    search_terms text[] NOT NULL DEFAULT '{}',
    -- Name, terms, city and state, folded like name_key: what searches read.
    search_text text NOT NULL,
    website text,
    enrollment integer CHECK (enrollment >= 0),
    established integer,
    accreditation text[] NOT NULL DEFAULT '{}',
    programs text[] NOT NULL DEFAULT '{}',
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    -- description, campuses, admissions, tuition, demographics
    detail jsonb,
    -- Where the entry came from: the outside source never overwrites what is built in.
    source text NOT NULL CHECK (source IN ('built_in', 'outside')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT universities_name_in_country UNIQUE (name_key, country_code)
);

CREATE INDEX universities_by_name ON auth.universities (name_key, id);
CREATE INDEX universities_by_state ON auth.universities (lower(state), name_key, id);
CREATE INDEX universities_by_trigram ON auth.universities USING gin (search_text public.gin_trgm_ops);

-- One row a source: when it was last read, so that replicas and restarts don't read it again at once.
CREATE TABLE auth.directory_refreshes (
    source text PRIMARY KEY,
    fingerprint text NOT NULL DEFAULT '',
    refreshed_at timestamptz NOT NULL
);
