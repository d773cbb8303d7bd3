//! The shapes of this contract. A new field of a message breaks the build here until somebody decides what to do with it.

pub(super) mod block;
pub(super) mod category;
pub(super) mod comment;
pub(super) mod conversation;
pub(super) mod event;
pub(super) mod export;
pub(super) mod frame;
pub(super) mod image;
pub(super) mod item;
pub(super) mod message;
mod number;
mod owner;
pub(super) mod post;
pub(super) mod report;
pub(super) mod session;
pub(super) mod ticket;
pub(super) mod university;
pub(super) mod user;
