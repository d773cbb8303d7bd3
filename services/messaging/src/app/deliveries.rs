//! How far messages came.

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::conversations::seen;
use super::{App, signed_in};
use crate::domain::conversation::ConversationKind;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::conversations::Found;
use crate::store::members::{Delivery, Reading};

/// Deliveries of one call.
const MOST_DELIVERIES: usize = 1_000;

/// Notes that the caller has read all of a conversation, and returns how many messages of others are left.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`].
pub async fn read_all(app: &App, caller: &Caller, id: ConversationId) -> Result<i64, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.writer().await?;
    let reading = seen(store::members::read_all(&mut conn, id, user).await?)?;
    if reading.kind == ConversationKind::Channel {
        store::threads::read_all(&mut conn, id, user).await?;
    }
    let left = read(app, &mut conn, user, &reading).await?;
    if reading.kind == ConversationKind::Channel {
        // Its threads are read too.
        return Ok(seen(store::members::read_all(&mut conn, id, user).await?)?.unread_count);
    }
    Ok(left)
}

/// Notes that somebody who takes part has read a conversation up to a place.
pub(super) async fn read_up_to_place(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    id: ConversationId,
    sequence: i64,
) -> Result<(), Error> {
    let reading = store::members::read_up_to_place(conn, id, user, sequence).await?;
    read(app, conn, user, &seen(reading)?).await?;
    Ok(())
}

/// Notes that the caller has read a conversation up to a message, and returns how many messages of others are left. The conversation may be
/// named too. Own messages change nothing.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub async fn read_up_to(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    message: MessageId,
) -> Result<i64, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.writer().await?;
    if let Some(id) = conversation {
        seen(store::members::read_all(&mut conn, id, user).await?)?;
    }
    let reading = match store::members::read_up_to(&mut conn, message, user).await? {
        Some(Found::Seen(reading)) => reading,
        Some(Found::Foreign) => return Err(Error::NotParticipant),
        None => return Err(Error::MessageNotFound),
    };
    if conversation.is_some_and(|id| id != reading.conversation) {
        return Err(Error::MessageNotFound);
    }
    read(app, &mut conn, user, &reading).await
}

async fn read(
    app: &App,
    conn: &mut Connection,
    user: UserId,
    reading: &Reading,
) -> Result<i64, Error> {
    let Some((message, sequence)) = reading.up_to else {
        return Ok(reading.unread_count);
    };
    let now = app.clock.now();
    conn.transaction(async |conn| {
        let left = store::members::advance(conn, reading.conversation, user, sequence).await?;
        let Some(left) = left else {
            // Somebody who reads on two devices was faster on the other one.
            let now_there = store::members::read_all(conn, reading.conversation, user).await?;
            return Ok(seen(now_there)?.unread_count);
        };
        let event = outbox::message_read(app, reading, user, (message, sequence), now);
        app.outbox.append(conn, &event).await?;
        Ok(left)
    })
    .await
}

/// Notes what reached devices. What is unknown is passed over.
///
/// # Errors
/// [`Error::Invalid`] for more than 1,000.
pub async fn record(app: &App, deliveries: &[Delivery]) -> Result<(), Error> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let mut conn = app.database.reader().await?;
    store::members::deliver(&mut conn, deliveries).await?;
    Ok(())
}

/// Whether one call may tell of so many deliveries, known or not.
///
/// # Errors
/// [`Error::Invalid`] for more than 1,000.
pub fn check_number(deliveries: usize) -> Result<(), Error> {
    if deliveries > MOST_DELIVERIES {
        return Err(Error::invalid("deliveries", "must be at most 1000"));
    }
    Ok(())
}
