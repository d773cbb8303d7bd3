#![doc = include_str!("../README.md")]

mod config;
mod constraint;
mod database;
mod meters;
mod migrate;
mod requests;
mod spans;
mod statement;
mod tls;

pub use config::DatabaseConfig;
pub use constraint::{is_conflict, violated_constraint};
pub use database::{Connection, Database, DatabaseError, Reader, StoreError, Writer};
pub use migrate::{
    AppliedMigration, MigrateError, applied_migrations, migrate, pending_migrations,
};
pub use requests::Requests;
pub use statement::{Bound, Statement, Untyped};
