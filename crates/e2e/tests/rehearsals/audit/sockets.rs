//! Sockets: everything that was meant for somebody came once and in order, or the socket said that it did not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use oruma_test_kit::within;

use super::rows::Row;
use crate::figures::Findings;
use crate::ledger::Work;
use crate::listeners::{Face, Heard, Listener, Listeners};
use crate::town::Town;

/// For how long before it was told to reload a socket may not have been told what happened: longer than any fault lasts.
const EXCUSED: TimeDelta = TimeDelta::seconds(120);
/// How long the last frames may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at each listener.
pub(crate) async fn check(
    town: &Town,
    listeners: &Listeners,
    rows: &[Row],
    findings: &mut Findings,
) {
    let is_quiet = || async {
        let heard = |listener: &Listener| missing(town, listener, &listener.heard(), rows).len();
        listeners.all.iter().map(heard).sum::<usize>() == 0
    };
    // What is still missing then is looked at below.
    let _ = tokio::time::timeout(PATIENCE, within(PATIENCE * 2, "frames", is_quiet)).await;
    let by_id: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    for listener in &listeners.all {
        let heard = listener.heard();
        let name = format!("{:?} socket of person {}", listener.face, listener.who);
        for row in missing(town, listener, &heard, rows) {
            findings.lost.push(format!(
                "{name} was not told of {row:?}, and not told to reload"
            ));
        }
        let mut seen = BTreeSet::new();
        for id in heard.told.iter().filter(|id| !seen.insert(id.as_str())) {
            findings.doubled.push(format!(
                "{name} was told of {id} again: {:?}",
                by_id.get(id.as_str())
            ));
        }
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        let told = heard.told.iter().filter_map(|id| by_id.get(id.as_str()));
        for row in told.filter(|row| row.work != Work::Post) {
            if let Some(before) = last.insert(&row.list, row.nth)
                && before > row.nth
            {
                findings
                    .broken
                    .push(format!("{name} was told of {row:?} after a later one"));
            }
        }
        let mut count = |what: &str, many: usize| {
            *findings.seen.entry(what.to_owned()).or_default() += many;
        };
        count("frames to sockets", heard.told.len());
        count("returns of sockets", heard.returns);
        count("reloads of sockets", heard.reloads.len());
        count("sockets closed with a code", coded(&heard));
        count(
            "sockets cut",
            heard.ends.get(&0).copied().unwrap_or_default(),
        );
        count(
            if listener.wanders {
                "sockets that come and go"
            } else {
                "sockets that stay"
            },
            1,
        );
    }
}

fn coded(heard: &Heard) -> usize {
    let coded = heard.ends.iter().filter(|(code, _)| **code != 0);
    coded.map(|(_, count)| count).sum()
}

/// What a listener should know of and does not: neither told, nor made shortly before it was told to reload.
fn missing<'a>(town: &Town, listener: &Listener, heard: &Heard, rows: &'a [Row]) -> Vec<&'a Row> {
    let told: BTreeSet<&str> = heard.told.iter().map(String::as_str).collect();
    let is_meant = |row: &&Row| match (listener.face, row.work) {
        (Face::Hub, Work::DirectMessage) => row.place == town.people[listener.who].hub.id,
        (Face::Hub, Work::Post) => row.by != town.people[listener.who].hub.id,
        (Face::Chat, Work::ChannelMessage) => true,
        _ => false,
    };
    let is_known = |row: &&Row| {
        let since = |time: &DateTime<Utc>| *time - row.created_at;
        let is_excused = |time| (TimeDelta::zero()..EXCUSED).contains(&since(time));
        told.contains(row.id.as_str()) || heard.reloads.iter().any(is_excused)
    };
    let meant = rows.iter().filter(is_meant);
    meant.filter(|row| !is_known(row)).collect()
}
