//! The contract `oruma` from outside, through real processes, in both ways to run.
#![cfg(test)]

mod support;

mod accounts;
mod data;
mod edge;
mod faults;
mod hostile;
mod limits;
mod outages;
mod processes;
mod routes;
mod sessions;
mod settings;
mod tokens;
mod traces;
mod universities;
mod users;
mod validation;
