//! Likes, saves, views: who has marked what, and how many have.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use uuid::Uuid;

/// One sort of mark: its statements.
#[derive(Debug)]
pub struct Mark {
    /// Values: thing, person, thing.
    read: String,
    /// Values: thing, person, time, thing.
    add: String,
    /// Values: thing, person, thing.
    remove: String,
    /// Values: things, people, time.
    record: String,
    /// Values: person, how many, person.
    take_back: String,
}

/// What became of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marked {
    /// Whether the person has marked the thing now.
    pub is_set: bool,
    /// Whether that is news.
    pub changed: bool,
    /// How many have.
    pub count: i64,
}

impl Mark {
    /// The marks in the table `marks`, whose column `thing` names a row of the table `things`, where the column `counter` counts them:
    /// `Mark::new("social.post_likes", "post_id", "social.posts", "like_count")`.
    #[must_use]
    pub fn new(marks: &str, thing: &str, things: &str, counter: &str) -> Self {
        Self {
            read: format!(
                "SELECT {counter}, EXISTS (SELECT FROM {marks} WHERE {thing} = ? AND user_id = ?) FROM {things} WHERE id = ?"
            ),
            add: format!(
                "WITH added AS (
                     INSERT INTO {marks} ({thing}, user_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1
                 )
                 UPDATE {things} SET {counter} = {counter} + (SELECT count(*) FROM added) WHERE id = ?
                 RETURNING {counter}, EXISTS (SELECT FROM added)"
            ),
            remove: format!(
                "WITH removed AS (DELETE FROM {marks} WHERE {thing} = ? AND user_id = ? RETURNING 1)
                 UPDATE {things} SET {counter} = {counter} - (SELECT count(*) FROM removed) WHERE id = ?
                 RETURNING {counter}, EXISTS (SELECT FROM removed)"
            ),
            record: format!(
                "WITH seen AS (
                     SELECT DISTINCT thing, user_id FROM unnest(?, ?) AS seen (thing, user_id)
                 ), new AS (
                     SELECT * FROM seen WHERE NOT EXISTS (
                         SELECT FROM {marks} m WHERE m.{thing} = seen.thing AND m.user_id = seen.user_id)
                 ), locked AS (
                     SELECT t.id FROM {things} t WHERE t.id IN (SELECT thing FROM new) ORDER BY t.id FOR NO KEY UPDATE
                 ), added AS (
                     INSERT INTO {marks} ({thing}, user_id, created_at)
                     SELECT new.thing, new.user_id, ? FROM new JOIN locked ON locked.id = new.thing
                     ON CONFLICT DO NOTHING RETURNING {thing} AS thing
                 )
                 UPDATE {things} t SET {counter} = t.{counter} + counted.n
                 FROM (SELECT thing, count(*) AS n FROM added GROUP BY thing) AS counted WHERE t.id = counted.thing"
            ),
            take_back: format!(
                "WITH locked AS (
                     SELECT t.id FROM {things} t JOIN {marks} m ON m.{thing} = t.id
                     WHERE m.user_id = ? ORDER BY t.id LIMIT ? FOR NO KEY UPDATE OF t
                 ), gone AS (
                     DELETE FROM {marks} m USING locked WHERE m.{thing} = locked.id AND m.user_id = ? RETURNING m.{thing} AS thing
                 )
                 UPDATE {things} t SET {counter} = t.{counter} - 1 FROM gone WHERE t.id = gone.thing"
            ),
        }
    }

    /// Sets a mark, takes it back, or (`None`) turns it over. The caller holds the lock of the thing, so that what is read here holds.
    ///
    /// # Errors
    /// When the database fails, or the thing is not there.
    pub async fn set(
        &self,
        conn: &mut Connection,
        thing: Uuid,
        user: UserId,
        wanted: Option<bool>,
        now: DateTime<Utc>,
    ) -> QueryResult<Marked> {
        // Read first: a row that is changed twice in one transaction has its foreign keys checked again, which waits for whoever removes
        // what it hangs on.
        let before = self.stands(conn, thing, user).await?;
        match wanted.unwrap_or(!before.is_set) {
            same if same == before.is_set => Ok(before),
            true => self.add(conn, thing, user, now).await,
            false => self.remove(conn, thing, user).await,
        }
    }

    /// How a mark stands: nothing is news.
    ///
    /// # Errors
    /// When the database fails, or the thing is not there.
    pub async fn stands(
        &self,
        conn: &mut Connection,
        thing: Uuid,
        user: UserId,
    ) -> QueryResult<Marked> {
        let values = vec![
            Bound::Id(thing),
            Bound::Id(user.as_uuid()),
            Bound::Id(thing),
        ];
        let (count, is_set) = Statement::<(BigInt, Bool)>::new(&self.read, values)
            .get_result(conn)
            .await?;
        Ok(Marked {
            is_set,
            changed: false,
            count,
        })
    }

    async fn add(
        &self,
        conn: &mut Connection,
        thing: Uuid,
        user: UserId,
        now: DateTime<Utc>,
    ) -> QueryResult<Marked> {
        let values = vec![
            Bound::Id(thing),
            Bound::Id(user.as_uuid()),
            Bound::Time(now),
            Bound::Id(thing),
        ];
        let (count, changed) = Statement::<(BigInt, Bool)>::new(&self.add, values)
            .get_result(conn)
            .await?;
        Ok(Marked {
            is_set: true,
            changed,
            count,
        })
    }

    async fn remove(
        &self,
        conn: &mut Connection,
        thing: Uuid,
        user: UserId,
    ) -> QueryResult<Marked> {
        let values = vec![
            Bound::Id(thing),
            Bound::Id(user.as_uuid()),
            Bound::Id(thing),
        ];
        let (count, changed) = Statement::<(BigInt, Bool)>::new(&self.remove, values)
            .get_result(conn)
            .await?;
        Ok(Marked {
            is_set: false,
            changed,
            count,
        })
    }

    /// Notes many marks at once, and counts each person once a thing. Things that are gone are left out; the others are locked in the order of
    /// their ids, so that several replicas only wait for each other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(
        &self,
        conn: &mut Connection,
        marks: &[(Uuid, UserId)],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let (things, users): (Vec<Uuid>, Vec<Uuid>) = marks
            .iter()
            .map(|(thing, user)| (*thing, user.as_uuid()))
            .unzip();
        let values = vec![Bound::Ids(&things), Bound::Ids(&users), Bound::Time(now)];
        Statement::<()>::new(&self.record, values)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Takes back at most `most` marks of a person who is gone, uncounts them, and returns how many that were. The things are locked in the
    /// order of their ids, like by everybody who changes several at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back_some(
        &self,
        conn: &mut Connection,
        user: UserId,
        most: i64,
    ) -> QueryResult<usize> {
        let user = Bound::Id(user.as_uuid());
        Statement::<()>::new(&self.take_back, vec![user, Bound::Number(most), user])
            .execute(conn)
            .await
    }
}
