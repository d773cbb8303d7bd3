//! Reading threads (C-032, C-150).

use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::{Connection, StoreError};
use oruma_service_runtime::Caller;

use super::messages::look;
use super::{App, deliveries, signed_in};
use crate::domain::conversation::ConversationKind;
use crate::domain::message::Message;
use crate::error::Error;
use crate::store;

/// Messages of a thread that are shown: the newest.
const MOST_REPLIES: i64 = 1_000;
/// People who are told of a message of a thread.
const MOST_WRITERS: i64 = 1_000;

/// A message with its thread, oldest first. A message of a thread stands for the one that began it. The thread counts as read.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub async fn get(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
) -> Result<(Message, Vec<Message>), Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.writer().await?;
    let mut looked = look(&mut conn, conversation, id, user).await?;
    if let Some(root) = looked.message.parent {
        looked = look(&mut conn, conversation, root, user).await?;
    }
    let root = looked.message;
    let replies =
        store::messages::thread(&mut conn, root.conversation, root.id, user, MOST_REPLIES).await?;
    if let Some(last) = replies.last() {
        let place = (root.conversation, root.id, last.sequence);
        read(app, &mut conn, looked.kind, place, user).await?;
    }
    Ok((root, replies))
}

async fn read(
    app: &App,
    conn: &mut Connection,
    kind: ConversationKind,
    (conversation, root, sequence): (ConversationId, MessageId, i64),
    user: UserId,
) -> Result<(), Error> {
    if kind == ConversationKind::Channel {
        return Ok(store::threads::read(conn, root, user, sequence).await?);
    }
    // Elsewhere the list has them too, and is read as far as nothing else is passed over.
    let read = store::threads::read_in_list(conn, conversation, root, user).await?;
    if let Some(sequence) = read {
        deliveries::read_up_to_place(app, conn, user, conversation, sequence).await?;
    }
    Ok(())
}

/// Those who had written in a thread before a place, with whoever began it.
///
/// # Errors
/// [`StoreError`].
pub async fn writers(app: &App, root: MessageId, before: i64) -> Result<Vec<UserId>, StoreError> {
    let mut conn = app.database.reader().await?;
    Ok(store::threads::writers(&mut conn, root, before, MOST_WRITERS).await?)
}
