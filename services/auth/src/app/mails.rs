//! Mails: written in the transaction of what they tell of, sent afterwards, again and again until they are or are of no use any more.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures::{StreamExt, stream};
use oruma_postgres::Connection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::App;
use crate::domain::mail::{Channel, Mail};
use crate::domain::user::User;
use crate::error::Error;
use crate::mailer::{NotSent, Parcel};
use crate::store;
use crate::store::mails::{ClaimedMail, NewMail};

/// What tells something, and holds no code, is tried for so long.
pub(super) const NEWS: TimeDelta = TimeDelta::days(3);
/// Mails that one turn takes.
const TURN: i64 = 32;
/// Mails that are sent at once.
const AT_ONCE: usize = 4;
/// How long a turn may take before others take its mails over; longer than all of them take together.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// How often the table is looked at without being told: for mails that failed, and those of replicas that ended.
const EVERY: Duration = Duration::from_secs(5);
/// How often what waits is counted.
const COUNT: Duration = Duration::from_secs(15);
/// The first wait after a failure; it doubles with each one more.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Puts a mail on its way inside a transaction. After the commit, [`App::mails_waiting`] is to be notified.
pub(super) async fn post(
    app: &App,
    conn: &mut Connection,
    user: &User,
    mail: &Mail,
    now: DateTime<Utc>,
    good_for: TimeDelta,
) -> Result<(), Error> {
    let id = app.random.id(now);
    let sealed = seal(app, id, mail)?;
    let new = NewMail {
        id,
        user: user.id,
        channel: mail.channel,
        sealed: &sealed,
        created_at: now,
        expires_at: now + good_for,
    };
    store::mails::insert(conn, &new).await?;
    Ok(())
}

/// Sends mails until `stop`. Several replicas share the work.
pub async fn keep_delivering(app: &App, stop: CancellationToken) {
    let mut counted = None;
    loop {
        tokio::select! {
            () = app.mails_waiting.notified() => {}
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = deliver(app).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "mails not sent");
        }
        if counted.is_none_or(|at: Instant| at.elapsed() >= COUNT) {
            counted = Some(Instant::now());
            // A failure is for the delivery to tell.
            let _ = count(app).await;
        }
    }
}

/// Sends all mails that are due, and tells how many got away.
///
/// # Errors
/// When the database fails; what was taken is tried again later.
pub async fn deliver(app: &App) -> Result<usize, Error> {
    let mut sent = 0;
    loop {
        let now = app.clock.now();
        let claimed = {
            let mut conn = app.database.reader().await?;
            let forgotten = store::mails::forget_ended(&mut conn, now).await?;
            if !forgotten.is_empty() {
                tracing::warn!(mails = forgotten.len(), "mails could not be sent in time");
            }
            for channel in forgotten {
                app.mail_meters.failed(&channel, "expired");
            }
            store::mails::claim(&mut conn, now, now + LEASE, TURN).await?
        };
        let full = i64::try_from(claimed.len()) == Ok(TURN);
        let mut outcomes = stream::iter(claimed)
            .map(|mail| deliver_one(app, mail))
            .buffer_unordered(AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            sent += usize::from(outcome?);
        }
        if !full {
            return Ok(sent);
        }
    }
}

/// Counts what waits, where somebody may look at it.
///
/// # Errors
/// When the database fails.
pub async fn count(app: &App) -> Result<(), Error> {
    let waiting = store::mails::waiting(&mut *app.database.reader().await?).await?;
    let now = app.clock.now();
    for channel in Channel::ALL {
        let of_channel = waiting.iter().find(|found| found.channel == channel.name());
        let (count, age) =
            of_channel.map_or((0, 0.0), |found| (found.count, seconds(now - found.oldest)));
        app.mail_meters.waiting(channel.name(), count, age);
    }
    Ok(())
}

fn seconds(time: TimeDelta) -> f64 {
    time.as_seconds_f64().max(0.0)
}

async fn deliver_one(app: &App, claimed: ClaimedMail) -> Result<bool, Error> {
    let outcome = send(app, &claimed).await;
    app.mail_meters.tried(&claimed.channel, &outcome);
    let mut conn = app.database.reader().await?;
    match outcome {
        Ok(()) => {
            store::mails::delete(&mut conn, claimed.id).await?;
            Ok(true)
        }
        Err(NotSent::Malformed) => {
            tracing::error!(mail.id = %claimed.id, "a mail has no valid form and is dropped");
            store::mails::delete(&mut conn, claimed.id).await?;
            Ok(false)
        }
        Err(error) => {
            tracing::warn!(mail.id = %claimed.id, mail.attempts = claimed.attempts, error = %error, "mail not sent");
            let share = f64::from(u16::from_be_bytes(app.random.bytes())) / f64::from(u16::MAX);
            let due_at = app.clock.now() + wait(claimed.attempts, share);
            store::mails::put_off(&mut conn, claimed.id, due_at).await?;
            Ok(false)
        }
    }
}

async fn send(app: &App, claimed: &ClaimedMail) -> Result<(), NotSent> {
    let mail = open(app, claimed).ok_or(NotSent::Malformed)?;
    let parcel = Parcel {
        id: claimed.id,
        mail: &mail,
        written_at: claimed.created_at,
    };
    match mail.channel {
        Channel::Mail => app.mailer.send(&parcel).await,
        Channel::Sms => app.sms.send(&parcel).await,
    }
}

/// Doubles with each failure; each wait is shortened at random by up to a half, so that replicas don't come back together.
fn wait(failures: i32, share: f64) -> TimeDelta {
    let doublings = u32::try_from(failures - 1).unwrap_or_default().min(16);
    let whole = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    TimeDelta::from_std(whole.mul_f64(1.0 - share / 2.0)).unwrap_or(NEWS)
}

fn seal(app: &App, id: Uuid, mail: &Mail) -> Result<Vec<u8>, Error> {
    let parts = (&mail.to, &mail.subject, &mail.text, &mail.html);
    let plain = serde_json::to_vec(&parts).map_err(Error::internal)?;
    app.keys
        .seal(&about(id), &plain, &app.random)
        .map_err(Error::internal)
}

fn open(app: &App, claimed: &ClaimedMail) -> Option<Mail> {
    let plain = app.keys.open(&about(claimed.id), &claimed.sealed)?;
    let (to, subject, text, html) = serde_json::from_slice(&plain).ok()?;
    Some(Mail {
        channel: Channel::from_name(&claimed.channel)?,
        to,
        subject,
        text,
        html,
    })
}

fn about(id: Uuid) -> Vec<u8> {
    [b"mail ".as_slice(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        assert_eq!(wait(1, 0.0), TimeDelta::seconds(2));
        assert_eq!(wait(2, 0.0), TimeDelta::seconds(4));
        assert_eq!(wait(1, 1.0), TimeDelta::seconds(1));
        assert_eq!(wait(30, 0.0), TimeDelta::minutes(5));
    }
}
