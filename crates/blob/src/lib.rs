#![doc = include_str!("../README.md")]

mod config;
mod disk;
mod error;
mod key;
mod range;
mod s3;
mod store;

pub use config::{BlobConfig, S3Config, S3Credentials};
pub use disk::DiskStore;
pub use error::BlobError;
pub use key::{BlobKey, InvalidKey};
pub use range::ByteRange;
pub use s3::S3Store;
pub use store::{Blob, BlobStore, BlobStream, BlobWriter, Content, SharedBlobStore};
