//! Looking behind links (C-140, C-199), beside the sending: a queue in the database, worked on by all replicas.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use futures::future::join_all;
use oruma_ids::MessageId;
use oruma_outbound::FetchError;
use oruma_postgres::Connection;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::App;
use super::revisions::{around, changeable};
use crate::domain::preview::{LinkPreview, first_link, read_page};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::previews::Job;

/// Pages that are fetched at once by one process.
const AT_ONCE: usize = 4;
/// How often a page is tried.
const MOST_ATTEMPTS: i32 = 3;
/// When a page is tried again: long after it is known whether it was fetched.
const AGAIN: TimeDelta = TimeDelta::seconds(30);
/// How long it is known what was behind a link.
const KNOWN: TimeDelta = TimeDelta::days(1);
/// How long nobody looks for work at the most: that of other replicas, and what is tried again.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// Has the first link of a message looked behind, if it has one.
pub(super) async fn want(
    app: &App,
    conn: &mut Connection,
    message: MessageId,
    content: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let link = first_link(content).filter(|_| app.config.link_previews);
    if let Some(link) = link {
        store::previews::want(conn, message, link, now).await?;
    }
    Ok(())
}

/// Has somebody begin with what a transaction wanted that has committed.
pub(super) fn wake(app: &App, content: &str) {
    if first_link(content).is_some() {
        app.linked.notify_one();
    }
}

/// Has nobody look behind the link of a message any longer.
pub(super) async fn forget(conn: &mut Connection, message: MessageId) -> Result<(), Error> {
    Ok(store::previews::forget(conn, message).await?)
}

/// Looks behind links until `stop`.
pub async fn keep_looking(app: &App, stop: CancellationToken) {
    join_all((0..AT_ONCE).map(|_| look_on(app, stop.clone()))).await;
}

async fn look_on(app: &App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match look_once(app).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no link looked behind"
                );
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
            () = app.linked.notified() => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Looks behind the link that waits for the longest; false when none does.
///
/// # Errors
/// When the database fails.
pub async fn look_once(app: &App) -> Result<bool, Error> {
    let now = app.clock.now();
    let job = {
        let mut conn = app.database.reader().await?;
        store::previews::take(&mut conn, now, now + AGAIN).await?
    };
    let Some(job) = job else {
        return Ok(false);
    };
    if job.attempts > MOST_ATTEMPTS {
        // Whoever tried before has died of it.
        finish(app, &job, None).await?;
        return Ok(true);
    }
    let known = {
        let mut conn = app.database.reader().await?;
        store::previews::known(&mut conn, &job.url, now - KNOWN).await?
    };
    let preview = match known {
        Some(preview) => preview,
        None => match fetch(app, &job.url).await {
            // It comes back by itself.
            Err(error) if error.may_pass() && job.attempts < MOST_ATTEMPTS => return Ok(true),
            fetched => {
                let preview = fetched.unwrap_or_default();
                let mut conn = app.database.reader().await?;
                store::previews::keep(&mut conn, &job.url, preview.as_ref(), now).await?;
                preview
            }
        },
    };
    finish(app, &job, preview).await?;
    Ok(true)
}

async fn fetch(app: &App, link: &str) -> Result<Option<LinkPreview>, FetchError> {
    let url = Url::parse(link).map_err(|_| FetchError::Refused)?;
    let page = app.outbound.page(&url).await?;
    Ok(read_page(link, &page.html, &page.url))
}

/// Shows what is behind the link of a message, unless the message has changed or gone since.
async fn finish(app: &App, job: &Job, preview: Option<LinkPreview>) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let Some(preview) = preview else {
            store::previews::end(conn, job).await?;
            return Ok(());
        };
        let Some(reader) = store::previews::reader(conn, job.message).await? else {
            store::previews::end(conn, job).await?;
            return Ok(());
        };
        let looked = match changeable(conn, None, job.message, reader).await {
            Ok(looked) => looked,
            Err(Error::MessageNotFound | Error::NotParticipant) => {
                store::previews::end(conn, job).await?;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if !store::previews::end(conn, job).await? {
            return Ok(());
        }
        store::previews::show(conn, job.message, &preview).await?;
        let mut message = looked.message.clone();
        message.preview = Some(preview);
        let event = outbox::message_updated(app, &around(&looked), message, "previewed", now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}
