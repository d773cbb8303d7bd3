//! What must agree with what in the tables of this service.

use oruma_audit::{Audit, Counter, Lead, Listing, Trace};

/// The counters, and the columns that name people.
pub const AUDIT: Audit = Audit {
    counters: &COUNTERS,
    traces: &TRACES,
};

const COUNTERS: [Counter; 3] = [
    of_event(
        "events.events.registered_count",
        "t.registered_count",
        "SELECT count(*) FROM events.registrations c WHERE c.event_id = t.id AND c.status <> 'cancelled'",
    ),
    of_event(
        "events.events.save_count",
        "t.save_count",
        "SELECT count(*) FROM events.event_saves c WHERE c.event_id = t.id",
    ),
    of_event(
        "events.events.view_count",
        "t.view_count",
        "SELECT count(*) FROM events.event_views c WHERE c.event_id = t.id",
    ),
];

const fn of_event(name: &'static str, stored: &'static str, counted: &'static str) -> Counter {
    Counter {
        name,
        table: "events.events",
        id: "id",
        only: "true",
        stored,
        counted,
    }
}

const TRACES: [Trace; 5] = [
    Trace::new("events.events", "organizer_id"),
    Trace::new("events.registrations", "user_id"),
    Trace::new("events.event_saves", "user_id"),
    Trace::new("events.event_views", "user_id"),
    Trace::new("events.reports", "reporter_id"),
];

/// Who is registered for which event.
pub const REGISTRATIONS: Listing = Listing {
    name: "events.registrations",
    from: "events.registrations r",
    lead: Lead::Id("r.event_id"),
    part: "r.user_id::text",
    value: "''",
    since: "r.registered_at",
    only: "r.status <> 'cancelled'",
};

/// The banners that events show.
pub const BANNERS: Listing = Listing {
    name: "events.events.banner_image",
    from: "events.events e",
    lead: Lead::Id("e.id"),
    part: "substr(e.banner_image, position('/' IN e.banner_image) + 1, 36)",
    value: "''",
    since: "e.created_at",
    only: "e.banner_image <> ''",
};

/// Who reported which event.
pub const REPORTS: Listing = Listing {
    name: "events.reports",
    from: "events.reports r",
    lead: Lead::Id("r.event_id"),
    part: "r.reporter_id::text",
    value: "''",
    since: "r.created_at",
    only: "true",
};
