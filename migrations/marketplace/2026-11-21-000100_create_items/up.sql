CREATE TABLE marketplace.items (
    id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT items_number_key UNIQUE,
    seller_id uuid NOT NULL,
    -- The seller's university when the item was offered; empty for none.
    university text NOT NULL,
    title text NOT NULL CHECK (title <> ''),
    description text NOT NULL CHECK (description <> ''),
    price_cents bigint NOT NULL CHECK (price_cents > 0),
    condition text NOT NULL CHECK (condition IN ('New', 'Like New', 'Good', 'Fair', 'Poor')),
    -- In lower case, as filters look for it.
    category text NOT NULL CHECK (category <> ''),
    -- Paths under /uploads/images/, whose pictures belong to the seller.
    images text[] NOT NULL,
    -- Label and value of each property stand at the same place.
    specification_labels text[] NOT NULL,
    specification_values text[] NOT NULL,
    location text NOT NULL,
    -- In lower case.
    tags text[] NOT NULL,
    status text NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'reserved', 'sold')),
    -- To whom it is reserved or sold; null unless the seller has said so.
    buyer_id uuid,
    -- Counters change in the transaction of the row that they count.
    view_count bigint NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    save_count bigint NOT NULL DEFAULT 0 CHECK (save_count >= 0),
    -- Title and description, as a search reads them.
    search tsvector NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT items_specifications_check CHECK (cardinality(specification_labels) = cardinality(specification_values)),
    CONSTRAINT items_buyer_check CHECK (buyer_id IS NULL OR (status <> 'available' AND buyer_id <> seller_id))
) WITH (fillfactor = 85); -- room for the next counters on the same page

CREATE INDEX items_by_time ON marketplace.items (created_at DESC, id DESC);
CREATE INDEX items_by_price ON marketplace.items (price_cents, id);
CREATE INDEX items_by_saves ON marketplace.items (save_count DESC, view_count DESC, id DESC);
CREATE INDEX items_by_category ON marketplace.items (category, status, created_at DESC, id DESC);
CREATE INDEX items_by_university ON marketplace.items (university, created_at DESC, id DESC);
CREATE INDEX items_by_seller ON marketplace.items (seller_id, created_at DESC, id DESC);
CREATE INDEX items_by_buyer ON marketplace.items (buyer_id, id) WHERE buyer_id IS NOT NULL;
CREATE INDEX items_by_words ON marketplace.items USING gin (search);
CREATE INDEX items_by_tags ON marketplace.items USING gin (tags);

CREATE TABLE marketplace.item_saves (
    item_id uuid NOT NULL REFERENCES marketplace.items (id) ON DELETE CASCADE,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (item_id, user_id)
);

CREATE INDEX item_saves_by_user ON marketplace.item_saves (user_id, item_id);
