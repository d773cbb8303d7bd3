//! What people feel about messages (C-028, C-029, C-148, K-17).

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, MessageId};
use oruma_service_runtime::Caller;

use super::revisions::{around, changeable, not_blocked};
use super::{App, signed_in};
use crate::domain::reaction::{Reaction, judge_emoji};
use crate::error::Error;
use crate::outbox;
use crate::store;

/// Sets the caller's one reaction to a message. The same again changes nothing.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`]; [`Error::Blocked`]; [`Error::Invalid`] for what is no single emoji;
/// [`Error::TooManyReactions`].
pub async fn set(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
    emoji: &str,
) -> Result<Reaction, Error> {
    let user = signed_in(caller)?;
    let emoji = judge_emoji(emoji);
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let looked = changeable(conn, conversation, id, user).await?;
        not_blocked(conn, &looked).await?;
        let emoji = emoji.map_err(|problem| Error::invalid("emoji", problem))?;
        let reaction = Reaction {
            user,
            emoji: emoji.to_owned(),
            created_at: now,
        };
        match store::reactions::find(conn, id, user).await? {
            Some(same) if same.emoji == reaction.emoji => return Ok(same),
            Some(_) => store::reactions::replace(conn, id, &reaction).await?,
            None if store::reactions::insert(conn, id, &reaction).await? => {}
            None => return Err(Error::TooManyReactions),
        }
        let about = (id, looked.message.sender);
        let event = outbox::message_reacted(app, &around(&looked), about, &reaction);
        app.outbox.append(conn, &event).await?;
        Ok(reaction)
    })
    .await
}

/// Takes the caller's reaction to a message back; without one nothing happens.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::MessageNotFound`]; [`Error::NotParticipant`].
pub async fn remove(
    app: &App,
    caller: &Caller,
    conversation: Option<ConversationId>,
    id: MessageId,
) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let looked = changeable(conn, conversation, id, user).await?;
        let Some(reaction) = store::reactions::find(conn, id, user).await? else {
            return Ok(());
        };
        store::reactions::delete(conn, id, user).await?;
        let event = outbox::reaction_removed(app, &around(&looked), id, &reaction, now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}
