//! All SQL of this service: free functions on a connection, rows kept private.

pub mod access_log;
pub mod api_keys;
pub mod audit;
pub mod email_codes;
pub mod google_accounts;
pub mod mails;
pub mod password_resets;
pub mod schema;
pub mod second_factors;
pub mod sessions;
pub mod universities;
pub mod users;
