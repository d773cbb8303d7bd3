//! Long rehearsals: everything at once, for minutes, with faults, and then an audit. Not part of the ordinary tests: `scripts/faults`.
#![cfg(test)]

mod audit;
mod faults;
mod figures;
mod ledger;
mod listeners;
mod load;
mod stranger;
mod town;
mod upgrade;
