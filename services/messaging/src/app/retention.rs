//! Forgetting what is no longer needed.

use chrono::TimeDelta;
use oruma_service::every_hour;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::error::Error;
use crate::store;

/// How long it is known which events were handled, and what was taken back: far longer than any event comes again.
const HANDLED: TimeDelta = TimeDelta::days(30);
/// How long it is known what requests made: longer than the edge takes a repetition for one.
const REQUESTS: TimeDelta = TimeDelta::days(2);
/// How long it is known what was behind links.
const PAGES: TimeDelta = TimeDelta::days(1);
/// Notifications or messages that are removed together: few enough that nobody waits long for them.
const AT_ONCE: i64 = 1_000;

/// Forgets every hour until `stop`. Several replicas at once do no harm.
pub async fn keep_tidy(app: &App, stop: CancellationToken) {
    every_hour(stop, || async {
        if let Err(error) = tidy(app).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "old rows not forgotten");
        }
    })
    .await;
}

/// Forgets once: old notifications, messages that were removed long ago, names of accounts that are gone, blocks and registrations that were taken back long ago, and old events of the inboxes.
///
/// # Errors
/// When the database fails.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    let oldest = now - app.config.keep_notifications;
    while store::notifications::forget_some_before(&mut conn, oldest, AT_ONCE).await? > 0 {}
    let oldest = now - app.config.keep_deleted;
    while store::revisions::forget_some_before(&mut conn, oldest, AT_ONCE).await? > 0 {}
    store::previews::forget_before(&mut conn, now - PAGES).await?;
    store::people::forget_before(&mut conn, now - HANDLED).await?;
    store::blocks::forget_before(&mut conn, now - HANDLED).await?;
    store::registrations::forget_before(&mut conn, now - HANDLED).await?;
    for inbox in app.inboxes.all() {
        inbox.forget_before(&mut conn, now - HANDLED).await?;
    }
    app.requests
        .forget_before(&mut conn, now - REQUESTS)
        .await?;
    Ok(())
}
