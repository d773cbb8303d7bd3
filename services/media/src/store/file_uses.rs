//! What uses files.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::FileId;
use oruma_postgres::Connection;
use uuid::Uuid;

use super::files::uuids;
use super::schema::media::{file_uses, files};

/// Notes that something uses files that are locked. From now on they are not unused.
///
/// # Errors
/// When the database fails.
pub async fn add(conn: &mut Connection, used_by: &str, ids: &[FileId]) -> QueryResult<()> {
    let ids = uuids(ids);
    let rows: Vec<_> = ids
        .iter()
        .map(|id| (file_uses::file_id.eq(id), file_uses::used_by.eq(used_by)))
        .collect();
    diesel::insert_into(file_uses::table)
        .values(rows)
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    diesel::update(files::table.filter(files::id.eq_any(ids)))
        .set(files::unused_since.eq(None::<DateTime<Utc>>))
        .execute(conn)
        .await?;
    Ok(())
}

/// The files that something uses.
///
/// # Errors
/// When the database fails.
pub async fn of(conn: &mut Connection, used_by: &str) -> QueryResult<Vec<FileId>> {
    let ids: Vec<Uuid> = file_uses::table
        .filter(file_uses::used_by.eq(used_by))
        .select(file_uses::file_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().map(FileId::from_uuid).collect())
}

/// Notes that something is gone, and returns those of the files, which are locked, that nothing else uses.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    conn: &mut Connection,
    used_by: &str,
    ids: &[FileId],
) -> QueryResult<Vec<FileId>> {
    diesel::delete(file_uses::table.filter(file_uses::used_by.eq(used_by)))
        .execute(conn)
        .await?;
    let used: Vec<Uuid> = file_uses::table
        .filter(file_uses::file_id.eq_any(uuids(ids)))
        .select(file_uses::file_id)
        .load(conn)
        .await?;
    let unused = ids.iter().filter(|id| !used.contains(&id.as_uuid()));
    Ok(unused.copied().collect())
}
