#![doc = include_str!("../README.md")]

mod parts;
mod process;
mod surroundings;
mod tidying;

pub use parts::{Parts, while_database_answers};
pub use process::ServiceProcess;
pub use surroundings::Surroundings;
pub use tidying::every_hour;
