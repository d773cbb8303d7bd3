-- Who has looked at a post: each person counts once.
CREATE TABLE social.post_views (
    post_id uuid NOT NULL REFERENCES social.posts (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (post_id, user_id)
);

CREATE INDEX post_views_by_user ON social.post_views (user_id, post_id);

-- What people searched for, by day. Nobody's name stands beside it.
CREATE TABLE social.searches (
    day date NOT NULL,
    query text NOT NULL,
    -- What narrowed the search, such as type=study; empty for nothing.
    filters text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, query, filters)
);
