//! The rules of conversations, messages and notifications: plain types, no I/O.

pub mod conversation;
pub mod message;
pub mod notification;
