#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test that can't be set up should fail at once and say why"
)]

mod answers;
mod callers;
mod media;
mod people;
mod rows;
pub mod schema;
mod tables;
mod told;

pub use answers::{answered, invalid_fields, refused, time};
pub use callers::{
    MIT, NOTHING, STANFORD, admin, credential, guest, id_of, naming, person_of, start_time,
    student, user_id,
};
pub use media::Media;
pub use people::People;
pub use rows::rows;
pub use tables::Tables;
pub use told::Told;
