#![doc = include_str!("../README.md")]

mod cursor;
mod page;
mod typed;

pub use cursor::{BrokenCursor, CursorKey};
pub use page::{NegativePageSize, PageSize};
pub use typed::{
    CommentId, EventId, ImageId, ItemId, MalformedId, PostId, ReportId, SessionId, UniversityId,
    UserId,
};
