//! Pictures.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use oruma_ids::{ImageId, UserId};
use oruma_postgres::Connection;
use uuid::Uuid;

use super::schema::media::images;
use crate::domain::image::{Format, Image, ImageFolder, StoredFile};

const STORING: &str = "storing";
const STORED: &str = "stored";
const DELETED: &str = "deleted";
const ABANDONED: &str = "abandoned";

/// Notes a picture whose files are about to be stored.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, image: &Image) -> QueryResult<()> {
    diesel::insert_into(images::table)
        .values((
            (
                images::id.eq(image.id.as_uuid()),
                images::owner_id.eq(image.owner.as_uuid()),
                images::folder.eq(image.folder.name()),
                images::format.eq(image.format.extension()),
                images::state.eq(STORING),
            ),
            images::width.eq(i32::try_from(image.width).unwrap_or(i32::MAX)),
            images::height.eq(i32::try_from(image.height).unwrap_or(i32::MAX)),
            images::size_bytes.eq(i64::try_from(image.full.size).unwrap_or(i64::MAX)),
            images::digest.eq(image.full.digest.as_slice()),
            images::thumbnail_size_bytes
                .eq(i64::try_from(image.thumbnail.size).unwrap_or(i64::MAX)),
            images::thumbnail_digest.eq(image.thumbnail.digest.as_slice()),
            images::created_at.eq(image.created_at),
            images::unused_since.eq(image.created_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that the files of a picture are stored. `false` when it was removed meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn mark_stored(conn: &mut Connection, id: ImageId) -> QueryResult<bool> {
    let marked = diesel::update(images::table.find(id.as_uuid()))
        .filter(images::state.eq(STORING))
        .set(images::state.eq(STORED))
        .execute(conn)
        .await?;
    Ok(marked == 1)
}

/// Removes the row of an upload that failed.
///
/// # Errors
/// When the database fails.
pub async fn forget_storing(conn: &mut Connection, id: ImageId) -> QueryResult<()> {
    diesel::delete(images::table.find(id.as_uuid()))
        .filter(images::state.ne(STORED))
        .execute(conn)
        .await?;
    Ok(())
}

/// A picture whose files are stored.
///
/// # Errors
/// When the database fails.
pub async fn find_stored(conn: &mut Connection, id: ImageId) -> QueryResult<Option<Image>> {
    images::table
        .find(id.as_uuid())
        .filter(images::state.eq(STORED))
        .select(ImageRow::as_select())
        .first::<ImageRow>(conn)
        .await
        .optional()
        .map(|row| row.map(Image::from))
}

/// Those of the pictures that are stored and belong to a person. Nobody changes them until the end of the transaction. All who lock
/// several do it in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn lock_own(
    conn: &mut Connection,
    owner: UserId,
    ids: &[ImageId],
) -> QueryResult<Vec<Image>> {
    let rows = images::table
        .filter(images::id.eq_any(uuids(ids)))
        .filter(images::owner_id.eq(owner.as_uuid()))
        .filter(images::state.eq(STORED))
        .order(images::id)
        .for_no_key_update()
        .select(ImageRow::as_select());
    Ok(read(rows.load(conn).await?))
}

/// Everything that a person has stored, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_own(conn: &mut Connection, owner: UserId) -> QueryResult<Vec<Image>> {
    let rows = images::table
        .filter(images::owner_id.eq(owner.as_uuid()))
        .filter(images::state.eq(STORED))
        .order(images::id)
        .select(ImageRow::as_select());
    Ok(read(rows.load(conn).await?))
}

/// Notes that pictures are about to be used. The time without use of those that have none begins anew.
///
/// # Errors
/// When the database fails.
pub async fn claim(conn: &mut Connection, ids: &[ImageId], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(images::table.filter(images::id.eq_any(uuids(ids))))
        .set(images::claimed_at.eq(now))
        .execute(conn)
        .await?;
    diesel::update(images::table.filter(images::id.eq_any(uuids(ids))))
        .filter(images::unused_since.is_not_null())
        .set(images::unused_since.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes those of the pictures that nothing uses, and returns them. A picture of a person is used by its owner alone, who is rid of it at once.
///
/// # Errors
/// When the database fails.
pub async fn delete_unused(
    conn: &mut Connection,
    ids: &[ImageId],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Image>> {
    let deleted = diesel::update(images::table.filter(images::id.eq_any(uuids(ids))))
        .filter(images::state.eq(STORED))
        .filter(
            images::unused_since
                .is_not_null()
                .or(images::folder.eq(ImageFolder::Avatars.name())),
        )
        .set((images::state.eq(DELETED), images::deleted_at.eq(now)))
        .returning(ImageRow::as_returning());
    Ok(read(deleted.get_results(conn).await?))
}

/// Removes everything that a person has stored, and returns it.
///
/// # Errors
/// When the database fails.
pub async fn delete_stored_of(
    conn: &mut Connection,
    owner: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Image>> {
    let own = images::table
        .filter(images::owner_id.eq(owner.as_uuid()))
        .filter(images::state.eq(STORED));
    let _: Vec<Uuid> = own
        .order(images::id)
        .for_no_key_update()
        .select(images::id)
        .load(conn)
        .await?;
    let deleted = diesel::update(own)
        .set((images::state.eq(DELETED), images::deleted_at.eq(now)))
        .returning(ImageRow::as_returning());
    Ok(read(deleted.get_results(conn).await?))
}

/// Has a person's uploads under way come to nothing.
///
/// # Errors
/// When the database fails.
pub async fn delete_storing_of(
    conn: &mut Connection,
    owner: UserId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(images::table)
        .filter(images::owner_id.eq(owner.as_uuid()))
        .filter(images::state.eq(STORING))
        .set((images::state.eq(ABANDONED), images::deleted_at.eq(now)))
        .execute(conn)
        .await
}

/// Removes some pictures that nothing uses since `before`, and returns them, and whether anything ever used them. Pictures that were
/// claimed for what no event tells of, and that no event told of, are left alone.
///
/// # Errors
/// When the database fails.
pub async fn delete_orphans(
    conn: &mut Connection,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<(Image, bool)>> {
    let told = ImageFolder::ALL
        .into_iter()
        .filter(|folder| folder.uses_are_told());
    let told: Vec<&str> = told.map(ImageFolder::name).collect();
    let orphans: Vec<Uuid> = images::table
        .filter(images::state.eq(STORED))
        .filter(images::unused_since.lt(before))
        .filter(
            images::claimed_at
                .is_null()
                .or(images::folder.eq_any(told))
                .or(images::used_before),
        )
        .order(images::unused_since)
        .limit(limit)
        .for_update()
        .skip_locked()
        .select(images::id)
        .load(conn)
        .await?;
    let rows: Vec<(ImageRow, bool)> =
        diesel::update(images::table.filter(images::id.eq_any(orphans)))
            .set((images::state.eq(DELETED), images::deleted_at.eq(now)))
            .returning((ImageRow::as_returning(), images::used_before))
            .get_results(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(row, used)| (row.into(), used))
        .collect())
}

/// Some pictures whose files are to be removed: deleted ones, and those of uploads that failed and began before a time, so that they can't be
/// under way any more.
/// Nobody else gets them until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock_to_erase(
    conn: &mut Connection,
    before: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<Image>> {
    let rows = images::table
        .filter(images::state.ne(STORED))
        .filter(images::state.eq(DELETED).or(images::created_at.lt(before)))
        .order(images::created_at)
        .limit(limit)
        .for_update()
        .skip_locked()
        .select(ImageRow::as_select());
    Ok(read(rows.load(conn).await?))
}

/// Removes the rows of pictures whose files are gone.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, ids: &[ImageId]) -> QueryResult<usize> {
    diesel::delete(images::table.filter(images::id.eq_any(uuids(ids))))
        .execute(conn)
        .await
}

/// The ids, for the database.
pub(super) fn uuids(ids: &[ImageId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.as_uuid()).collect()
}

fn read(rows: Vec<ImageRow>) -> Vec<Image> {
    rows.into_iter().map(Image::from).collect()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = images)]
struct ImageRow {
    id: Uuid,
    owner_id: Uuid,
    folder: String,
    format: String,
    width: i32,
    height: i32,
    size_bytes: i64,
    digest: Vec<u8>,
    thumbnail_size_bytes: i64,
    thumbnail_digest: Vec<u8>,
    created_at: DateTime<Utc>,
}

// What the schema does not allow needs no error: any reading of it is as good as another.
impl From<ImageRow> for Image {
    fn from(row: ImageRow) -> Self {
        Self {
            id: ImageId::from_uuid(row.id),
            owner: UserId::from_uuid(row.owner_id),
            folder: ImageFolder::from_name(&row.folder).unwrap_or(ImageFolder::Posts),
            format: Format::from_extension(&row.format).unwrap_or(Format::Jpeg),
            width: row.width.unsigned_abs(),
            height: row.height.unsigned_abs(),
            full: file(row.size_bytes, &row.digest),
            thumbnail: file(row.thumbnail_size_bytes, &row.thumbnail_digest),
            created_at: row.created_at,
        }
    }
}

fn file(size: i64, digest: &[u8]) -> StoredFile {
    StoredFile {
        size: size.unsigned_abs(),
        digest: digest.try_into().unwrap_or_default(),
    }
}
