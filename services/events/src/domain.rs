//! The rules of events and registrations: plain types, no I/O.

pub mod draft;
pub mod event;
mod faults;
pub mod filters;
pub mod registration;
pub mod report;
pub mod schedule;
pub mod status;
