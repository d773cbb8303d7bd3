#![doc = include_str!("../README.md")]

mod cursor;
mod page;
mod typed;

pub use cursor::{BrokenCursor, CursorKey};
pub use page::{NegativePageSize, PageSize};
pub use typed::{
    CommentId, ConversationId, EventId, FileId, ImageId, ItemId, MalformedId, MessageId,
    NotificationId, PostId, ReportId, SessionId, UniversityId, UserId,
};
