//! The rules of people, passwords, sign-ins and universities: plain types, no I/O.

pub mod account;
pub mod folding;
pub mod password;
pub mod session;
pub mod university;
pub mod user;
