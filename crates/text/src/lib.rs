#![doc = include_str!("../README.md")]

mod plain;
mod tags;

pub use plain::{Lines, TextProblem, plain};
pub use tags::{hashtag, hashtags_in, mention, mentions_in};
