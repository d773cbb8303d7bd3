#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't be set up should fail at once and say why"
)]

mod database;
mod s3;
mod servers;
mod waiting;

pub use database::TestDatabase;
pub use s3::{S3_KEY_ID, S3_SECRET, S3Server};
pub use servers::{Server, server_url};
pub use waiting::{eventually, within};
