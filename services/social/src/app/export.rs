//! What this service knows of a person, for that person.

use std::sync::Arc;

use oruma_ids::UserId;
use oruma_service_runtime::Caller;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::App;
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::store;
use crate::store::export::{SECTIONS, Section};

/// Items of one message: small enough for any client's limit on messages.
const AT_ONCE: i64 = 200;

/// Some items of one section, as a JSON array.
#[derive(Debug)]
pub struct Part {
    /// The section.
    pub section: &'static str,
    /// The items.
    pub items: String,
}

/// Reads everything, part by part, as fast as the receiver takes it.
///
/// # Errors
/// [`Error::NotSignedIn`]. What fails later is the last thing in the channel.
pub fn start(
    app: &Arc<App>,
    caller: &Caller,
) -> Result<mpsc::Receiver<Result<Part, Error>>, Error> {
    let user = Viewer::of(caller)?.user;
    let (parts, receiver) = mpsc::channel(1);
    let app = Arc::clone(app);
    tokio::spawn(async move {
        for section in SECTIONS {
            if let Err(error) = send(&app, section, user, &parts).await {
                // Whoever asked may have gone.
                drop(parts.send(Err(error)).await);
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
    parts: &mpsc::Sender<Result<Part, Error>>,
) -> Result<(), Error> {
    let mut after = Some(Uuid::nil());
    while let Some(key) = after {
        let (items, last) = {
            let mut conn = app.database.reader().await?;
            store::export::items(&mut conn, section, user, key, AT_ONCE).await?
        };
        after = last;
        let part = Part {
            section: section.name,
            items: format!("[{}]", items.join(",")),
        };
        if last.is_some() && parts.send(Ok(part)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
