//! All SQL of this service: free functions on a connection, rows kept private. Statements that are used often are prepared once a
//! connection.

pub mod audit;
pub mod export;
pub mod items;
pub mod lists;
pub mod reviews;
mod rows;
