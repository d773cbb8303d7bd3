//! All SQL of this service: free functions on a connection, rows kept private. Statements that are used often are prepared once a
//! connection.

pub mod audit;
pub mod blocks;
pub mod comments;
pub mod export;
pub mod feeds;
pub mod posts;
pub mod reports;
mod rows;
