//! Plain values and pure rules.

pub mod image;
pub mod range;
