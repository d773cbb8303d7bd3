//! Taking back the marks of a person who is gone.

use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};

/// Takes back some marks of one sort and uncounts them, in one statement. What they mark is locked in the order of its ids, like by everybody
/// who changes several at once. Values: the person, how many, the person.
macro_rules! take_back {
    ($marks:literal, $thing:literal, $counted:literal, $counter:literal) => {
        concat!(
            "WITH locked AS (
                 SELECT p.id FROM ",
            $counted,
            " p JOIN ",
            $marks,
            " m ON m.",
            $thing,
            " = p.id
                 WHERE m.user_id = ? ORDER BY p.id LIMIT ? FOR NO KEY UPDATE OF p
             ), gone AS (
                 DELETE FROM ",
            $marks,
            " m USING locked WHERE m.",
            $thing,
            " = locked.id AND m.user_id = ? RETURNING m.",
            $thing,
            " AS id
             )
             UPDATE ",
            $counted,
            " p SET ",
            $counter,
            " = p.",
            $counter,
            " - 1 FROM gone WHERE p.id = gone.id"
        )
    };
}

const SORTS: [&str; 4] = [
    take_back!("social.post_likes", "post_id", "social.posts", "like_count"),
    take_back!("social.post_saves", "post_id", "social.posts", "save_count"),
    take_back!("social.post_views", "post_id", "social.posts", "view_count"),
    take_back!(
        "social.comment_likes",
        "comment_id",
        "social.comments",
        "like_count"
    ),
];

/// Takes back at most `most` marks of each sort, and returns how many that were.
///
/// # Errors
/// When the database fails.
pub async fn take_back_some(conn: &mut Connection, user: UserId, most: i64) -> QueryResult<usize> {
    let mut taken = 0;
    for sort in SORTS {
        let user = Bound::Id(user.as_uuid());
        taken += Statement::<()>::new(sort, vec![user, Bound::Number(most), user])
            .execute(conn)
            .await?;
    }
    Ok(taken)
}
