//! Forgetting what is no longer needed (O-203).

use chrono::TimeDelta;
use oruma_service::every_hour;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::error::Error;
use crate::store;

/// Sign-ins are kept so long after their last token ended, so that a token that comes back late is still known.
const ENDED_SESSIONS: TimeDelta = TimeDelta::days(7);

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

/// Forgets once: sign-ins, codes and links that ended, and old lines of the access log.
///
/// # Errors
/// When the database fails.
pub async fn tidy(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut conn = app.database.reader().await?;
    let sessions = store::sessions::forget_before(&mut conn, now - ENDED_SESSIONS).await?;
    let lines =
        store::access_log::forget_before(&mut conn, now - app.config.access_log_retention).await?;
    store::email_codes::forget_ended(&mut conn, now).await?;
    store::google_accounts::forget_ended(&mut conn, now).await?;
    store::password_resets::forget_ended(&mut conn, now).await?;
    if sessions + lines > 0 {
        tracing::info!(sessions, access_log.lines = lines, "old rows forgotten");
    }
    Ok(())
}
