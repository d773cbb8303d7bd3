//! What must agree with what in the tables of this service: it counts nothing, and is where others have their copies from.

use oruma_audit::{Audit, Lead, Listing, Trace};

/// The columns that name people: none of what opens an account is left when that has ended.
pub const AUDIT: Audit = Audit {
    counters: &[],
    traces: &TRACES,
};

const TRACES: [Trace; 5] = [
    Trace::new("auth.api_keys", "user_id"),
    Trace::new("auth.mails", "user_id"),
    Trace::new("auth.second_factors", "user_id"),
    Trace::new("auth.email_codes", "user_id"),
    Trace::only("auth.sessions", "user_id", "revoked_at IS NULL"),
];

/// The people who are there.
pub const PEOPLE: Listing = Listing {
    name: "auth.users",
    from: "auth.users u",
    lead: Lead::Id("u.id"),
    part: "''",
    value: "left(md5(u.handle || E'\\n' || u.display_name || E'\\n' || coalesce(u.preferences ->> 'timezone', '')), 12)",
    since: "u.created_at",
    only: "u.deleted_at IS NULL",
};

/// The pictures by which people show themselves, where they are ours.
pub const AVATARS: Listing = Listing {
    name: "auth.users.avatar_url",
    from: "auth.users u CROSS JOIN LATERAL split_part(u.avatar_url, '/uploads/images/', 2) AS shown (path)",
    lead: Lead::Id("u.id"),
    part: "substr(shown.path, position('/' IN shown.path) + 1, 36)",
    value: "''",
    since: "u.updated_at",
    only: "u.deleted_at IS NULL AND shown.path ~ '^[a-z]+/[0-9a-f-]{36}[.][a-z]+$'",
};

/// The people whose account has ended.
pub const DEPARTED: Listing = Listing {
    name: "auth.users.deleted_at",
    from: "auth.users u",
    lead: Lead::Id("u.id"),
    part: "''",
    value: "''",
    since: "u.deleted_at",
    only: "u.deleted_at IS NOT NULL",
};
