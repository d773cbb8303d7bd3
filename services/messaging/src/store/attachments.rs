//! The files of messages.

use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::MessageId;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use crate::domain::attachment::Attachment;

/// Those of some files that belong to another message.
///
/// # Errors
/// When the database fails.
pub async fn used_elsewhere(
    conn: &mut Connection,
    message: MessageId,
    files: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    const USED: &str =
        "SELECT file_id FROM messaging.attachments WHERE file_id = ANY (?) AND message_id <> ?";
    let values = vec![Bound::Ids(files), Bound::Id(message.as_uuid())];
    Statement::<SqlUuid>::new(USED, values).load(conn).await
}

/// Gives files to a message, and returns how many of them were free.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    conn: &mut Connection,
    message: MessageId,
    attachments: &[Attachment],
) -> QueryResult<usize> {
    // Files are written in one order, so that two messages that want the same only wait for each other.
    const INSERT: &str = "INSERT INTO messaging.attachments (file_id, message_id, position, name, path, thumbnail_path, content_type, size_bytes)
         SELECT file_id, ?, position, name, path, thumbnail_path, content_type, size_bytes
         FROM unnest(?, ?, ?, ?, ?, ?) WITH ORDINALITY AS told (file_id, name, path, thumbnail_path, content_type, size_bytes, position)
         ORDER BY file_id ON CONFLICT ON CONSTRAINT attachments_file_key DO NOTHING";
    let texts = |of: fn(&Attachment) -> &String| {
        attachments
            .iter()
            .map(|attachment| of(attachment).clone())
            .collect::<Vec<String>>()
    };
    let files: Vec<Uuid> = attachments.iter().map(|one| one.file).collect();
    let names = texts(|one| &one.name);
    let paths = texts(|one| &one.path);
    let thumbnails = texts(|one| &one.thumbnail_path);
    let types = texts(|one| &one.content_type);
    let sizes: Vec<i64> = attachments.iter().map(|one| one.size_bytes).collect();
    let values = vec![
        Bound::Id(message.as_uuid()),
        Bound::Ids(&files),
        Bound::Texts(&names),
        Bound::Texts(&paths),
        Bound::Texts(&thumbnails),
        Bound::Texts(&types),
        Bound::Numbers(&sizes),
    ];
    Statement::<()>::new(INSERT, values).execute(conn).await
}

/// Takes the files of messages away, and returns each with its message.
///
/// # Errors
/// When the database fails.
pub async fn delete_of(conn: &mut Connection, messages: &[Uuid]) -> QueryResult<Vec<(Uuid, Uuid)>> {
    const DELETE: &str = "DELETE FROM messaging.attachments WHERE message_id = ANY (?) RETURNING message_id, file_id";
    Statement::<(SqlUuid, SqlUuid)>::new(DELETE, vec![Bound::Ids(messages)])
        .load(conn)
        .await
}

#[derive(QueryableByName)]
struct AttachmentRow {
    #[diesel(sql_type = SqlUuid)]
    file_id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    path: String,
    #[diesel(sql_type = Text)]
    thumbnail_path: String,
    #[diesel(sql_type = Text)]
    content_type: String,
    #[diesel(sql_type = BigInt)]
    size_bytes: i64,
}

/// The files of a message, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of(conn: &mut Connection, message: MessageId) -> QueryResult<Vec<Attachment>> {
    const OF: &str = "SELECT file_id, name, path, thumbnail_path, content_type, size_bytes FROM messaging.attachments WHERE message_id = ? ORDER BY position";
    let values = vec![Bound::Id(message.as_uuid())];
    let rows: Vec<AttachmentRow> = Statement::<Untyped>::new(OF, values).load(conn).await?;
    let attachments = rows.into_iter().map(|row| Attachment {
        file: row.file_id,
        name: row.name,
        path: row.path,
        thumbnail_path: row.thumbnail_path,
        content_type: row.content_type,
        size_bytes: row.size_bytes,
    });
    Ok(attachments.collect())
}
