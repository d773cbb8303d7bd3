//! All SQL of this service: free functions on a connection, rows kept private. Statements that are used often are prepared once a
//! connection.

pub mod blocks;
pub mod conversations;
pub mod departures;
pub mod export;
pub mod members;
pub mod messages;
pub mod notifications;
pub mod registrations;
mod rows;
