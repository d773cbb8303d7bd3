//! The shapes of this contract. A new field of a message breaks the build here until somebody decides what to do with it.

pub(super) mod account;
pub(super) mod api_key;
pub(super) mod channel;
pub(super) mod dm;
pub(super) mod file;
pub(super) mod frame;
pub(super) mod health;
pub(super) mod member;
pub(super) mod message;
pub(super) mod notification;
pub(super) mod reaction;
pub(super) mod search;
pub(super) mod second_factor;
pub(super) mod session;
pub(super) mod ticket;
pub(super) mod user;
