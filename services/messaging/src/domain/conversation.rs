//! Conversations.

use chrono::{DateTime, Utc};
use oruma_ids::{ConversationId, UserId};

use super::message::Message;

/// What a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationKind {
    /// Two people; there is one for each pair.
    Direct,
    /// Some people who were added.
    Group,
    /// A named channel that people join.
    Channel,
    /// A room of a space.
    Room,
}

impl ConversationKind {
    const ALL: [Self; 4] = [Self::Direct, Self::Group, Self::Channel, Self::Room];

    /// Its name, as in events and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Group => "group",
            Self::Channel => "channel",
            Self::Room => "room",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A conversation, as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// The id.
    pub id: ConversationId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// What it is.
    pub kind: ConversationKind,
    /// Who takes part; of large conversations the first ones, of a direct one the viewer first.
    pub members: Vec<UserId>,
    /// How many take part.
    pub member_count: i64,
    /// The newest message that is still there.
    pub last_message: Option<Message>,
    /// How many messages of others the viewer has not read.
    pub unread_count: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When something last happened in it.
    pub activity_at: DateTime<Utc>,
    /// The name of a channel; empty elsewhere.
    pub name: String,
}

/// Two different people, in the order in which their conversation is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    /// The one with the lesser id.
    pub first: UserId,
    /// The other one.
    pub second: UserId,
}

impl Pair {
    /// The pair of two people; `None` for one and the same.
    #[must_use]
    pub fn of(one: UserId, other: UserId) -> Option<Self> {
        (one != other).then(|| Self {
            first: one.min(other),
            second: one.max(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn a_pair_is_the_same_from_both_sides(one: u128, other: u128) {
            let (one, other) = (UserId::from_uuid(Uuid::from_u128(one)), UserId::from_uuid(Uuid::from_u128(other)));
            prop_assert_eq!(Pair::of(one, other), Pair::of(other, one));
            prop_assert_eq!(Pair::of(one, one), None);
        }
    }

    #[test]
    fn kinds_are_known_by_their_names() {
        for kind in ConversationKind::ALL {
            assert_eq!(ConversationKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(ConversationKind::from_name("party"), None);
    }
}
