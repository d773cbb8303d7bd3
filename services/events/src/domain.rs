//! The rules of events and registrations: plain types, no I/O.

pub mod draft;
pub mod event;
pub mod filters;
pub mod registration;
pub mod schedule;
pub mod status;
