//! All SQL of this service: free functions on a connection, rows kept private. Statements that are used often are prepared once a
//! connection.

pub mod attachments;
pub mod audit;
pub mod blocks;
pub mod channel_members;
pub mod channels;
pub mod conversations;
pub mod departures;
pub mod export;
pub mod members;
pub mod messages;
pub mod notification_settings;
pub mod notifications;
pub mod people;
pub mod previews;
pub mod reactions;
pub mod registrations;
pub mod revisions;
mod rows;
pub mod schedules;
pub mod searches;
pub mod threads;
