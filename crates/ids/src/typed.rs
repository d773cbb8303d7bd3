//! One type for the id of each noun.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not the id of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed id")]
pub struct MalformedId;

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps the UUID of such a row.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID, for the database.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                Uuid::try_parse(text).map(Self).map_err(|_| MalformedId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

typed_id!(
    /// The id of a person.
    UserId
);
typed_id!(
    /// The id of a sign-in: one device of one person through one contract, with its family of refresh tokens.
    SessionId
);
typed_id!(
    /// The id of an entry of the universities directory.
    UniversityId
);
typed_id!(
    /// The id of a post.
    PostId
);
typed_id!(
    /// The id of a comment.
    CommentId
);
typed_id!(
    /// The id of an event that somebody organises.
    EventId
);
typed_id!(
    /// The id of an item that somebody sells.
    ItemId
);
typed_id!(
    /// The id of a report to moderators.
    ReportId
);
typed_id!(
    /// The id of a picture.
    ImageId
);
typed_id!(
    /// The id of a file of any kind.
    FileId
);
typed_id!(
    /// The id of a conversation.
    ConversationId
);
typed_id!(
    /// The id of a message of a conversation.
    MessageId
);
typed_id!(
    /// The id of a notification.
    NotificationId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_text() {
        let id = UserId::from_uuid(Uuid::from_u128(7));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn nonsense_is_no_id() {
        for text in [
            "",
            "7",
            "not-a-uuid",
            "00000000-0000-0000-0000-00000000000g",
        ] {
            assert_eq!(text.parse::<UserId>(), Err(MalformedId));
        }
    }
}
