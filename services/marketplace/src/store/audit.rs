//! What must agree with what in the tables of this service.

use oruma_audit::{Audit, Counter, Lead, Listing, Trace};

/// The counters, and the columns that name people.
pub const AUDIT: Audit = Audit {
    counters: &COUNTERS,
    traces: &TRACES,
};

const COUNTERS: [Counter; 4] = [
    of_item(
        "marketplace.items.view_count",
        "t.view_count",
        "SELECT count(*) FROM marketplace.item_views c WHERE c.item_id = t.id",
    ),
    of_item(
        "marketplace.items.save_count",
        "t.save_count",
        "SELECT count(*) FROM marketplace.item_saves c WHERE c.item_id = t.id",
    ),
    of_seller(
        "marketplace.sellers.review_count",
        "t.review_count",
        "SELECT count(*) FROM marketplace.reviews c WHERE c.seller_id = t.seller_id",
    ),
    of_seller(
        "marketplace.sellers.rating_sum",
        "t.rating_sum",
        "SELECT coalesce(sum(c.rating), 0) FROM marketplace.reviews c WHERE c.seller_id = t.seller_id",
    ),
];

const fn of_item(name: &'static str, stored: &'static str, counted: &'static str) -> Counter {
    Counter {
        name,
        table: "marketplace.items",
        id: "id",
        only: "true",
        stored,
        counted,
    }
}

const fn of_seller(name: &'static str, stored: &'static str, counted: &'static str) -> Counter {
    Counter {
        name,
        table: "marketplace.sellers",
        id: "seller_id",
        only: "true",
        stored,
        counted,
    }
}

const TRACES: [Trace; 7] = [
    Trace::new("marketplace.items", "seller_id"),
    Trace::new("marketplace.items", "buyer_id"),
    Trace::new("marketplace.item_saves", "user_id"),
    Trace::new("marketplace.item_views", "user_id"),
    Trace::new("marketplace.sellers", "seller_id"),
    Trace::new("marketplace.reviews", "reviewer_id"),
    Trace::new("marketplace.reports", "reporter_id"),
];

/// The pictures that items show.
pub const IMAGES: Listing = Listing {
    name: "marketplace.items.images",
    from: "marketplace.items i CROSS JOIN LATERAL unnest(i.images) AS shown (path)",
    lead: Lead::Id("i.id"),
    part: "substr(shown.path, position('/' IN shown.path) + 1, 36)",
    value: "''",
    since: "i.created_at",
    only: "true",
};

/// Who reported which item.
pub const REPORTS: Listing = Listing {
    name: "marketplace.reports",
    from: "marketplace.reports r",
    lead: Lead::Id("r.item_id"),
    part: "r.reporter_id::text",
    value: "''",
    since: "r.created_at",
    only: "true",
};
