//! Messages that wait for their time (C-142, C-194): stored with it, sent once by whichever replica takes them first, never before it.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::conversations::begin_direct;
use super::sending::{
    Destination, Draft, allowed, attach, check, of_claimed, pair, store as send_now, thread,
};
use super::{App, mentions, previews, signed_in};
use crate::domain::attachment::Attachment;
use crate::domain::mention;
use crate::domain::message::{Message, MessageKind, MessageStatus};
use crate::error::Error;
use crate::store;
use crate::store::messages::NewMessage;
use crate::store::schedules::Scheduled;

/// How far ahead a message can wait.
const FURTHEST: TimeDelta = TimeDelta::days(365);
/// How much longer media keeps its files: until its event tells that they are used, also where that comes late.
const KEPT_LONGER: TimeDelta = TimeDelta::days(7);
/// Messages of one person that can wait.
const MOST_WAITING: i64 = 1_000;
/// How long nobody looks for messages at the most: another replica may have stored one and be gone. Well within what a message may be late.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// How long it is waited after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Stores a message that waits for its time, and shows it as it will be. Nobody else sees it until then.
///
/// # Errors
/// Those of sending; [`Error::Invalid`] for a time that is over or more than a year ahead, and for more than 1,000 that wait.
pub async fn schedule(
    app: &App,
    caller: &Caller,
    draft: &Draft,
    at: DateTime<Utc>,
) -> Result<Message, Error> {
    let sender = signed_in(caller)?;
    let judged = allowed(app, sender, draft).await?;
    {
        let mut conn = app.database.reader().await?;
        check(&mut conn, sender, draft.destination).await?;
    }
    let now = app.clock.now();
    if at <= now || at > now + FURTHEST {
        let problem = "must be ahead, and within a year";
        return Err(Error::invalid("scheduled_for", problem));
    }
    let until = Some(at + KEPT_LONGER);
    let attachments = of_claimed(app.files.claim(caller, &judged.files, until).await?);
    if !mention::words(&judged.content).is_empty() {
        mentions::introduce(app, caller, draft.destination).await;
    }
    let mut conn = app.database.writer().await?;
    let scheduled = conn
        .transaction(async |conn| {
            let new = Scheduled {
                id: MessageId::from_uuid(app.random.id(now)),
                sender,
                conversation: conversation(app, conn, sender, draft.destination, now).await?,
                parent: thread(conn, draft.parent).await?,
                content: judged.content,
                created_at: now,
                scheduled_for: at,
            };
            if let Some(root) = new.parent
                && store::messages::place_of(conn, new.conversation, root)
                    .await?
                    .is_none()
            {
                return Err(Error::MessageNotFound);
            }
            if !store::schedules::insert(conn, &new, MOST_WAITING).await? {
                let problem = format!("at most {MOST_WAITING} messages can wait");
                return Err(Error::invalid("scheduled_for", problem));
            }
            attach(conn, new.id, &attachments).await?;
            Ok(new)
        })
        .await?;
    app.scheduled.notify_one();
    Ok(shown(scheduled, attachments))
}

/// The conversation where a message goes, made when there is none.
async fn conversation(
    app: &App,
    conn: &mut Connection,
    sender: UserId,
    destination: Destination,
    now: DateTime<Utc>,
) -> Result<ConversationId, Error> {
    let receiver = match destination {
        Destination::Conversation(id, _) => return Ok(id),
        Destination::Person(receiver) => receiver,
    };
    let pair = pair(sender, receiver)?;
    begin_direct(app, conn, pair, sender, now).await?;
    let found = store::conversations::find_direct(conn, pair, sender).await?;
    Ok(found.ok_or(Error::ConversationNotFound)?.id)
}

