//! What is there after all the faults, beside what people were told.

mod database;
mod rows;
mod sockets;
mod states;

use std::collections::BTreeMap;
use std::time::Duration;

use oruma_e2e::PrivateServers;
use oruma_test_kit::within;

use crate::figures::Findings;
use crate::ledger::{Ledger, Work, Write};
use crate::listeners::Listeners;
use crate::stranger::Stranger;
use crate::town::Town;
use database::Records;
use rows::Row;

/// How long what is under way may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);

/// The events that tell of things made: their kind, and the field with the id.
const TOLD: [(Work, &str, &str); 6] = [
    (Work::Post, "social.post.created.v1", "postId"),
    (Work::Comment, "social.comment.created.v1", "commentId"),
    (Work::Event, "events.event.created.v1", "eventId"),
    (Work::Item, "marketplace.item.created.v1", "itemId"),
    (
        Work::DirectMessage,
        "messaging.message.sent.v1",
        "messageId",
    ),
    (
        Work::ChannelMessage,
        "messaging.message.sent.v1",
        "messageId",
    ),
];

/// Waits until nothing is under way, and looks at everything.
pub(crate) async fn audit(
    servers: &PrivateServers,
    town: &Town,
    ledger: &Ledger,
    listeners: &Listeners,
    stranger: &Stranger,
) -> Findings {
    let records = Records::of(servers);
    let queues = || servers.queues();
    within(PATIENCE, "all events are published and handled", || async {
        let waiting = |(name, count): &(String, usize)| *count > 0 && !is_dead(name);
        records.nothing_waits().await && !queues().await.iter().any(waiting)
    })
    .await;
    let mut findings = Findings {
        broken: ledger.all_wrong(),
        doubled: ledger.turned_twice(),
        ..Findings::default()
    };
    for (name, count) in queues().await {
        if count > 0 && is_dead(&name) {
            findings.broken.push(format!("{count} events in {name}"));
        }
    }
    let rows = rows::all(town).await;
    writes(&ledger.writes(), &rows, &mut findings);
    rows::pictures(town, &ledger.writes(), &mut findings).await;
    events(stranger, &rows, &mut findings).await;
    states::check(town, ledger, &mut findings).await;
    records.check(town, &rows, &mut findings).await;
    sockets::check(town, listeners, &rows, &mut findings).await;
    findings
}

/// Whether a queue keeps what could not be handled.
fn is_dead(queue: &str) -> bool {
    queue.ends_with(".dead")
}

/// Each thing that was to be made is there once, if that was told, and at most once else.
fn writes(writes: &[Write], rows: &[Row], findings: &mut Findings) {
    let mut by_text: BTreeMap<(Work, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_text
            .entry((row.work, &row.content))
            .or_default()
            .push(row);
    }
    for write in writes.iter().filter(|write| write.work != Work::Upload) {
        let found = by_text
            .remove(&(write.work, &write.content))
            .unwrap_or_default();
        match &write.id {
            Some(id) => {
                findings.acknowledged += 1;
                let is_there = found.iter().any(|row| &row.id == id && row.place_is(write));
                if !is_there {
                    findings.lost.push(format!("{write:?}"));
                }
            }
            None => findings.unknown += 1,
        }
        if found.len() > 1 {
            findings
                .doubled
                .push(format!("{write:?} is there {} times", found.len()));
        }
    }
    let strange = by_text.keys().map(|one| format!("nobody has made {one:?}"));
    findings.broken.extend(strange);
    for row in rows {
        *findings.seen.entry(format!("{:?}", row.work)).or_default() += 1;
    }
}

/// Each thing that is there was told to a stranger as one event, and nothing else was.
async fn events(stranger: &Stranger, rows: &[Row], findings: &mut Findings) {
    let expected = rows.len();
    within(PATIENCE, "all events reach a stranger", || async {
        stranger.count() >= expected
    })
    .await;
    for (work, kind, field) in TOLD {
        let told = stranger.by_noun(kind, field);
        for row in rows.iter().filter(|row| row.work == work) {
            match told.get(&row.id) {
                Some(1) => {}
                Some(times) => findings.doubled.push(format!("{times} events of {row:?}")),
                None => findings.lost.push(format!("the event of {row:?}")),
            }
        }
    }
    let dead = stranger.dead_letters().await;
    if dead > 0 {
        findings
            .broken
            .push(format!("{dead} events were not given to a stranger"));
    }
    findings.seen.insert("events".to_owned(), stranger.count());
    findings
        .seen
        .insert("events that came again".to_owned(), stranger.repeated());
}
