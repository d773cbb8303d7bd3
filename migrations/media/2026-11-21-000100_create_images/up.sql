-- The pictures that people uploaded. A row comes before its files and goes after them, so that no file is without a row.
CREATE TABLE media.images (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL,
    folder text NOT NULL CHECK (folder IN ('posts', 'events', 'marketplace', 'avatars')),
    -- Also the extension of both files.
    format text NOT NULL CHECK (format IN ('jpg', 'png', 'webp')),
    -- storing: its files may be there; stored: they are; deleted: they may still be there, and nobody gets them any more; abandoned: the
    -- account ended during the upload, whose files may be there or come yet.
    state text NOT NULL CHECK (state IN ('storing', 'stored', 'deleted', 'abandoned')),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    size_bytes bigint NOT NULL CHECK (size_bytes > 0),
    -- SHA-256 of the file.
    digest bytea NOT NULL CHECK (length(digest) = 32),
    thumbnail_size_bytes bigint NOT NULL CHECK (thumbnail_size_bytes > 0),
    thumbnail_digest bytea NOT NULL CHECK (length(thumbnail_digest) = 32),
    created_at timestamptz NOT NULL,
    -- When its owner last said that it is about to be used.
    claimed_at timestamptz,
    -- Since when nothing uses it, counted from its last claim; null while something does.
    unused_since timestamptz,
    -- Whether anything ever used it.
    used_before boolean NOT NULL DEFAULT false,
    deleted_at timestamptz,
    CONSTRAINT images_deleted_at_a_time CHECK ((state IN ('deleted', 'abandoned')) = (deleted_at IS NOT NULL))
);

CREATE INDEX images_by_owner ON media.images (owner_id, id);
CREATE INDEX images_unused ON media.images (unused_since) WHERE state = 'stored' AND unused_since IS NOT NULL;
CREATE INDEX images_to_erase ON media.images (created_at) WHERE state <> 'stored';

-- What uses a picture, as events told.
CREATE TABLE media.image_uses (
    image_id uuid NOT NULL REFERENCES media.images (id) ON DELETE CASCADE,
    -- Such as `social.post/<id>`.
    used_by text NOT NULL,
    PRIMARY KEY (image_id, used_by)
);

CREATE INDEX image_uses_by_user ON media.image_uses (used_by);
