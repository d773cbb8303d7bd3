//! Messages, and how far they came.

use chrono::{DateTime, Utc};
use oruma_ids::{ConversationId, MessageId, UserId};
use oruma_text::{Lines, plain};

use super::attachment::Attachment;
use super::conversation::ConversationKind;
use super::preview::LinkPreview;
use super::reaction::Reaction;

/// How far a message came. The later, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageStatus {
    /// It is stored.
    Sent,
    /// It reached a device of the receiver, or was fetched.
    Delivered,
    /// The receiver has read it.
    Read,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// A person.
    Text,
    /// The conversation itself.
    System,
}

impl MessageKind {
    /// Its name, as in events and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::System => "system",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Text, Self::System]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A message, as a member of its conversation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id.
    pub id: MessageId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its place in the conversation.
    pub sequence: i64,
    /// Who wrote it; `None` once the account is gone.
    pub sender: Option<UserId>,
    /// The other one of a direct conversation; `None` elsewhere, and once that account is gone.
    pub receiver: Option<UserId>,
    /// The text.
    pub content: String,
    /// Who wrote it.
    pub kind: MessageKind,
    /// How far it came.
    pub status: MessageStatus,
    /// When it was stored.
    pub created_at: DateTime<Utc>,
    /// The message whose thread it belongs to.
    pub parent: Option<MessageId>,
    /// How many messages are in its thread.
    pub reply_count: i64,
    /// When its text was last changed.
    pub edited_at: Option<DateTime<Utc>>,
    /// Whether it is pinned to its conversation.
    pub is_pinned: bool,
    /// The files that belong to it, in the order in which they were named.
    pub attachments: Vec<Attachment>,
    /// What people felt about it, oldest first.
    pub reactions: Vec<Reaction>,
    /// What stands behind the first link in its text.
    pub preview: Option<LinkPreview>,
    /// When it is to be sent, while it waits for that.
    pub scheduled_for: Option<DateTime<Utc>>,
}

/// How far somebody, or the last of several people, has come in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The place of the last message that was delivered.
    pub delivered: i64,
    /// The place of the last message that was read.
    pub read: i64,
}

impl Progress {
    /// How far the message at that place came.
    #[must_use]
    pub const fn status(self, sequence: i64) -> MessageStatus {
        if sequence <= self.read {
            MessageStatus::Read
        } else if sequence <= self.delivered {
            MessageStatus::Delivered
        } else {
            MessageStatus::Sent
        }
    }
}

/// Where one member of a conversation stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What the conversation is.
    pub kind: ConversationKind,
    /// The member.
    pub viewer: UserId,
    /// The other one of a direct conversation, unless the account is gone.
    pub peer: Option<UserId>,
    /// How far the member has come.
    pub mine: Progress,
    /// How far all others have come.
    pub theirs: Progress,
}

impl Standing {
    /// Who the message of a sender is for, in a direct conversation.
    #[must_use]
    pub fn receiver(&self, sender: Option<UserId>) -> Option<UserId> {
        match self.kind {
            ConversationKind::Direct if sender == Some(self.viewer) => self.peer,
            ConversationKind::Direct => Some(self.viewer),
            _ => None,
        }
    }

    /// How far the message of a sender came: one's own as far as all others have come, one of others as far as oneself has.
    #[must_use]
    pub fn status(&self, sender: Option<UserId>, sequence: i64) -> MessageStatus {
        if sender == Some(self.viewer) {
            self.theirs.status(sequence)
        } else {
            self.mine.status(sequence)
        }
    }
}

/// Reads the text of a message.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_content(text: &str, most: usize) -> Result<String, String> {
    let content = judge_caption(text, most)?;
    if content.is_empty() {
        return Err("is required".to_owned());
    }
    Ok(content)
}

/// Reads the text of a message that has files too: it may be empty.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_caption(text: &str, most: usize) -> Result<String, String> {
    plain(text, Lines::Many, most).map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn standing(kind: ConversationKind) -> Standing {
        Standing {
            kind,
            viewer: user(1),
            peer: Some(user(2)),
            mine: Progress {
                delivered: 4,
                read: 2,
            },
            theirs: Progress {
                delivered: 3,
                read: 1,
            },
        }
    }

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn only_the_receivers_marks_count() {
        let standing = standing(ConversationKind::Direct);
        let of =
            |sender| [1, 2, 3, 4, 5].map(|sequence| standing.status(Some(user(sender)), sequence));
        use MessageStatus::{Delivered, Read, Sent};
        assert_eq!(of(1), [Read, Delivered, Delivered, Sent, Sent]);
        assert_eq!(of(2), [Read, Read, Delivered, Delivered, Sent]);
        assert_eq!(standing.status(None, 2), Read);
    }

    #[test]
    fn a_direct_message_is_for_the_other_one() {
        let direct = standing(ConversationKind::Direct);
        assert_eq!(direct.receiver(Some(user(1))), Some(user(2)));
        assert_eq!(direct.receiver(Some(user(2))), Some(user(1)));
        assert_eq!(direct.receiver(None), Some(user(1)));
        let group = standing(ConversationKind::Group);
        assert_eq!(group.receiver(Some(user(1))), None);
    }

    #[test]
    fn a_message_says_something() {
        assert_eq!(judge_content(" hello\r\nyou ", 9).unwrap(), "hello\nyou");
        for (text, problem) in [
            (" \n ", "is required"),
            ("ten of them", "must have at most 9 characters"),
            ("a\0b", "must not contain control characters"),
        ] {
            assert_eq!(judge_content(text, 9).unwrap_err(), problem);
        }
    }
}
