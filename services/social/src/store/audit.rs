//! What must agree with what in the tables of this service.

use oruma_audit::{Audit, Counter, Lead, Listing, Trace};

/// The counters, and the columns that name people.
pub const AUDIT: Audit = Audit {
    counters: &COUNTERS,
    traces: &TRACES,
};

const COUNTERS: [Counter; 7] = [
    of_post(
        "social.posts.like_count",
        "t.like_count",
        "SELECT count(*) FROM social.post_likes c WHERE c.post_id = t.id",
    ),
    of_post(
        "social.posts.comment_count",
        "t.comment_count",
        "SELECT count(*) FROM social.comments c WHERE c.post_id = t.id",
    ),
    of_post(
        "social.posts.save_count",
        "t.save_count",
        "SELECT count(*) FROM social.post_saves c WHERE c.post_id = t.id",
    ),
    of_post(
        "social.posts.view_count",
        "t.view_count",
        "SELECT count(*) FROM social.post_views c WHERE c.post_id = t.id",
    ),
    // No counter: rows by which posts are found, as many as the post has hashtags.
    of_post(
        "social.post_hashtags",
        "SELECT count(*) FROM social.post_hashtags h WHERE h.post_id = t.id AND h.hashtag = ANY (t.hashtags)",
        "cardinality(t.hashtags)",
    ),
    of_comment(
        "social.comments.like_count",
        "t.like_count",
        "SELECT count(*) FROM social.comment_likes c WHERE c.comment_id = t.id",
    ),
    of_comment(
        "social.comments.reply_count",
        "t.reply_count",
        "SELECT count(*) FROM social.comments c WHERE c.parent_id = t.id",
    ),
];

const fn of_post(name: &'static str, stored: &'static str, counted: &'static str) -> Counter {
    Counter {
        name,
        table: "social.posts",
        id: "id",
        only: "true",
        stored,
        counted,
    }
}

const fn of_comment(name: &'static str, stored: &'static str, counted: &'static str) -> Counter {
    Counter {
        name,
        table: "social.comments",
        id: "id",
        only: "true",
        stored,
        counted,
    }
}

const TRACES: [Trace; 9] = [
    Trace::new("social.posts", "author_id"),
    Trace::new("social.post_likes", "user_id"),
    Trace::new("social.post_saves", "user_id"),
    Trace::new("social.post_views", "user_id"),
    Trace::new("social.comments", "author_id"),
    Trace::new("social.comment_likes", "user_id"),
    Trace::new("social.blocks", "blocker_id"),
    Trace::new("social.blocks", "blocked_id"),
    Trace::new("social.reports", "reporter_id"),
];

/// Who has blocked whom.
pub const BLOCKS: Listing = Listing {
    name: "social.blocks",
    from: "social.blocks b",
    lead: Lead::Id("b.blocker_id"),
    part: "b.blocked_id::text",
    value: "''",
    since: "b.created_at",
    only: "true",
};

/// The pictures that posts show.
pub const IMAGES: Listing = Listing {
    name: "social.posts.images",
    from: "social.posts p CROSS JOIN LATERAL unnest(p.images) AS shown (path)",
    lead: Lead::Id("p.id"),
    part: "substr(shown.path, position('/' IN shown.path) + 1, 36)",
    value: "''",
    since: "p.created_at",
    only: "true",
};

/// What moderators are told of events: who reported which.
pub const EVENT_REPORTS: Listing = reports("social.reports of events", "r.subject_kind = 'event'");
/// What moderators are told of items: who reported which.
pub const ITEM_REPORTS: Listing = reports("social.reports of items", "r.subject_kind = 'item'");

const fn reports(name: &'static str, only: &'static str) -> Listing {
    Listing {
        name,
        from: "social.reports r",
        lead: Lead::Id("r.subject_id"),
        part: "coalesce(r.reporter_id::text, '')",
        value: "''",
        since: "r.created_at",
        only,
    }
}
