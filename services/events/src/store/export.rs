//! What is kept of one person, for that person.

use diesel::QueryResult;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};

/// A time as contracts write it.
macro_rules! in_utc {
    ($column:literal) => {
        concat!(
            "to_char(",
            $column,
            " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        )
    };
}

/// A list of the document. Value: the person.
macro_rules! section {
    ($name:literal, $table:literal, $owner:literal, $key:literal, $($columns:tt)*) => {
        concat!(
            "'", $name, "', coalesce((SELECT jsonb_agg(to_jsonb(item) - 'key' ORDER BY item.key) FROM (SELECT ", $key, " AS key, ",
            $($columns)*, " FROM ", $table, " WHERE ", $owner, " = ?) AS item), '[]')"
        )
    };
}

const DOCUMENT: &str = concat!(
    "SELECT jsonb_build_object(",
    section!(
        "events", "events.events", "organizer_id", "id",
        "id, number, university, title, description, category, ", in_utc!("starts_at"), " AS \"startsAt\", ",
        in_utc!("ends_at"), " AS \"endsAt\", utc_offset_minutes AS \"utcOffsetMinutes\", location, capacity,
         registration_required AS \"registrationRequired\", banner_image AS \"bannerImage\", tags, ",
        in_utc!("cancelled_at"), " AS \"cancelledAt\", registered_count AS \"registeredCount\", save_count AS \"saveCount\",
         view_count AS \"viewCount\", ", in_utc!("created_at"), " AS \"createdAt\", ", in_utc!("updated_at"), " AS \"updatedAt\""
    ),
    ", ",
    section!(
        "registrations", "events.registrations", "user_id", "id",
        "id, event_id AS \"eventId\", status, ", in_utc!("registered_at"), " AS \"registeredAt\""
    ),
    ", ",
    section!(
        "saves", "events.event_saves", "user_id", "event_id",
        "event_id AS \"eventId\", ", in_utc!("created_at"), " AS \"createdAt\""
    ),
    ", ",
    section!(
        "views", "events.event_views", "user_id", "event_id",
        "event_id AS \"eventId\", ", in_utc!("created_at"), " AS \"createdAt\""
    ),
    ", ",
    section!(
        "reports", "events.reports", "reporter_id", "event_id",
        "event_id AS \"eventId\", reason, description, ", in_utc!("created_at"), " AS \"createdAt\""
    ),
    ")::text"
);

/// Everything, as a JSON object of lists.
///
/// # Errors
/// When the database fails.
pub async fn document(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    let values = vec![Bound::Id(user.as_uuid()); 5];
    Statement::<Text>::new(DOCUMENT, values)
        .get_result(conn)
        .await
}
