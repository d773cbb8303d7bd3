-- What buyers think of a person, kept in the transaction of each review.
CREATE TABLE marketplace.sellers (
    seller_id uuid PRIMARY KEY,
    review_count bigint NOT NULL CHECK (review_count >= 0),
    rating_sum bigint NOT NULL,
    CONSTRAINT sellers_rating_check CHECK (rating_sum BETWEEN review_count AND 5 * review_count)
);

CREATE TABLE marketplace.reviews (
    id uuid PRIMARY KEY,
    -- The item may be gone; what was said of its sale stays with the seller.
    item_id uuid NOT NULL CONSTRAINT reviews_item_key UNIQUE,
    seller_id uuid NOT NULL REFERENCES marketplace.sellers (seller_id) ON DELETE CASCADE,
    -- Null once the account is gone.
    reviewer_id uuid CHECK (reviewer_id <> seller_id),
    rating smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX reviews_by_seller ON marketplace.reviews (seller_id, id);
CREATE INDEX reviews_by_reviewer ON marketplace.reviews (reviewer_id, id) WHERE reviewer_id IS NOT NULL;

CREATE TABLE marketplace.reports (
    item_id uuid NOT NULL REFERENCES marketplace.items (id) ON DELETE CASCADE,
    reporter_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    description text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (item_id, reporter_id)
);

CREATE INDEX reports_by_reporter ON marketplace.reports (reporter_id, item_id);
