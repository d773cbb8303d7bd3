#![doc = include_str!("../README.md")]

mod faults;
mod plain;
mod search;
mod tags;

pub use faults::Faults;
pub use plain::{Lines, TextProblem, plain};
pub use search::{is_in_no_text, search_words};
pub use tags::{hashtag, hashtags_in, mention, mentions_in};
