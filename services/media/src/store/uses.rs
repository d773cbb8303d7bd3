//! What uses pictures.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::{ImageId, UserId};
use oruma_postgres::Connection;
use uuid::Uuid;

use super::images::uuids;
use super::schema::media::{image_uses, images};

/// Has something use exactly these pictures, as far as they are stored and belong to a person, instead of those that it used before. Those that
/// nothing uses any more count as unused since `unused_since`.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    conn: &mut Connection,
    used_by: &str,
    owner: UserId,
    ids: &[ImageId],
    unused_since: DateTime<Utc>,
) -> QueryResult<()> {
    let wanted = uuids(ids);
    let mut touched: Vec<Uuid> = image_uses::table
        .filter(image_uses::used_by.eq(used_by))
        .select(image_uses::image_id)
        .load(conn)
        .await?;
    touched.extend(&wanted);
    let usable = lock(conn, owner, &touched).await?;
    let usable: Vec<Uuid> = usable
        .into_iter()
        .filter(|id| wanted.contains(id))
        .collect();
    diesel::delete(image_uses::table.filter(image_uses::used_by.eq(used_by)))
        .filter(image_uses::image_id.ne_all(&usable))
        .execute(conn)
        .await?;
    let rows: Vec<_> = usable
        .iter()
        .map(|id| (image_uses::image_id.eq(id), image_uses::used_by.eq(used_by)))
        .collect();
    diesel::insert_into(image_uses::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    keep_account(conn, &touched, unused_since).await
}

/// Locks the pictures in the order of their ids, and tells which of them the person may use.
async fn lock(conn: &mut Connection, owner: UserId, ids: &[Uuid]) -> QueryResult<Vec<Uuid>> {
    let locked: Vec<(Uuid, Uuid, String)> = images::table
        .filter(images::id.eq_any(ids))
        .order(images::id)
        .for_no_key_update()
        .select((images::id, images::owner_id, images::state))
        .load(conn)
        .await?;
    let usable = locked
        .into_iter()
        .filter(|(_, of, state)| *of == owner.as_uuid() && state == "stored");
    Ok(usable.map(|(id, _, _)| id).collect())
}

/// Brings up to date since when nothing uses the pictures.
async fn keep_account(
    conn: &mut Connection,
    ids: &[Uuid],
    unused_since: DateTime<Utc>,
) -> QueryResult<()> {
    let uses = || image_uses::table.filter(image_uses::image_id.eq(images::id));
    diesel::update(images::table.filter(images::id.eq_any(ids)))
        .filter(exists(uses()))
        .set((
            images::used_before.eq(true),
            images::unused_since.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    diesel::update(images::table.filter(images::id.eq_any(ids)))
        .filter(images::unused_since.is_null())
        .filter(diesel::dsl::not(exists(uses())))
        .set(images::unused_since.eq(unused_since))
        .execute(conn)
        .await?;
    Ok(())
}
