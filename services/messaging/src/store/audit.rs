//! What must agree with what in the tables of this service.

use oruma_audit::{Audit, Counter, Lead, Listing, Trace};

/// The counters, and the columns that name people.
pub const AUDIT: Audit = Audit {
    counters: &COUNTERS,
    traces: &TRACES,
};

const COUNTERS: [Counter; 5] = [
    of_conversation(
        "messaging.conversations.member_count",
        "t.member_count",
        "SELECT count(*) FROM messaging.members c WHERE c.conversation_id = t.id",
    ),
    // The newest messages may have been forgotten; the place of none is beyond it.
    of_conversation(
        "messaging.conversations.last_sequence",
        "t.last_sequence",
        "SELECT greatest(t.last_sequence, max(c.sequence)) FROM messaging.messages c WHERE c.conversation_id = t.id",
    ),
    // A thread goes with what began it, which is not counted again.
    of_message(
        "messaging.messages.reply_count",
        "t.deleted_at IS NULL AND t.parent_id IS NULL",
        "t.reply_count",
        "SELECT count(*) FROM messaging.messages c WHERE c.parent_id = t.id AND c.deleted_at IS NULL",
    ),
    of_message(
        "messaging.messages.reaction_count",
        "true",
        "t.reaction_count",
        "SELECT count(*) FROM messaging.reactions c WHERE c.message_id = t.id",
    ),
    of_message(
        "messaging.messages.file_count",
        "true",
        "t.file_count",
        "SELECT count(*) FROM messaging.attachments c WHERE c.message_id = t.id",
    ),
];

const fn of_conversation(
    name: &'static str,
    stored: &'static str,
    counted: &'static str,
) -> Counter {
    Counter {
        name,
        table: "messaging.conversations",
        id: "id",
        only: "true",
        stored,
        counted,
    }
}

const fn of_message(
    name: &'static str,
    only: &'static str,
    stored: &'static str,
    counted: &'static str,
) -> Counter {
    Counter {
        name,
        table: "messaging.messages",
        id: "id",
        only,
        stored,
        counted,
    }
}

const TRACES: [Trace; 15] = [
    Trace::new("messaging.members", "user_id"),
    Trace::new("messaging.conversations", "first_user_id"),
    Trace::new("messaging.conversations", "created_by"),
    Trace::new("messaging.messages", "sender_id"),
    Trace::new("messaging.messages", "deleted_by"),
    Trace::new("messaging.thread_members", "user_id"),
    Trace::new("messaging.reactions", "user_id"),
    Trace::new("messaging.scheduled_messages", "sender_id"),
    Trace::new("messaging.notifications", "user_id"),
    Trace::new("messaging.notifications", "actor_id"),
    Trace::new("messaging.notification_settings", "user_id"),
    Trace::new("messaging.conversation_settings", "user_id"),
    Trace::new("messaging.blocks", "blocker_id"),
    Trace::new("messaging.blocks", "blocked_id"),
    Trace::new("messaging.registrations", "user_id"),
];

/// Who people are, as auth told it. Whoever joined before this was kept may be missing.
pub const PEOPLE: Listing = Listing {
    name: "messaging.people",
    from: "messaging.people p",
    lead: Lead::Id("p.user_id"),
    part: "''",
    value: "left(md5(p.handle || E'\\n' || p.display_name || E'\\n' || p.timezone), 12)",
    since: "NULL",
    only: "p.deleted_at IS NULL",
};

/// The migration since which people are kept.
pub const PEOPLE_SINCE: &str = "20261122000100";

/// Who has blocked whom, as social told it.
pub const BLOCKS: Listing = Listing {
    name: "messaging.blocks",
    from: "messaging.blocks b",
    lead: Lead::Id("b.blocker_id"),
    part: "b.blocked_id::text",
    value: "''",
    since: "NULL",
    only: "b.is_blocked",
};

/// Who is registered for which event, as events told it.
pub const REGISTRATIONS: Listing = Listing {
    name: "messaging.registrations",
    from: "messaging.registrations r",
    lead: Lead::Id("r.event_id"),
    part: "r.user_id::text",
    value: "''",
    since: "NULL",
    only: "r.is_registered",
};

/// The files of messages that were sent.
pub const ATTACHMENTS: Listing = Listing {
    name: "messaging.attachments",
    from: "messaging.attachments a JOIN messaging.messages m ON m.id = a.message_id",
    lead: Lead::Id("a.message_id"),
    part: "a.file_id::text",
    value: "''",
    since: "m.created_at",
    only: "true",
};
