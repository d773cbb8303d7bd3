//! What people may want to know.

use chrono::{DateTime, Utc};
use oruma_ids::{ConversationId, MessageId, NotificationId, UserId};
use uuid::Uuid;

/// Characters of an excerpt.
const EXCERPT: usize = 140;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationKind {
    /// Somebody wrote one directly.
    Message,
    /// Somebody mentioned one.
    Mention,
    /// Somebody reacted to what one wrote.
    Reaction,
    /// Somebody wrote in a thread in which one takes part.
    ThreadReply,
    /// Somebody added one to a channel.
    ChannelInvite,
    /// Somebody commented on one's post.
    Comment,
    /// Somebody answered one's comment.
    Reply,
    /// Somebody likes one's post.
    PostLike,
    /// Somebody likes one's comment.
    CommentLike,
    /// An event that one is registered for changed.
    EventUpdated,
    /// An event that one is registered for was called off.
    EventCancelled,
    /// Somebody registered for one's event.
    Registration,
    /// Somebody said how one's sale was.
    Review,
    /// Somebody sold one an item.
    Sale,
}

impl NotificationKind {
    /// Its name, as in answers, in events and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Mention => "mention",
            Self::Reaction => "reaction",
            Self::ThreadReply => "thread_reply",
            Self::ChannelInvite => "channel_invite",
            Self::Comment => "comment",
            Self::Reply => "reply",
            Self::PostLike => "post_like",
            Self::CommentLike => "comment_like",
            Self::EventUpdated => "event_updated",
            Self::EventCancelled => "event_cancelled",
            Self::Registration => "registration",
            Self::Review => "review",
            Self::Sale => "sale",
        }
    }
}

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A conversation.
    Conversation(Uuid),
    /// A post.
    Post(Uuid),
    /// A comment.
    Comment(Uuid),
    /// An event that somebody organises.
    Event(Uuid),
    /// An item that somebody sells.
    Item(Uuid),
}

impl Subject {
    /// What it is, as in answers, in events and in the database.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Conversation(_) => "conversation",
            Self::Post(_) => "post",
            Self::Comment(_) => "comment",
            Self::Event(_) => "event",
            Self::Item(_) => "item",
        }
    }

    /// Which one.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Conversation(id)
            | Self::Post(id)
            | Self::Comment(id)
            | Self::Event(id)
            | Self::Item(id) => id,
        }
    }
}

/// Something that happened, before it is known who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The event of the broker that told it.
    pub event: Uuid,
    /// What happened.
    pub kind: NotificationKind,
    /// Who did it.
    pub actor: UserId,
    /// What it is about.
    pub subject: Subject,
    /// The message that it is about.
    pub message: Option<MessageId>,
    /// The first words of what was said, or the title of what it is about.
    pub excerpt: String,
    /// When it happened.
    pub at: DateTime<Utc>,
}

impl News {
    /// The conversation where it happened.
    #[must_use]
    pub const fn conversation(&self) -> Option<Uuid> {
        match self.subject {
            Subject::Conversation(id) => Some(id),
            _ => None,
        }
    }
}

/// A notification of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The id.
    pub id: NotificationId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// Who may want to know.
    pub user: UserId,
    /// What happened, by name.
    pub kind: String,
    /// Who did it; `None` once the account is gone.
    pub actor: Option<UserId>,
    /// What it is about, by name.
    pub subject_kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// The first words of what was said, or the title of what it is about.
    pub excerpt: String,
    /// When the person has seen it.
    pub read_at: Option<DateTime<Utc>>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// The conversation where it happened.
    pub conversation: Option<ConversationId>,
    /// The message that it is about.
    pub message: Option<MessageId>,
    /// The name of the channel where it happened; empty elsewhere.
    pub conversation_name: String,
}

/// The first words of a text, in one line.
#[must_use]
pub fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let cut: String = line.chars().take(EXCERPT - 1).collect();
    // A word is kept whole unless it is about all that there is.
    let words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    let kept = if words.chars().count() * 2 < EXCERPT {
        &cut
    } else {
        words
    };
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_excerpt_is_short(text in "\\PC{0,300}") {
            prop_assert!(excerpt(&text).chars().count() <= EXCERPT);
        }

        #[test]
        fn what_is_short_is_whole(words in proptest::collection::vec("[a-z]{1,9}", 0..14)) {
            let text = words.join(" ");
            prop_assert_eq!(excerpt(&text), text);
        }
    }

    #[test]
    fn words_are_kept_whole() {
        let text = "word ".repeat(40);
        let cut = excerpt(&text);
        assert!(cut.ends_with("word…"), "{cut}");
        assert_eq!(excerpt(&"x".repeat(141)).chars().count(), EXCERPT);
        assert_eq!(excerpt("one\n\n two"), "one two");
    }
}
