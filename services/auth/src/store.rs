//! All SQL of this service: free functions on a connection, rows kept private.

pub mod access_log;
pub mod schema;
pub mod sessions;
pub mod universities;
pub mod users;
