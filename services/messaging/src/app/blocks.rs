//! Following who has blocked whom.

use diesel_async::AsyncConnection;
use oruma_postgres::StoreError;
use uuid::Uuid;

use super::App;
use crate::store;
use crate::store::blocks::Block;

/// Keeps a block, or that it was taken back. Doing it again changes nothing, and what is older than what is known neither.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(app: &App, event: Uuid, block: &Block) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if app.inboxes.blocks.first_time(conn, event).await? {
            store::blocks::set(conn, block).await?;
        }
        Ok(())
    })
    .await
}
