//! What this service knows of a person, for that person.

use std::sync::Arc;

use oruma_ids::UserId;
use oruma_service_runtime::Caller;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{App, signed_in};
use crate::error::Error;
use crate::store;
use crate::store::export::{SECTIONS, Section};

/// Items of one page: small enough for any client's limit on messages.
const AT_ONCE: i64 = 100;

/// A page: a JSON object whose list continues that of the page before.
pub type Document = String;

/// Reads everything, page by page, as fast as the receiver takes it.
///
/// # Errors
/// [`Error::NotSignedIn`]. What fails later is the last thing in the channel.
pub fn start(
    app: &Arc<App>,
    caller: &Caller,
) -> Result<mpsc::Receiver<Result<Document, Error>>, Error> {
    let user = signed_in(caller)?;
    let (pages, receiver) = mpsc::channel(1);
    let app = Arc::clone(app);
    tokio::spawn(async move {
        for section in SECTIONS {
            if let Err(error) = send(&app, section, user, &pages).await {
                // Whoever asked may have gone.
                drop(pages.send(Err(error)).await);
                return;
            }
        }
    });
    Ok(receiver)
}

async fn send(
    app: &App,
    section: Section,
    user: UserId,
    pages: &mpsc::Sender<Result<Document, Error>>,
) -> Result<(), Error> {
    let mut after = Some(Uuid::nil());
    while let Some(key) = after {
        let (items, last) = {
            let mut conn = app.database.reader().await?;
            store::export::items(&mut conn, section, user, key, AT_ONCE).await?
        };
        after = last;
        let document = format!("{{\"{}\":[{}]}}", section.name, items.join(","));
        if last.is_some() && pages.send(Ok(document)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
