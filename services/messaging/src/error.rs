//! Every way in which this service says no.

use oruma_attachments::FileError;
use oruma_ids::{BrokenCursor, NegativePageSize};
use oruma_postgres::DatabaseError;
use oruma_rpc_error::{ErrorCode, Fault, Violation};

/// What went wrong. Its text is a sentence for people; its source, if any, is for the log only.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the request are wrong.
    #[error("Some fields are not valid")]
    Invalid(Vec<Violation>),
    /// The call needs somebody who is signed in.
    #[error("Sign in first")]
    NotSignedIn,
    /// The conversation is one of others.
    #[error("You do not take part in this conversation")]
    NotParticipant,
    /// One of the two has blocked the other.
    #[error("You can't write to this person")]
    Blocked,
    /// The account of the other one is gone.
    #[error("The account of this person is gone")]
    ReceiverGone,
    /// There is no such conversation.
    #[error("There is no such conversation")]
    ConversationNotFound,
    /// There is no such message.
    #[error("There is no such message")]
    MessageNotFound,
    /// There is no such channel.
    #[error("There is no such channel")]
    ChannelNotFound,
    /// The name is that of another channel.
    #[error("Another channel has this name")]
    ChannelNameTaken,
    /// The channel has as many members as it may have.
    #[error("This channel has as many members as it may have")]
    ChannelFull,
    /// It is for administrators of the channel.
    #[error("Only administrators of the channel may do this")]
    NotChannelAdmin,
    /// It is for the creator of the channel.
    #[error("Only the creator of the channel may do this")]
    NotChannelCreator,
    /// The creator of a channel stays its administrator.
    #[error("The creator of a channel stays its administrator")]
    CreatorStays,
    /// The person takes no part in the channel.
    #[error("This person is not in the channel")]
    MemberNotFound,
    /// The message is one of somebody else.
    #[error("This message is not yours")]
    NotMessageAuthor,
    /// The message is too old to be changed.
    #[error("This message is too old to be changed")]
    EditWindowOver,
    /// A file is one of somebody else.
    #[error("This file is not yours")]
    NotYourFile,
    /// As many people have reacted as can.
    #[error("So many people have reacted that no more can")]
    TooManyReactions,
    /// As many messages are pinned as can be.
    #[error("As many messages are pinned as can be")]
    TooManyPins,
    /// Auth can't be asked who somebody is.
    #[error("The service is not available right now")]
    AuthUnavailable,
    /// Media can't be asked for files.
    #[error("The service is not available right now")]
    MediaUnavailable,
    /// The database can't be used now.
    #[error("The service is not available right now")]
    Unavailable(#[source] DatabaseError),
    /// A fault of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One field is wrong.
    pub fn invalid(field: &str, problem: impl Into<String>) -> Self {
        Self::Invalid(vec![Violation::new(field, problem)])
    }

    /// A fault of ours with its cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl Fault for Error {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::Invalid,
            Self::NotSignedIn => ErrorCode::Unauthenticated,
            Self::NotParticipant
            | Self::Blocked
            | Self::NotChannelAdmin
            | Self::NotChannelCreator
            | Self::NotMessageAuthor
            | Self::NotYourFile => ErrorCode::Forbidden,
            Self::ReceiverGone
            | Self::ChannelFull
            | Self::CreatorStays
            | Self::EditWindowOver
            | Self::TooManyPins => ErrorCode::Conflict,
            Self::ConversationNotFound
            | Self::MessageNotFound
            | Self::ChannelNotFound
            | Self::MemberNotFound => ErrorCode::NotFound,
            Self::ChannelNameTaken => ErrorCode::AlreadyExists,
            Self::TooManyReactions => ErrorCode::Exhausted,
            Self::Unavailable(_) | Self::AuthUnavailable | Self::MediaUnavailable => {
                ErrorCode::Unavailable
            }
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "validation_failed",
            Self::NotSignedIn => "not_signed_in",
            Self::NotParticipant => "not_participant",
            Self::Blocked => "blocked",
            Self::ReceiverGone => "receiver_gone",
            Self::ConversationNotFound => "conversation_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::ChannelNotFound => "channel_not_found",
            Self::ChannelNameTaken => "channel_name_taken",
            Self::ChannelFull => "channel_full",
            Self::NotChannelAdmin => "not_channel_admin",
            Self::NotChannelCreator => "not_channel_creator",
            Self::CreatorStays => "creator_stays",
            Self::MemberNotFound => "member_not_found",
            Self::NotMessageAuthor => "not_message_author",
            Self::EditWindowOver => "edit_window_over",
            Self::NotYourFile => "not_your_file",
            Self::TooManyReactions => "too_many_reactions",
            Self::TooManyPins => "too_many_pins",
            Self::Unavailable(_) | Self::AuthUnavailable | Self::MediaUnavailable => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    fn violations(&self) -> Vec<Violation> {
        match self {
            Self::Invalid(violations) => violations.clone(),
            _ => Vec::new(),
        }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Unknown(violations) => Self::Invalid(violations),
            FileError::Foreign => Self::NotYourFile,
            FileError::Unavailable => Self::MediaUnavailable,
            FileError::Refused(_) => Self::internal(error),
        }
    }
}

impl From<NegativePageSize> for Error {
    fn from(_: NegativePageSize) -> Self {
        Self::invalid("page_size", "must not be negative")
    }
}

impl From<BrokenCursor> for Error {
    fn from(_: BrokenCursor) -> Self {
        Self::invalid("page_token", "is broken")
    }
}

impl From<DatabaseError> for Error {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Pool(_) => Self::internal(error),
            _ => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no database");
                Self::Unavailable(error)
            }
        }
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        DatabaseError::of_lost_server(error).map_or_else(Self::internal, Self::from)
    }
}
