//! What must agree with what in the tables of this service.

use oruma_audit::{Audit, Counter, Existing, Lead, Listing, Trace};

/// The counters, and the columns that name people.
pub const AUDIT: Audit = Audit {
    counters: &COUNTERS,
    traces: &TRACES,
};

// Not how many use a picture is stored, but whether any does.
const COUNTERS: [Counter; 2] = [
    Counter {
        name: "media.images.unused_since",
        table: "media.images",
        id: "id",
        only: "t.state = 'stored'",
        stored: "(t.unused_since IS NULL)::int",
        counted: "EXISTS (SELECT FROM media.image_uses c WHERE c.image_id = t.id)::int",
    },
    Counter {
        name: "media.files.unused_since",
        table: "media.files",
        id: "id",
        only: "t.state = 'stored'",
        stored: "(t.unused_since IS NULL)::int",
        counted: "EXISTS (SELECT FROM media.file_uses c WHERE c.file_id = t.id)::int",
    },
];

// Files that messages have stay with the messages.
const TRACES: [Trace; 1] = [Trace::only(
    "media.images",
    "owner_id",
    "state IN ('storing', 'stored')",
)];

/// The pictures that posts use.
pub const POST_IMAGES: Listing = images("media.image_uses of posts", "social.post/");
/// The pictures that events use.
pub const EVENT_IMAGES: Listing = images("media.image_uses of events", "events.event/");
/// The pictures that items use.
pub const ITEM_IMAGES: Listing = images("media.image_uses of items", "marketplace.item/");
/// The pictures that people use.
pub const AVATARS: Listing = images("media.image_uses of people", "auth.user/");

/// Pictures that can be used: others have no uses, whoever shows them.
pub const IMAGES: Existing = Existing {
    table: "media.images",
    id: "id",
    only: "t.state = 'stored'",
};

/// Whose pictures can be used: nobody uses those of others.
pub const OWN_IMAGES: Listing = Listing {
    name: "media.images",
    from: "media.images i",
    lead: Lead::Id("i.owner_id"),
    part: "i.id::text",
    value: "''",
    since: "i.created_at",
    only: "i.state = 'stored'",
};

const fn images(name: &'static str, used_by: &'static str) -> Listing {
    Listing {
        name,
        from: "media.image_uses u JOIN media.images i ON i.id = u.image_id",
        lead: Lead::Text("u.used_by", used_by),
        part: "u.image_id::text",
        value: "''",
        since: "NULL",
        only: "i.state = 'stored'",
    }
}

/// The files that messages use.
pub const MESSAGE_FILES: Listing = Listing {
    name: "media.file_uses",
    from: "media.file_uses u JOIN media.files f ON f.id = u.file_id",
    lead: Lead::Text("u.used_by", "messaging.message/"),
    part: "u.file_id::text",
    value: "''",
    since: "NULL",
    only: "f.state = 'stored'",
};

/// Files that can be used: others have no uses, whoever shows them.
pub const FILES: Existing = Existing {
    table: "media.files",
    id: "id",
    only: "t.state = 'stored'",
};
