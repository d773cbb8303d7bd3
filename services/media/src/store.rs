//! All SQL of this service: free functions on a connection, rows kept private.

pub mod audit;
pub mod file_uses;
pub mod files;
pub mod images;
pub mod schema;
pub mod uses;
