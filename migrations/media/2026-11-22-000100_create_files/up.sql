-- Files of any kind that people uploaded. A row comes before its blobs and goes after them, so that no blob is without a row.
CREATE TABLE media.files (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    name text NOT NULL CHECK (name <> '' AND octet_length(name) <= 255),
    -- As with images.
    state text NOT NULL CHECK (state IN ('storing', 'stored', 'deleted', 'abandoned')),
    -- By what the store finds the part of the file that has come, should the upload not come to its end.
    ticket text,
    -- By the content; unknown until that has come, as all below.
    content_type text,
    size_bytes bigint CHECK (size_bytes > 0),
    -- SHA-256 of the file.
    digest bytea CHECK (length(digest) = 32),
    -- Null without a thumbnail.
    thumbnail_size_bytes bigint CHECK (thumbnail_size_bytes > 0),
    thumbnail_digest bytea CHECK (length(thumbnail_digest) = 32),
    created_at timestamptz NOT NULL,
    -- Since when nothing uses it, counted from its last claim; null while something does.
    unused_since timestamptz,
    -- Until when a claim holds that was made for a long time.
    keep_until timestamptz,
    deleted_at timestamptz,
    CONSTRAINT files_known_when_stored
        CHECK (state IN ('storing', 'abandoned') OR (content_type IS NOT NULL AND size_bytes IS NOT NULL AND digest IS NOT NULL)),
    CONSTRAINT files_thumbnail_whole CHECK ((thumbnail_size_bytes IS NULL) = (thumbnail_digest IS NULL)),
    CONSTRAINT files_deleted_at_a_time CHECK ((state IN ('deleted', 'abandoned')) = (deleted_at IS NOT NULL))
);

CREATE INDEX files_by_owner ON media.files (owner_id, id);
CREATE INDEX files_unused ON media.files (unused_since) WHERE state = 'stored' AND unused_since IS NOT NULL;
CREATE INDEX files_to_erase ON media.files (created_at) WHERE state <> 'stored';

-- What uses a file, as events told.
CREATE TABLE media.file_uses (
    file_id uuid NOT NULL REFERENCES media.files (id) ON DELETE CASCADE,
    -- Such as `messaging.message/<id>`.
    used_by text NOT NULL,
    PRIMARY KEY (file_id, used_by)
);

CREATE INDEX file_uses_by_user ON media.file_uses (used_by);
