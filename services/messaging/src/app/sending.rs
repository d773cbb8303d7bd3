//! Sending messages (C-025, C-141 to C-145).

use std::collections::HashSet;

use diesel_async::AsyncConnection;
use oruma_attachments::Claimed;
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_postgres::Connection;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::conversations::begin_direct;
use super::{App, mentions, messages, previews, signed_in};
use crate::domain::attachment::{Attachment, MOST_FILES};
use crate::domain::conversation::Pair;
use crate::domain::mention;
use crate::domain::message::{Message, judge_caption, judge_content};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::messages::{Appended, NewMessage};

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination {
    /// To a conversation, whose other one must be the receiver where one is named.
    Conversation(ConversationId, Option<UserId>),
    /// To the direct conversation with somebody, which is made when there is none.
    Person(UserId),
}

/// What somebody wants to send.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Where it goes.
    pub destination: Destination,
    /// The text; may be empty beside files.
    pub content: String,
    /// The files, as they were named.
    pub files: Vec<String>,
    /// A message of the thread to which it belongs.
    pub parent: Option<MessageId>,
}

/// What can be sent.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    /// The text in its stored form.
    pub(super) content: String,
    /// The files.
    pub(super) files: Vec<Uuid>,
}

/// Stores a message, once for all repetitions of a request.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ConversationNotFound`]; [`Error::NotParticipant`]; [`Error::Blocked`]; [`Error::ReceiverGone`];
/// [`Error::MessageNotFound`] for a thread that is not in the conversation; [`Error::NotYourFile`]; [`Error::MediaUnavailable`]; [`Error::Invalid`] for
/// the text, for oneself, for a receiver who is not the other one of the conversation, and for files.
pub async fn send(app: &App, caller: &Caller, draft: &Draft) -> Result<Message, Error> {
    let sender = signed_in(caller)?;
    let Judged { content, files } = allowed(app, sender, draft).await?;
    let attachments = of_claimed(app.files.claim(caller, &files, None).await?);
    let words = mention::words(&content);
    if !words.is_empty() {
        mentions::introduce(app, caller, draft.destination).await;
    }
    let mut conn = app.database.writer().await?;
    let now = app.clock.now();
    let id = MessageId::from_uuid(app.random.id(now));
    let sent = conn.transaction(async |conn| {
        let made = app
            .requests
            .made_before(conn, caller.request, id.as_uuid(), now);
        if let Some(made) = made.await? {
            let made = messages::look(conn, None, MessageId::from_uuid(made), sender).await?;
            return Ok(made.message);
        }
        let new = NewMessage {
            id,
            sender,
            content: &content,
            created_at: now,
            parent: thread(conn, draft.parent).await?,
            attachments: &attachments,
        };
        attach(conn, new.id, &attachments).await?;
        store(app, conn, draft.destination, &new, &words).await
    });
    let message = sent.await?;
    previews::wake(app, &message.content);
    Ok(message)
}

/// Stores a message with all that belongs to it but its files, and tells of it.
pub(super) async fn store(
    app: &App,
    conn: &mut Connection,
    destination: Destination,
    new: &NewMessage<'_>,
    words: &[String],
) -> Result<Message, Error> {
    let (message, kind) = append(app, conn, destination, new).await?;
    let conversation = message.conversation;
    if let Some(root) = new.parent {
        let reply = (new.sender, message.sequence);
        if !store::threads::count_reply(conn, conversation, root, reply).await? {
            return Err(Error::MessageNotFound);
        }
    }
    previews::want(app, conn, new.id, new.content, new.created_at).await?;
    let mentioned = mentions::find(conn, conversation, new.sender, words).await?;
    let event = outbox::message_sent(app, &message, kind, &mentioned);
    app.outbox.append(conn, &event).await?;
    Ok(message)
}

/// What of a draft can be sent, if its sender may write there: that is said before what is wrong with it.
pub(super) async fn allowed(app: &App, sender: UserId, draft: &Draft) -> Result<Judged, Error> {
    let judged = judge(draft, app.config.message_characters);
    // A plain text is stored where that is allowed, so that need not be asked before. Files of strangers to a conversation are not even claimed.
    if judged.is_err() || !draft.files.is_empty() {
        let mut conn = app.database.reader().await?;
        check(&mut conn, sender, draft.destination).await?;
    }
    judged
}

fn judge(draft: &Draft, characters: usize) -> Result<Judged, Error> {
    let mut violations = Vec::new();
    let content = if draft.files.is_empty() {
        judge_content(&draft.content, characters)
    } else {
        judge_caption(&draft.content, characters)
    };
    let content = content.unwrap_or_else(|problem| {
        violations.push(Violation::new("content", problem));
        String::new()
    });
    if draft.files.len() > MOST_FILES {
        violations.push(Violation::new(
            "attachments",
            format!("must be at most {MOST_FILES}"),
        ));
    }
    let mut files = Vec::with_capacity(draft.files.len());
    let mut seen = HashSet::new();
    for (nth, file) in draft.files.iter().enumerate() {
        match file.parse::<Uuid>() {
            Ok(id) if seen.insert(id) => files.push(id),
            Ok(_) => violations.push(of_file(nth, "is named before")),
            Err(_) => violations.push(of_file(nth, "is unknown")),
        }
    }
    if violations.is_empty() {
        Ok(Judged { content, files })
    } else {
        Err(Error::Invalid(violations))
    }
}

