//! Reviews, and what they make of a seller.

use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};

use crate::domain::review::Review;

/// The first review of a sale counts for its seller; values: seller, stars, id, item, seller, reviewer, stars, comment, time. The seller comes
/// first, as the review names it.
const INSERT: &str = "WITH reviewed AS (
         SELECT FROM marketplace.reviews WHERE item_id = ?
     ), seller AS (
         INSERT INTO marketplace.sellers AS s (seller_id, review_count, rating_sum)
         SELECT ?, 1, ? WHERE NOT EXISTS (SELECT FROM reviewed)
         ON CONFLICT (seller_id) DO UPDATE SET review_count = s.review_count + 1, rating_sum = s.rating_sum + excluded.rating_sum
         RETURNING seller_id
     )
     INSERT INTO marketplace.reviews (id, item_id, seller_id, reviewer_id, rating, comment, created_at)
     SELECT ?, ?, seller.seller_id, ?, ?, ?, ? FROM seller";

/// Inserts a review and counts it, unless the sale has one. The caller holds the lock of the item.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, review: &Review) -> QueryResult<bool> {
    let stars = Bound::Number(i64::from(review.words.rating));
    let item = Bound::Id(review.item.as_uuid());
    let values = vec![
        item,
        Bound::Id(review.seller.as_uuid()),
        stars,
        Bound::Id(review.id),
        item,
        Bound::Id(review.reviewer.as_uuid()),
        stars,
        Bound::Text(&review.words.comment),
        Bound::Time(review.created_at),
    ];
    let inserted = Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(inserted > 0)
}

/// Removes what buyers said of a seller who is gone.
///
/// # Errors
/// When the database fails.
pub async fn delete_seller(conn: &mut Connection, seller: UserId) -> QueryResult<()> {
    const DELETE: &str = "DELETE FROM marketplace.sellers WHERE seller_id = ?";
    Statement::<()>::new(DELETE, vec![Bound::Id(seller.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes the name of a person who is gone off some reviews, and returns off how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_reviewer(
    conn: &mut Connection,
    reviewer: UserId,
    most: i64,
) -> QueryResult<usize> {
    const FORGET: &str = "UPDATE marketplace.reviews SET reviewer_id = NULL WHERE id IN (
        SELECT id FROM marketplace.reviews WHERE reviewer_id = ? ORDER BY id LIMIT ? FOR NO KEY UPDATE)";
    let values = vec![Bound::Id(reviewer.as_uuid()), Bound::Number(most)];
    Statement::<()>::new(FORGET, values).execute(conn).await
}
