//! The shapes of this contract. A new field of a message breaks the build here until somebody decides what to do with it.

pub(super) mod account;
pub(super) mod api_key;
pub(super) mod file;
pub(super) mod health;
pub(super) mod second_factor;
pub(super) mod session;
pub(super) mod user;
