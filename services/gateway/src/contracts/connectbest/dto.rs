//! The shapes of this contract. A new field of a message breaks the build here until somebody decides what to do with it.

pub(super) mod account;
pub(super) mod session;
pub(super) mod user;
