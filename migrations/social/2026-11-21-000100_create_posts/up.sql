CREATE TABLE social.posts (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT posts_number_key UNIQUE,
    author_id uuid NOT NULL,
    -- The author's university when the post was written; empty for none.
    university text NOT NULL,
    content text NOT NULL CHECK (content <> ''),
    type text NOT NULL CHECK (type IN ('study', 'food', 'achievement', 'event', 'general')),
    location text NOT NULL,
    -- Paths under /uploads/images/, whose pictures belong to the author.
    images text[] NOT NULL,
    -- What the author named, apart from what stands in the text.
    given_hashtags text[] NOT NULL,
    given_mentions text[] NOT NULL,
    -- The given ones and those in the text.
    hashtags text[] NOT NULL,
    mentions text[] NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'university', 'followers', 'space', 'private')),
    -- Counters change in the transaction of the row that they count.
    like_count bigint NOT NULL DEFAULT 0 CHECK (like_count >= 0),
    comment_count bigint NOT NULL DEFAULT 0 CHECK (comment_count >= 0),
    save_count bigint NOT NULL DEFAULT 0 CHECK (save_count >= 0),
    view_count bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    -- Text and tags, as a search reads them.
    search tsvector NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 85); -- room for the next counters on the same page, so that no index is touched

CREATE INDEX posts_by_time ON social.posts (created_at DESC, id DESC);
CREATE INDEX posts_by_university ON social.posts (university, created_at DESC, id DESC);
CREATE INDEX posts_by_author ON social.posts (author_id, created_at DESC, id DESC);
CREATE INDEX posts_by_words ON social.posts USING gin (search);

-- A row for each hashtag of each post, so that the newest posts of a hashtag are read in their order.
CREATE TABLE social.post_hashtags (
    post_id uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    hashtag text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (post_id, hashtag)
);

CREATE INDEX post_hashtags_by_hashtag ON social.post_hashtags (hashtag, created_at DESC, post_id DESC);

CREATE TABLE social.post_likes (
    post_id uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (post_id, user_id)
);

CREATE INDEX post_likes_by_user ON social.post_likes (user_id, post_id);

CREATE TABLE social.post_saves (
    post_id uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (post_id, user_id)
);

CREATE INDEX post_saves_by_user ON social.post_saves (user_id, created_at DESC, post_id DESC);