fn of_file(nth: usize, problem: &str) -> Violation {
    Violation::new(format!("attachments[{nth}]"), problem)
}

/// Files as their message keeps them.
pub(super) fn of_claimed(claimed: Vec<Claimed>) -> Vec<Attachment> {
    claimed
        .into_iter()
        .filter_map(|file| {
            Some(Attachment {
                file: file.id.parse().ok()?,
                name: file.name,
                path: file.path,
                thumbnail_path: file.thumbnail_path,
                content_type: file.content_type,
                size_bytes: file.size_bytes,
            })
        })
        .collect()
}

/// Gives files to a message; each belongs to one.
pub(super) async fn attach(
    conn: &mut Connection,
    message: MessageId,
    attachments: &[Attachment],
) -> Result<(), Error> {
    if attachments.is_empty() {
        return Ok(());
    }
    if store::attachments::insert(conn, message, attachments).await? == attachments.len() {
        return Ok(());
    }
    let files: Vec<Uuid> = attachments.iter().map(|one| one.file).collect();
    let used = store::attachments::used_elsewhere(conn, message, &files).await?;
    let places = files.iter().enumerate();
    let violations = places.filter(|(_, file)| used.contains(file));
    let violations = violations.map(|(nth, _)| of_file(nth, "belongs to another message"));
    Err(Error::Invalid(violations.collect()))
}

/// The message that began the thread of a message.
pub(super) async fn thread(
    conn: &mut Connection,
    parent: Option<MessageId>,
) -> Result<Option<MessageId>, Error> {
    let Some(parent) = parent else {
        return Ok(None);
    };
    let root = store::threads::root_of(conn, parent).await?;
    Ok(Some(root.ok_or(Error::MessageNotFound)?))
}

pub(super) async fn append(
    app: &App,
    conn: &mut Connection,
    destination: Destination,
    new: &NewMessage<'_>,
) -> Result<Appended, Error> {
    let appended = match destination {
        // One takes part oneself, so the conversation alone would not refuse it.
        Destination::Conversation(_, Some(receiver)) if receiver == new.sender => None,
        Destination::Conversation(id, receiver) => {
            store::messages::append(conn, id, receiver, new).await?
        }
        Destination::Person(receiver) => {
            let pair = pair(new.sender, receiver)?;
            match store::messages::append_direct(conn, pair, new).await? {
                None => append_first(app, conn, pair, receiver, new).await?,
                appended => appended,
            }
        }
    };
    if let Some(appended) = appended {
        return Ok(appended);
    }
    check(conn, new.sender, destination).await?;
    // What stood against it was taken back since.
    Err(Error::Blocked)
}

/// Stores the first message of a direct conversation, which is made for it unless somebody else is just doing so.
async fn append_first(
    app: &App,
    conn: &mut Connection,
    pair: Pair,
    receiver: UserId,
    new: &NewMessage<'_>,
) -> Result<Option<Appended>, Error> {
    if store::blocks::exists(conn, new.sender, receiver).await? {
        return Err(Error::Blocked);
    }
    begin_direct(app, conn, pair, new.sender, new.created_at).await?;
    Ok(store::messages::append_direct(conn, pair, new).await?)
}

pub(super) fn pair(sender: UserId, receiver: UserId) -> Result<Pair, Error> {
    Pair::of(sender, receiver).ok_or_else(|| Error::Invalid(vec![oneself()]))
}

fn oneself() -> Violation {
    Violation::new("receiver_id", "must be somebody else")
}

/// Says no where the sender may not write.
pub(super) async fn check(
    conn: &mut Connection,
    sender: UserId,
    destination: Destination,
) -> Result<(), Error> {
    let (id, receiver) = match destination {
        Destination::Conversation(id, receiver) => (id, receiver),
        Destination::Person(receiver) => {
            pair(sender, receiver)?;
            return if store::blocks::exists(conn, sender, receiver).await? {
                Err(Error::Blocked)
            } else {
                Ok(())
            };
        }
    };
    let refusal = store::messages::refusal(conn, id, receiver, sender).await?;
    let refusal = refusal.ok_or(Error::ConversationNotFound)?;
    if !refusal.takes_part {
        return Err(Error::NotParticipant);
    }
    if receiver == Some(sender) {
        return Err(Error::Invalid(vec![oneself()]));
    }
    if !refusal.fits {
        let problem = "is not the other one of this conversation";
        return Err(Error::invalid("receiver_id", problem));
    }
    if refusal.left_alone {
        return Err(Error::ReceiverGone);
    }
    if refusal.is_blocked {
        return Err(Error::Blocked);
    }
    Ok(())
}
