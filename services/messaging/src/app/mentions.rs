//! Who is mentioned in messages (C-141).

use oruma_ids::{ConversationId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Caller;

use super::sending::Destination;
use super::{App, people};
use crate::error::Error;
use crate::store;

/// People who can be mentioned in one message.
const MOST_MENTIONS: i64 = 50;

/// Learns who the two of a direct conversation are, if that is not known: those of channels are known since they were added. Without auth nobody is mentioned,
/// and the message is sent all the same.
pub(super) async fn introduce(app: &App, caller: &Caller, destination: Destination) {
    if let Err(error) = try_introduce(app, caller, destination).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "people of a conversation not known"
        );
    }
}

async fn try_introduce(app: &App, caller: &Caller, destination: Destination) -> Result<(), Error> {
    let unknown = match destination {
        Destination::Person(receiver) => vec![receiver],
        Destination::Conversation(id, _) => {
            let mut conn = app.database.reader().await?;
            store::people::unknown_of_direct(&mut conn, id).await?
        }
    };
    people::some(app, caller, &unknown).await?;
    Ok(())
}

/// Those who take part in a conversation and are named by words behind `@`, but for the sender, in the order of the text.
pub(super) async fn find(
    conn: &mut Connection,
    conversation: ConversationId,
    sender: UserId,
    words: &[String],
) -> Result<Vec<UserId>, Error> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut users = store::people::mentioned(conn, conversation, words, MOST_MENTIONS).await?;
    users.retain(|user| *user != sender);
    Ok(users)
}
