//! Who wants nothing to do with whom (K-19).

use diesel_async::AsyncConnection;
use oruma_ids::{PageSize, UserId};
use oruma_service_runtime::Caller;

use super::App;
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::blocks::{Block, Position};

const BLOCKS: PageSize = PageSize {
    default: 20,
    most: 100,
};

/// Blocks a person, or takes that back. Repeating it changes nothing.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] with oneself.
pub async fn set(app: &App, caller: &Caller, other: UserId, blocked: bool) -> Result<(), Error> {
    let user = Viewer::of(caller)?.user;
    if user == other {
        return Err(Error::invalid("user_id", "must be somebody else"));
    }
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        store::blocks::lock_of(conn, user).await?;
        let changed = if blocked {
            store::blocks::insert(conn, user, other, now).await?
        } else {
            store::blocks::delete(conn, user, other).await?
        };
        if changed {
            let event = outbox::user_blocked(app, user, other, blocked, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(())
    })
    .await
}

/// A page of whom the caller has blocked, newest first.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<Block>, String), Error> {
    let user = Viewer::of(caller)?.user;
    let size = BLOCKS.of(page_size)?;
    let name = format!("blocks of {user}");
    let after = app.cursors.after(&name, page_token)?;
    let mut conn = app.database.reader().await?;
    let rows = store::blocks::list(&mut conn, user, after, i64::from(size) + 1).await?;
    Ok(app.cursors.page(&name, rows, size, Position::of))
}