/// A message that waits: it has no place yet.
fn shown(scheduled: Scheduled, attachments: Vec<Attachment>) -> Message {
    Message {
        id: scheduled.id,
        number: 0,
        conversation: scheduled.conversation,
        sequence: 0,
        sender: Some(scheduled.sender),
        receiver: None,
        content: scheduled.content,
        kind: MessageKind::Text,
        status: MessageStatus::Sent,
        created_at: scheduled.created_at,
        parent: scheduled.parent,
        reply_count: 0,
        edited_at: None,
        is_pinned: false,
        attachments,
        reactions: Vec::new(),
        preview: None,
        scheduled_for: Some(scheduled.scheduled_for),
    }
}

/// Sends what is due until `stop`. Several replicas share the work.
pub async fn keep_sending(app: &App, stop: CancellationToken) {
    loop {
        let sleep = match send_due(app).await {
            Ok(next) => until(app, next),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "no message sent at its time"
                );
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(sleep) => {}
            () = app.scheduled.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

/// How long nothing is due, as far as that is known.
fn until(app: &App, next: Option<DateTime<Utc>>) -> Duration {
    let ahead = next.map(|next| (next - app.clock.now()).to_std().unwrap_or_default());
    // A millisecond more, so that it is due then.
    ahead.map_or(LONGEST_SLEEP, |ahead| {
        (ahead + Duration::from_millis(1)).min(LONGEST_SLEEP)
    })
}

/// Sends all that is due, each in a transaction of its own, and tells when something is due again. What can't be sent keeps nothing else from being sent.
///
/// # Errors
/// The last fault of ours, after all others were tried.
pub async fn send_due(app: &App) -> Result<Option<DateTime<Utc>>, Error> {
    let mut failed = HashSet::new();
    let mut fault = None;
    loop {
        let without: Vec<Uuid> = failed.iter().copied().collect();
        let mut taken = None;
        match send_next(app, &without, &mut taken).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                fault = Some(error);
                // Without a message at fault it is the database.
                match taken {
                    Some(id) if failed.insert(id) => {}
                    _ => break,
                }
            }
        }
    }
    if let Some(error) = fault {
        return Err(error);
    }
    let mut conn = app.database.reader().await?;
    Ok(store::schedules::next_due(&mut conn).await?)
}

/// Sends the next message that is due, and notes which was taken; false when there is none. One whose sender may not write there any longer is dropped.
async fn send_next(app: &App, without: &[Uuid], taken: &mut Option<Uuid>) -> Result<bool, Error> {
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    let sent = conn.transaction(async |conn| {
        let Some(due) = store::schedules::take_due(conn, now, without).await? else {
            return Ok(false);
        };
        *taken = Some(due.id.as_uuid());
        if let Err(refusal) = sendable(conn, &due).await? {
            tracing::info!(message.id = %due.id, reason = %refusal, "scheduled message not sent");
            store::attachments::delete_of(conn, &[due.id.as_uuid()]).await?;
            return Ok(true);
        }
        let attachments = store::attachments::of(conn, due.id).await?;
        let new = NewMessage {
            id: due.id,
            sender: due.sender,
            content: &due.content,
            created_at: now,
            parent: due.parent,
            attachments: &attachments,
        };
        let words = mention::words(&due.content);
        let destination = Destination::Conversation(due.conversation, None);
        send_now(app, conn, destination, &new, &words).await?;
        previews::wake(app, &due.content);
        Ok(true)
    });
    sent.await
}

/// Whether a message can be sent now, or why it can't.
async fn sendable(conn: &mut Connection, due: &Scheduled) -> Result<Result<(), Error>, Error> {
    let destination = Destination::Conversation(due.conversation, None);
    match check(conn, due.sender, destination).await {
        Ok(()) => {}
        Err(
            refusal @ (Error::ConversationNotFound
            | Error::NotParticipant
            | Error::Blocked
            | Error::ReceiverGone),
        ) => return Ok(Err(refusal)),
        Err(fault) => return Err(fault),
    }
    if let Some(root) = due.parent
        && store::threads::root_of(conn, root).await? != Some(root)
    {
        return Ok(Err(Error::MessageNotFound));
    }
    Ok(Ok(()))
}
