//! Files of any kind.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::{FileId, UserId};
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::media::files;
use crate::domain::file::{File, NewFile};
use crate::domain::file_name::FileName;
use crate::domain::file_type::FileType;
use crate::domain::image::StoredFile;

const STORING: &str = "storing";
const STORED: &str = "stored";
const DELETED: &str = "deleted";
const ABANDONED: &str = "abandoned";

/// A file whose blobs are to be removed.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct ToErase {
    id: Uuid,
    /// By what the store finds what a writer has left of it.
    pub ticket: Option<String>,
}

impl ToErase {
    /// The file.
    #[must_use]
    pub const fn id(&self) -> FileId {
        FileId::from_uuid(self.id)
    }
}

/// Notes a file that is about to come.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    file: &NewFile,
    ticket: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(files::table)
        .values((
            files::id.eq(file.id.as_uuid()),
            files::owner_id.eq(file.owner.as_uuid()),
            files::name.eq(file.name.as_str()),
            files::state.eq(STORING),
            files::ticket.eq(ticket),
            files::created_at.eq(file.created_at),
            files::unused_since.eq(file.created_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes by what the store finds what has come of a file so far.
///
/// # Errors
/// When the database fails.
pub async fn note_ticket(conn: &mut Connection, id: FileId, ticket: &str) -> QueryResult<()> {
    diesel::update(files::table.find(id.as_uuid()))
        .set(files::ticket.eq(ticket))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that a file is there as a whole, and what it is. `false` when it was removed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn mark_stored(conn: &mut Connection, file: &File) -> QueryResult<bool> {
    let thumbnail = file.thumbnail.as_ref();
    let marked = diesel::update(files::table.find(file.id.as_uuid()))
        .filter(files::state.eq(STORING))
        .set((
            files::state.eq(STORED),
            files::ticket.eq(None::<String>),
            files::content_type.eq(file.file_type.name()),
            files::size_bytes.eq(signed(file.full.size)),
            files::digest.eq(file.full.digest.as_slice()),
            files::thumbnail_size_bytes.eq(thumbnail.map(|stored| signed(stored.size))),
            files::thumbnail_digest.eq(thumbnail.map(|stored| stored.digest.as_slice())),
        ))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// A file that is there.
///
/// # Errors
/// When the database fails.
pub async fn find_stored(conn: &mut Connection, id: FileId) -> QueryResult<Option<File>> {
    let row = files::table
        .find(id.as_uuid())
        .filter(files::state.eq(STORED))
        .select(FileRow::as_select())
        .first::<FileRow>(conn)
        .await
        .optional()?;
    Ok(row.map(File::from))
}

/// Those of the files that are there, whoever they belong to. Nobody changes them until the end of the transaction. All who lock several do it in the
/// order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, ids: &[FileId]) -> QueryResult<Vec<File>> {
    let rows = files::table
        .filter(files::id.eq_any(uuids(ids)))
        .filter(files::state.eq(STORED))
        .order(files::id)
        .for_no_key_update()
        .select(FileRow::as_select());
    Ok(read(rows.load(conn).await?))
}

/// Everything that a person has stored, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_own(conn: &mut Connection, owner: UserId) -> QueryResult<Vec<File>> {
    let rows = files::table
        .filter(files::owner_id.eq(owner.as_uuid()))
        .filter(files::state.eq(STORED))
        .order(files::id)
        .select(FileRow::as_select());
    Ok(read(rows.load(conn).await?))
}

/// Notes that files are about to be used, at `keep_until` at the latest if that is known. The time without use of those that have none begins anew.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    conn: &mut Connection,
    ids: &[FileId],
    keep_until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let claimed = || files::table.filter(files::id.eq_any(uuids(ids)));
    diesel::update(claimed().filter(files::unused_since.is_not_null()))
        .set(files::unused_since.eq(now))
        .execute(conn)
        .await?;
    let Some(until) = keep_until else {
        return Ok(());
    };
    // A shorter claim takes nothing from a longer one.
    diesel::update(claimed())
        .filter(files::keep_until.is_null().or(files::keep_until.lt(until)))
        .set(files::keep_until.eq(until))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes those of the files that are there, and returns them.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    conn: &mut Connection,
    ids: &[FileId],
    now: DateTime<Utc>,
) -> QueryResult<Vec<File>> {
    let deleted = diesel::update(files::table.filter(files::id.eq_any(uuids(ids))))
        .filter(files::state.eq(STORED))
        .set((files::state.eq(DELETED), files::deleted_at.eq(now)))
        .returning(FileRow::as_returning());
    Ok(read(deleted.get_results(conn).await?))
}

/// Locks everything that a person has stored and nothing uses.
///
/// # Errors
/// When the database fails.
pub async fn lock_unused_of(conn: &mut Connection, owner: UserId) -> QueryResult<Vec<FileId>> {
    let rows = files::table
        .filter(files::owner_id.eq(owner.as_uuid()))
        .filter(files::state.eq(STORED))
        .filter(files::unused_since.is_not_null())
        .order(files::id)
        .for_no_key_update()
        .select(files::id);
    let ids: Vec<Uuid> = rows.load(conn).await?;
    Ok(ids.into_iter().map(FileId::from_uuid).collect())
}

/// Has a person's uploads under way come to nothing.
///
/// # Errors
/// When the database fails.
pub async fn abandon_storing_of(
    conn: &mut Connection,
    owner: UserId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(files::table)
        .filter(files::owner_id.eq(owner.as_uuid()))
        .filter(files::state.eq(STORING))
        .set((files::state.eq(ABANDONED), files::deleted_at.eq(now)))
        .execute(conn)
        .await
}

/// Locks some files that nothing uses since `before` and no claim keeps until `now`.
///
/// # Errors
/// When the database fails.
pub async fn lock_unused(
    conn: &mut Connection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<FileId>> {
    let rows = files::table
        .filter(files::state.eq(STORED))
        .filter(files::unused_since.lt(before))
        .filter(files::keep_until.is_null().or(files::keep_until.lt(now)))
        .order(files::unused_since)
        .limit(limit)
        .for_update()
        .skip_locked()
        .select(files::id);
    let ids: Vec<Uuid> = rows.load(conn).await?;
    Ok(ids.into_iter().map(FileId::from_uuid).collect())
}

/// What is left of an upload that failed just now; `None` when it came to its end.
///
/// # Errors
/// When the database fails.
pub async fn lock_failed(conn: &mut Connection, id: FileId) -> QueryResult<Option<ToErase>> {
    files::table
        .find(id.as_uuid())
        .filter(files::state.ne(STORED))
        .for_update()
        .select((files::id, files::ticket))
        .first(conn)
        .await
        .optional()
}

/// Some files whose blobs are to be removed: deleted ones, and those of uploads that began before a time, so that they can't be under way any more.
/// Nobody else gets them until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock_to_erase(
    conn: &mut Connection,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<ToErase>> {
    files::table
        .filter(files::state.ne(STORED))
        .filter(files::state.eq(DELETED).or(files::created_at.lt(before)))
        .order(files::created_at)
        .limit(limit)
        .for_update()
        .skip_locked()
        .select((files::id, files::ticket))
        .load(conn)
        .await
}

/// Removes the rows of files whose blobs are gone.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, ids: &[FileId]) -> QueryResult<usize> {
    diesel::delete(files::table.filter(files::id.eq_any(uuids(ids))))
        .execute(conn)
        .await
}

/// The ids, for the database.
pub(super) fn uuids(ids: &[FileId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.as_uuid()).collect()
}

fn read(rows: Vec<FileRow>) -> Vec<File> {
    rows.into_iter().map(File::from).collect()
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = files)]
struct FileRow {
    id: Uuid,
    owner_id: Uuid,
    name: String,
    content_type: Option<String>,
    size_bytes: Option<i64>,
    digest: Option<Vec<u8>>,
    thumbnail_size_bytes: Option<i64>,
    thumbnail_digest: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
}

// What the schema does not allow needs no error: any reading of it is as good as another.
impl From<FileRow> for File {
    fn from(row: FileRow) -> Self {
        let thumbnail = row.thumbnail_size_bytes.zip(row.thumbnail_digest);
        Self {
            id: FileId::from_uuid(row.id),
            owner: UserId::from_uuid(row.owner_id),
            name: FileName::of(&row.name),
            file_type: FileType::named(&row.content_type.unwrap_or_default()),
            full: stored(row.size_bytes.unwrap_or(0), &row.digest.unwrap_or_default()),
            thumbnail: thumbnail.map(|(size, digest)| stored(size, &digest)),
            created_at: row.created_at,
        }
    }
}

fn stored(size: i64, digest: &[u8]) -> StoredFile {
    StoredFile {
        size: size.unsigned_abs(),
        digest: digest.try_into().unwrap_or_default(),
    }
}
