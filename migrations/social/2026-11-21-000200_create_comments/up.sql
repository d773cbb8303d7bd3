CREATE TABLE social.comments (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT comments_number_key UNIQUE,
    post_id uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    -- The comment that it answers; null for one that answers the post.
    parent_id uuid,
    -- Null, with empty content, once the account is gone and only the answers to it are left.
    author_id uuid,
    content text NOT NULL CHECK ((content = '') = (author_id IS NULL)),
    like_count bigint NOT NULL DEFAULT 0 CHECK (like_count >= 0),
    reply_count bigint NOT NULL DEFAULT 0 CHECK (reply_count >= 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT comments_of_post_key UNIQUE (post_id, id),
    -- A reply answers a comment of its own post.
    CONSTRAINT comments_parent_fkey FOREIGN KEY (post_id, parent_id) REFERENCES social.comments (post_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85);

CREATE INDEX comments_of_post ON social.comments (post_id, created_at, id) WHERE parent_id IS NULL;
CREATE INDEX comments_of_comment ON social.comments (parent_id, created_at, id) WHERE parent_id IS NOT NULL;
CREATE INDEX comments_by_author ON social.comments (author_id, id) WHERE author_id IS NOT NULL;

CREATE TABLE social.comment_likes (
    comment_id uuid NOT NULL REFERENCES social.comments (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (comment_id, user_id)
);

CREATE INDEX comment_likes_by_user ON social.comment_likes (user_id, comment_id);
