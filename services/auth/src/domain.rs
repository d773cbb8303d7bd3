//! The rules of people, passwords, sign-ins and universities: plain types, no I/O.

pub mod account;
pub mod api_key;
pub mod code;
pub mod folding;
pub mod mail;
pub mod password;
pub mod phone;
pub mod profile;
pub mod reset;
pub mod second_factor;
pub mod session;
pub mod university;
pub mod user;
