//! Who people are, as auth tells it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use crate::domain::person::{Person, mention_name};

#[derive(QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    handle: String,
    #[diesel(sql_type = Text)]
    display_name: String,
    #[diesel(sql_type = Text)]
    timezone: String,
    #[diesel(sql_type = BigInt)]
    version: i64,
}

impl From<PersonRow> for Person {
    fn from(row: PersonRow) -> Self {
        Self {
            user: UserId::from_uuid(row.user_id),
            handle: row.handle,
            display_name: row.display_name,
            timezone: row.timezone,
            version: row.version,
        }
    }
}

/// Those of some people who are known here, in no order.
///
/// # Errors
/// When the database fails.
pub async fn known(conn: &mut Connection, users: &[UserId]) -> QueryResult<Vec<Person>> {
    const KNOWN: &str = "SELECT user_id, handle, display_name, timezone, version FROM messaging.people WHERE user_id = ANY (?) AND deleted_at IS NULL";
    let ids: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).collect();
    let rows: Vec<PersonRow> = Statement::<Untyped>::new(KNOWN, vec![Bound::Ids(&ids)])
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Person::from).collect())
}

/// Those who take part in a direct conversation and are not known here.
///
/// # Errors
/// When the database fails.
pub async fn unknown_of_direct(
    conn: &mut Connection,
    conversation: ConversationId,
) -> QueryResult<Vec<UserId>> {
    const UNKNOWN: &str = "SELECT m.user_id FROM messaging.conversations c JOIN messaging.members m ON m.conversation_id = c.id
         WHERE c.id = ? AND c.kind = 'direct' AND NOT EXISTS (SELECT 1 FROM messaging.people p WHERE p.user_id = m.user_id)";
    let values = vec![Bound::Id(conversation.as_uuid())];
    let ids: Vec<Uuid> = Statement::<SqlUuid>::new(UNKNOWN, values)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(UserId::from_uuid).collect())
}

/// Keeps people, unless something newer is known of them or their account is gone.
///
/// # Errors
/// When the database fails.
pub async fn keep(conn: &mut Connection, people: &[Person]) -> QueryResult<()> {
    // Everybody writes in one order, so that those who keep the same people at once only wait for each other.
    const KEEP: &str = "INSERT INTO messaging.people AS p (user_id, handle, display_name, mention_name, timezone, version)
         SELECT user_id, handle, display_name, nullif(mention_name, ''), timezone, version
         FROM unnest(?, ?, ?, ?, ?, ?) AS told (user_id, handle, display_name, mention_name, timezone, version) ORDER BY user_id
         ON CONFLICT (user_id) DO UPDATE SET handle = excluded.handle, display_name = excluded.display_name, mention_name = excluded.mention_name,
                                             timezone = excluded.timezone, version = excluded.version
         WHERE p.version < excluded.version AND p.deleted_at IS NULL";
    let texts = |of: fn(&Person) -> String| people.iter().map(of).collect::<Vec<String>>();
    let ids: Vec<Uuid> = people.iter().map(|person| person.user.as_uuid()).collect();
    let handles = texts(|person| person.handle.to_lowercase());
    let names = texts(|person| person.display_name.clone());
    let mentions = texts(|person| mention_name(&person.display_name).unwrap_or_default());
    let zones = texts(|person| person.timezone.clone());
    let versions: Vec<i64> = people.iter().map(|person| person.version).collect();
    let values = vec![
        Bound::Ids(&ids),
        Bound::Texts(&handles),
        Bound::Texts(&names),
        Bound::Texts(&mentions),
        Bound::Texts(&zones),
        Bound::Numbers(&versions),
    ];
    Statement::<()>::new(KEEP, values).execute(conn).await?;
    Ok(())
}

/// Changes somebody who is known here, unless something newer is known. Without a time zone it stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn change(
    conn: &mut Connection,
    person: &Person,
    keeps_timezone: bool,
) -> QueryResult<()> {
    const CHANGE: &str =
        "UPDATE messaging.people SET handle = ?, display_name = ?, mention_name = nullif(?, ''),
                timezone = CASE WHEN ? THEN timezone ELSE ? END, version = ?
         WHERE user_id = ? AND version < ? AND deleted_at IS NULL";
    let handle = person.handle.to_lowercase();
    let mention = mention_name(&person.display_name).unwrap_or_default();
    let values = vec![
        Bound::Text(&handle),
        Bound::Text(&person.display_name),
        Bound::Text(&mention),
        Bound::Flag(keeps_timezone),
        Bound::Text(&person.timezone),
        Bound::Number(person.version),
        Bound::Id(person.user.as_uuid()),
        Bound::Number(person.version),
    ];
    Statement::<()>::new(CHANGE, values).execute(conn).await?;
    Ok(())
}

/// Takes the names off somebody whose account is gone.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, user: UserId, now: DateTime<Utc>) -> QueryResult<()> {
    const ERASE: &str = "INSERT INTO messaging.people (user_id, handle, display_name, mention_name, timezone, version, deleted_at)
         VALUES (?, '', '', NULL, '', 0, ?)
         ON CONFLICT (user_id) DO UPDATE SET handle = '', display_name = '', mention_name = NULL, timezone = '',
                                             deleted_at = coalesce(messaging.people.deleted_at, excluded.deleted_at)";
    let values = vec![Bound::Id(user.as_uuid()), Bound::Time(now)];
    Statement::<()>::new(ERASE, values).execute(conn).await?;
    Ok(())
}

/// Forgets accounts that went before that time.
///
/// # Errors
/// When the database fails.
pub async fn forget_before(conn: &mut Connection, time: DateTime<Utc>) -> QueryResult<usize> {
    const FORGET: &str = "DELETE FROM messaging.people WHERE deleted_at < ?";
    Statement::<()>::new(FORGET, vec![Bound::Time(time)])
        .execute(conn)
        .await
}

/// Those who take part in a conversation and have one of some handles or names, in the order of these.
///
/// # Errors
/// When the database fails.
pub async fn mentioned(
    conn: &mut Connection,
    conversation: ConversationId,
    words: &[String],
    most: i64,
) -> QueryResult<Vec<UserId>> {
    // By the words and not by the members: there are few words and may be many members.
    const MENTIONED: &str = "SELECT p.user_id FROM unnest(?) WITH ORDINALITY AS said (word, nth)
         JOIN messaging.people p ON p.handle = said.word OR p.mention_name = said.word
         JOIN messaging.members m ON m.conversation_id = ? AND m.user_id = p.user_id
         GROUP BY p.user_id ORDER BY min(said.nth), p.user_id LIMIT ?";
    let values = vec![
        Bound::Texts(words),
        Bound::Id(conversation.as_uuid()),
        Bound::Number(most),
    ];
    let ids: Vec<Uuid> = Statement::<SqlUuid>::new(MENTIONED, values)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(UserId::from_uuid).collect())
}
