//! Plain values and pure rules.

pub mod file;
pub mod file_name;
pub mod file_type;
pub mod image;
pub mod range;
