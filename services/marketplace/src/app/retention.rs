//! Forgetting what is no longer needed (O-203).

use chrono::TimeDelta;
use oruma_service::every_hour;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::error::Error;

/// How long it is known what people searched for.
const SEARCHES: TimeDelta = TimeDelta::days(90);
/// How long it is known which events were handled: far longer than any comes again.
const HANDLED: TimeDelta = TimeDelta::days(30);
/// How long it is known what requests made: longer than the edge takes a repetition for one.
const REQUESTS: TimeDelta = TimeDelta::days(2);

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

/// Forgets once: old searches, and old events of the inbox.
///
/// # Errors
/// When the database fails.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    app.analytics
        .searches()
        .forget_before(&mut conn, now - SEARCHES)
        .await?;
    app.departures
        .forget_before(&mut conn, now - HANDLED)
        .await?;
    app.requests
        .forget_before(&mut conn, now - REQUESTS)
        .await?;
    Ok(())
}
