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

/// A list of what is the person's. Value: the person.
macro_rules! section {
    ($table:literal, $owner:literal, $key:literal, $($columns:tt)*) => {
        concat!(
            "(SELECT coalesce(jsonb_agg(to_jsonb(kept)), '[]') FROM (SELECT ",
            $($columns)*,
            ", ",
            in_utc!("created_at"),
            " AS \"createdAt\" FROM ",
            $table,
            " WHERE ",
            $owner,
            " = ? ORDER BY created_at, ",
            $key,
            ") AS kept)"
        )
    };
}

const DOCUMENT: &str = concat!(
    "SELECT jsonb_build_object('items', ",
    section!(
        "marketplace.items",
        "seller_id",
        "id",
        "id, number, university, title, description, round(price_cents / 100.0, 2) AS price, condition, category, images, location, tags,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('label', label, 'value', value) ORDER BY nth), '[]')
          FROM unnest(specification_labels, specification_values) WITH ORDINALITY AS s (label, value, nth)) AS specifications,
         status, buyer_id AS \"buyerId\", view_count AS \"viewCount\", save_count AS \"saveCount\", ",
        in_utc!("updated_at"),
        " AS \"updatedAt\""
    ),
    ", 'saves', ",
    section!("marketplace.item_saves", "user_id", "item_id", "item_id AS \"itemId\""),
    ", 'views', ",
    section!("marketplace.item_views", "user_id", "item_id", "item_id AS \"itemId\""),
    ", 'reviews', ",
    section!(
        "marketplace.reviews",
        "reviewer_id",
        "id",
        "id, item_id AS \"itemId\", seller_id AS \"sellerId\", rating, comment"
    ),
    ", 'reports', ",
    section!(
        "marketplace.reports",
        "reporter_id",
        "item_id",
        "item_id AS \"itemId\", reason, description"
    ),
    ")::text"
);

/// Everything, as a JSON object.
///
/// # Errors
/// When the database fails.
pub async fn document(conn: &mut Connection, user: UserId) -> QueryResult<String> {
    let values = vec![Bound::Id(user.as_uuid()); 5];
    Statement::<Text>::new(DOCUMENT, values)
        .get_result(conn)
        .await
}
