//! Reading everything back over the public API.

use chrono::{DateTime, Utc};
use futures::StreamExt;
use oruma_e2e::{Client, Member};
use serde_json::Value;

use crate::figures::Findings;
use crate::ledger::{Work, Write};
use crate::town::{READERS, Town, id};

/// Addresses that are asked at once.
const AT_ONCE: usize = 6;

/// Something that is there.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) work: Work,
    pub(crate) id: String,
    /// Its text like no other.
    pub(crate) content: String,
    /// Who made it: the person's id.
    pub(crate) by: String,
    /// Where it is, as in [`Write::place`].
    pub(crate) place: String,
    pub(crate) created_at: DateTime<Utc>,
    /// Its place among those of its list, the oldest first.
    pub(crate) nth: usize,
    /// The list.
    pub(crate) list: String,
}

impl Row {
    pub(crate) fn place_is(&self, write: &Write) -> bool {
        self.place == write.place
    }
}

/// All that people made.
pub(crate) async fn all(town: &Town) -> Vec<Row> {
    let mut rows = Vec::new();
    for person in &town.people {
        let of = &person.hub.id;
        let posts = listed(
            &town.hub,
            &person.hub,
            &format!("/api/users/{of}/posts"),
            "posts",
        )
        .await;
        rows.extend(read(Work::Post, "content", posts, "", |_| String::new()));
        let path = format!("/api/events/users/{of}/events");
        let events = listed(&town.hub, &person.hub, &path, "events").await;
        rows.extend(read(Work::Event, "title", events, "", |_| String::new()));
        let path = format!("/api/marketplace/users/{of}/items");
        let items = listed(&town.hub, &person.hub, &path, "items").await;
        rows.extend(read(Work::Item, "title", items, "", |_| String::new()));
    }
    for wall in &town.walls {
        let path = format!("/api/posts/{wall}/comments");
        let comments = listed(&town.hub, &town.first().hub, &path, "comments").await;
        rows.extend(read(Work::Comment, "content", comments, wall, |_| {
            wall.clone()
        }));
    }
    rows.extend(direct_messages(town).await);
    for room in &town.rooms {
        let messages = spoken(town, room).await;
        rows.extend(read(
            Work::ChannelMessage,
            "content",
            messages,
            room,
            |_| room.clone(),
        ));
    }
    // What all share was made before.
    rows.retain(|row| row.content.contains(&town.name));
    rows
}

/// All conversations of those who are written to; one between two of them is seen from one side.
async fn direct_messages(town: &Town) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut known = std::collections::BTreeSet::new();
    for reader in &town.people[..READERS] {
        let conversations = listed(
            &town.hub,
            &reader.hub,
            "/api/conversations",
            "conversations",
        )
        .await;
        for conversation in conversations {
            let conversation = id(&conversation);
            if !known.insert(conversation.clone()) {
                continue;
            }
            let path = format!("/api/conversations/{conversation}/messages");
            let mut messages = listed(&town.hub, &reader.hub, &path, "messages").await;
            messages.reverse();
            rows.extend(read(
                Work::DirectMessage,
                "content",
                messages,
                &conversation,
                |one| one["receiverId"].as_str().unwrap_or_default().to_owned(),
            ));
        }
    }
    rows
}

/// The messages of a channel, the oldest first.
async fn spoken(town: &Town, room: &str) -> Vec<Value> {
    let member = &town.first().chat;
    let mut all: Vec<Value> = Vec::new();
    loop {
        let before = all.first().map(|oldest| format!("&before={}", id(oldest)));
        let path = format!(
            "/api/chat/channels/{room}/messages?limit=100{}",
            before.unwrap_or_default()
        );
        let page = reliably(&town.chat, member, &path).await;
        let mut page_of = page["messages"].as_array().expect("a list").clone();
        // The newest come first.
        page_of.reverse();
        let is_last = page["hasMore"] != true;
        page_of.extend(all);
        all = page_of;
        if is_last {
            all.retain(|one| one["type"] == "text");
            return all;
        }
    }
}

fn read(
    work: Work,
    text: &str,
    things: Vec<Value>,
    list: &str,
    place: impl Fn(&Value) -> String,
) -> Vec<Row> {
    let makers = ["authorId", "organizerId", "sellerId", "senderId", "userId"];
    let rows = things.iter().enumerate().map(|(nth, thing)| Row {
        work,
        id: id(thing),
        content: thing[text].as_str().unwrap_or_default().to_owned(),
        by: makers
            .iter()
            .find_map(|name| thing[name].as_str())
            .unwrap_or_default()
            .to_owned(),
        place: place(thing),
        created_at: created_at(thing),
        nth,
        list: list.to_owned(),
    });
    rows.collect()
}

fn created_at(thing: &Value) -> DateTime<Utc> {
    let text = thing["createdAt"]
        .as_str()
        .or_else(|| thing["timestamp"].as_str());
    let time = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    time.unwrap_or_else(|| panic!("no time in {thing}"))
        .to_utc()
}

/// Each picture that was taken in is given out.
pub(crate) async fn pictures(town: &Town, writes: &[Write], findings: &mut Findings) {
    let sent = writes.iter().filter(|write| write.work == Work::Upload);
    let looking = sent.map(|write| async move {
        let Some(url) = &write.id else {
            return (write, None);
        };
        let path = url.find("/uploads/").map_or(url.as_str(), |at| &url[at..]);
        let answer = town.hub.get(path).send().await;
        let is_there = answer.status == 200 && image::load_from_memory(&answer.body).is_ok();
        (write, Some(is_there))
    });
    let looked: Vec<_> = futures::stream::iter(looking)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (write, is_there) in looked {
        match is_there {
            None => findings.unknown += 1,
            Some(is_there) => {
                findings.acknowledged += 1;
                *findings.seen.entry("Upload".to_owned()).or_default() += 1;
                if !is_there {
                    findings.lost.push(format!("{write:?}"));
                }
            }
        }
    }
}

/// All pages of a list.
async fn listed(api: &Client, reader: &Member, path: &str, name: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = reliably(api, reader, &format!("{path}?limit=50{cursor}")).await;
        let things = page[name].as_array();
        all.extend(
            things
                .unwrap_or_else(|| panic!("no {name} in {page}"))
                .clone(),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// What is there for a reader. The faults are over.
pub(crate) async fn reliably(api: &Client, reader: &Member, path: &str) -> Value {
    api.get_as(reader, path).await.must_be(200).json()
}
