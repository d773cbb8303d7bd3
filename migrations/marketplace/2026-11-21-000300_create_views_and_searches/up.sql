-- Who has looked at an item: each person counts once.
CREATE TABLE marketplace.item_views (
    item_id uuid NOT NULL REFERENCES marketplace.items (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (item_id, user_id)
);

CREATE INDEX item_views_by_user ON marketplace.item_views (user_id, item_id);

-- What people searched for, by day. Nobody's name stands beside it.
CREATE TABLE marketplace.searches (
    day date NOT NULL,
    query text NOT NULL,
    -- What narrowed the search, such as category=books; empty for nothing.
    filters text NOT NULL,
    count bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (day, query, filters)
);
