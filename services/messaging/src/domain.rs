//! The rules of conversations, messages and notifications: plain types, no I/O.

pub mod attachment;
pub mod channel;
pub mod conversation;
pub mod mention;
pub mod message;
pub mod notification;
pub mod notification_settings;
pub mod person;
pub mod preview;
pub mod reaction;
pub mod search;
