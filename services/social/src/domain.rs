//! The rules of posts and comments: plain types, no I/O.

pub mod comment;
pub mod post;
pub mod report;
pub mod viewer;
pub mod visibility;
