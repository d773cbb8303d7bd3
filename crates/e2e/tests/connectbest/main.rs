//! The contract `connectbest` from outside, through real processes, in both ways to run.
#![cfg(test)]

mod support;

mod accounts;
mod api_keys;
mod documents;
mod files;
mod google;
mod health;
mod hosts;
mod limits;
mod resets;
mod second_factors;
mod secrecy;
mod suspensions;
mod users;
