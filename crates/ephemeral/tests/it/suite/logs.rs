//! Facts about logs.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use oruma_ephemeral::{LogBounds, LogReader, LogSignal, Position, SharedEphemeral};

use crate::support::{eventually, fresh, soon};

pub(crate) const ROOMY: LogBounds = LogBounds {
    age: Duration::from_secs(300),
    entries: 20_000,
    bytes: 1 << 26,
};

pub(crate) async fn append(ephemeral: &SharedEphemeral, log: &str, text: &str) -> Position {
    append_within(ephemeral, log, text, ROOMY).await
}

async fn append_within(
    ephemeral: &SharedEphemeral,
    log: &str,
    text: &str,
    bounds: LogBounds,
) -> Position {
    let payload = Bytes::from(text.to_owned());
    ephemeral.append(log, payload, bounds).await.unwrap()
}

pub(crate) async fn next(reader: &mut LogReader) -> LogSignal {
    soon(reader.next()).await.expect("a reader lasts")
}

/// What is told up to the moment where the reader has caught up, without the first signal.
pub(crate) async fn caught_up(reader: &mut LogReader) -> (Position, Vec<String>) {
    let LogSignal::Begins { after } = next(reader).await else {
        panic!("a reader first tells where it begins");
    };
    let mut entries = Vec::new();
    loop {
        match next(reader).await {
            LogSignal::Entry { position, payload } => {
                assert!(position > after);
                entries.push(String::from_utf8(payload.to_vec()).unwrap());
            }
            LogSignal::CaughtUp => return (after, entries),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) async fn entry(reader: &mut LogReader) -> (Position, String) {
    match next(reader).await {
        LogSignal::Entry { position, payload } => {
            (position, String::from_utf8(payload.to_vec()).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn entries_come_in_one_order_to_every_reader(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let mut readers = [
        one.follow(&log).await.unwrap(),
        other.follow(&log).await.unwrap(),
    ];
    for reader in &mut readers {
        assert_eq!(caught_up(reader).await.1, Vec::<String>::new());
    }
    let mut positions = Vec::new();
    for count in 0..100 {
        let writer = if count % 2 == 0 { one } else { other };
        positions.push(append(writer, &log, &count.to_string()).await);
    }
    assert!(positions.is_sorted_by(|earlier, later| earlier < later));
    assert!(positions.iter().all(|position| position.number() < 1 << 53));
    for reader in &mut readers {
        for (count, position) in positions.iter().enumerate() {
            assert_eq!(entry(reader).await, (*position, count.to_string()));
        }
    }
}

pub(crate) async fn a_reader_first_gets_what_is_kept(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let written: Vec<String> = (0..700).map(|count| count.to_string()).collect();
    for text in &written {
        append(one, &log, text).await;
    }
    let mut reader = other.follow(&log).await.unwrap();
    assert_eq!(caught_up(&mut reader).await.1, written);
    append(one, &log, "live").await;
    assert_eq!(entry(&mut reader).await.1, "live");
}

pub(crate) async fn a_new_log_begins_where_its_first_entry_is(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let first = append(one, &log, "first").await;
    let mut reader = other.follow(&log).await.unwrap();
    assert!(caught_up(&mut reader).await.0 < first);
    let empty = fresh("log");
    let mut reader = other.follow(&empty).await.unwrap();
    let (after, _) = caught_up(&mut reader).await;
    assert!(append(one, &empty, "first").await > after);
    assert_eq!(entry(&mut reader).await.1, "first");
}

async fn kept(ephemeral: &SharedEphemeral, log: &str) -> Vec<String> {
    let mut reader = ephemeral.follow(log).await.unwrap();
    caught_up(&mut reader).await.1
}

pub(crate) async fn what_is_too_much_goes_first(one: &SharedEphemeral, other: &SharedEphemeral) {
    let log = fresh("log");
    let bounds = LogBounds {
        entries: 3,
        ..ROOMY
    };
    let mut positions = Vec::new();
    for count in 0..10 {
        positions.push(append_within(one, &log, &count.to_string(), bounds).await);
    }
    let mut reader = other.follow(&log).await.unwrap();
    let (after, entries) = caught_up(&mut reader).await;
    assert_eq!(entries, ["7", "8", "9"]);
    assert_eq!(after, positions[6]);
}

pub(crate) async fn what_is_too_old_goes_first(one: &SharedEphemeral, other: &SharedEphemeral) {
    let log = fresh("log");
    let bounds = LogBounds {
        age: Duration::from_millis(30),
        ..ROOMY
    };
    append_within(one, &log, "old", bounds).await;
    eventually(async || {
        append_within(one, &log, "new", bounds).await;
        !kept(other, &log).await.contains(&"old".to_owned())
    })
    .await;
}

pub(crate) async fn what_has_too_many_bytes_goes_first(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let bounds = LogBounds {
        bytes: 1_000,
        ..ROOMY
    };
    for count in 0..50 {
        append_within(one, &log, &format!("{count:0100}"), bounds).await;
    }
    let entries = kept(other, &log).await;
    assert!((8..=10).contains(&entries.len()), "{}", entries.len());
    append_within(one, &log, &"x".repeat(5_000), bounds).await;
    assert_eq!(kept(other, &log).await.len(), 1);
}

pub(crate) async fn a_reader_that_falls_out_of_the_log_is_told(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let mut slow = one.follow(&log).await.unwrap();
    caught_up(&mut slow).await;
    let bounds = LogBounds {
        entries: 10,
        ..ROOMY
    };
    let mut last = Position::from_number(0);
    for count in 0..2_000 {
        last = append_within(other, &log, &count.to_string(), bounds).await;
    }
    let (mut lost, mut told) = (0, Position::from_number(0));
    while told < last {
        match next(&mut slow).await {
            LogSignal::Entry { position, .. } => {
                assert!(position > told);
                told = position;
            }
            LogSignal::Lost { after } => {
                assert!(after > told);
                told = after;
                lost += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(lost > 0);
}

pub(crate) async fn entries_of_many_writers_are_each_told_once(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let log = fresh("log");
    let mut reader = one.follow(&log).await.unwrap();
    caught_up(&mut reader).await;
    let names: Vec<String> = (0..400).map(|count| count.to_string()).collect();
    let writing = names.iter().enumerate().map(|(count, name)| {
        let writer = if count % 2 == 0 { one } else { other };
        append(writer, &log, name)
    });
    let positions: HashSet<Position> = join_all(writing).await.into_iter().collect();
    assert_eq!(positions.len(), 400);
    let mut told = HashSet::new();
    for _ in 0..400 {
        let (position, name) = entry(&mut reader).await;
        assert!(positions.contains(&position) && told.insert(name));
    }
}

pub(crate) async fn any_bytes_are_an_entry(one: &SharedEphemeral, other: &SharedEphemeral) {
    let log = fresh("ünï code\r\n{}");
    for payload in [Bytes::new(), Bytes::from_static(b"\0\r\n\xff")] {
        one.append(&log, payload, ROOMY).await.unwrap();
    }
    let mut reader = other.follow(&log).await.unwrap();
    let mut payloads = Vec::new();
    while payloads.len() < 2 {
        if let LogSignal::Entry { payload, .. } = next(&mut reader).await {
            payloads.push(payload);
        }
    }
    assert_eq!(payloads, [&b""[..], b"\0\r\n\xff"]);
}
