//! Forgetting what is no longer needed.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::error::Error;
use crate::store;

const EVERY: Duration = Duration::from_secs(3_600);
/// How long it is known which events were handled, and what was taken back: far longer than any event comes again.
const HANDLED: TimeDelta = TimeDelta::days(30);
/// Notifications that are removed together: few enough that nobody waits long for them.
const AT_ONCE: i64 = 1_000;

/// Forgets every hour until `stop`. Several replicas at once do no harm.
pub async fn keep_tidy(app: &App, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = tidy(app).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old rows not forgotten"
            );
        }
    }
}

/// Forgets once: old notifications, blocks and registrations that were taken back long ago, and old events of the inboxes.
///
/// # Errors
/// When the database fails.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    let oldest = now - app.config.keep_notifications;
    while store::notifications::forget_some_before(&mut conn, oldest, AT_ONCE).await? > 0 {}
    store::blocks::forget_before(&mut conn, now - HANDLED).await?;
    store::registrations::forget_before(&mut conn, now - HANDLED).await?;
    for inbox in app.inboxes.all() {
        inbox.forget_before(&mut conn, now - HANDLED).await?;
    }
    Ok(())
}
