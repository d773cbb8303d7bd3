//! Joins of what several services know, as plain structs that any contract may show.

pub(crate) mod comments;
pub(crate) mod posts;
