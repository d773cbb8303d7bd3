//! What people do.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use oruma_e2e::{Answer, Call};
use serde_json::{Value, json};

use super::hand::Hand;
use crate::ledger::{Work, Write};
use crate::town::{READERS, party};

/// Between the parts of a form; always the same, so that a repetition has the same bytes.
const BORDER: &str = "a-border-of-parts";

impl Hand {
    /// Does one thing; `count` grows with each.
    pub(crate) async fn does(&self, work: Work, count: usize) {
        match work {
            Work::Post => self.posts(count).await,
            Work::Comment => self.comments(count).await,
            Work::Like => self.turns(Work::Like, "like", "liked", count).await,
            Work::Save => self.turns(Work::Save, "save", "saved", count).await,
            Work::Event => self.announces(count).await,
            Work::Registration => self.comes_or_stays_away(count).await,
            Work::Item => self.sells(count).await,
            Work::DirectMessage => self.writes_to_somebody(count).await,
            Work::ChannelMessage => self.speaks(count).await,
            Work::Upload => self.uploads(count).await,
            Work::Profile => self.changes_name(count).await,
            Work::Feed => {
                self.read(work, || self.hub_get("/api/posts?limit=20"))
                    .await
            }
            Work::Conversations => self.read(work, || self.hub_get("/api/conversations")).await,
        }
    }

    fn write(&self, work: Work, place: &str, count: usize) -> Write {
        Write {
            work,
            place: place.to_owned(),
            content: self.text(work, count),
            id: None,
        }
    }

    fn hub_get(&self, path: &str) -> Call {
        self.town.hub.get(path).bearer(&self.own().hub.token)
    }

    fn hub_post(&self, path: &str, body: &Value) -> Call {
        self.town.hub.post(path, body).bearer(&self.own().hub.token)
    }

    async fn posts(&self, count: usize) {
        let write = self.write(Work::Post, "", count);
        let body = json!({"content": write.content});
        let call = || self.hub_post("/api/posts", &body);
        self.make(write, 201, call, |made| id_at(made, "/post/id"))
            .await;
    }

    async fn comments(&self, count: usize) {
        let wall = some(&self.town.walls, count);
        let write = self.write(Work::Comment, wall, count);
        let body = json!({"content": write.content});
        let path = format!("/api/posts/{wall}/comments");
        let call = || self.hub_post(&path, &body);
        self.make(write, 201, call, |made| id_at(made, "/comment/id"))
            .await;
    }

    /// Turns a mark of a wall over.
    async fn turns(&self, work: Work, verb: &str, mark: &str, count: usize) {
        let wall = some(&self.town.walls, count);
        let path = format!("/api/posts/{wall}/{verb}");
        let key = self.text(work, count).replace(' ', "-");
        let call = || {
            let call = self.town.hub.call("POST", &path);
            let call = call.bearer(&self.own().hub.token);
            call.header("idempotency-key", &key)
        };
        self.change((work, wall), call, |now| {
            let mark = now.json()[mark].as_bool();
            mark.filter(|_| now.status == 200)
                .map(|now| now.to_string())
        })
        .await;
    }

    async fn announces(&self, count: usize) {
        let write = self.write(Work::Event, "", count);
        let body = party(&write.content, 5);
        let call = || self.hub_post("/api/events", &body);
        self.make(write, 201, call, |made| id_at(made, "/event/id"))
            .await;
    }

    /// Registers for a party or takes that back; who is there already, or finds it full, is told so.
    async fn comes_or_stays_away(&self, count: usize) {
        let place = some(&self.town.parties, count);
        let comes = (count / self.town.parties.len() + self.who).is_multiple_of(2);
        let verb = if comes { "register" } else { "unregister" };
        let path = format!("/api/events/{place}/{verb}");
        let call = || {
            let call = self.town.hub.call("POST", &path);
            call.bearer(&self.own().hub.token)
        };
        self.change((Work::Registration, place), call, |now| {
            let body = now.json();
            match (now.status, body["error"].as_str()) {
                (200, _) => body["registered"].as_bool().map(|now| now.to_string()),
                // Whoever is in is not refused, so whoever is refused is not in.
                (409, Some("event_full")) => Some("false".to_owned()),
                _ => None,
            }
        })
        .await;
    }

    async fn sells(&self, count: usize) {
        let write = self.write(Work::Item, "", count);
        let body = json!({"title": write.content, "description": "Hardly used", "price": 12.5, "condition": "Good", "category": "Sports",
                          "location": "Hall 3"});
        let call = || self.hub_post("/api/marketplace/items", &body);
        self.make(write, 201, call, |made| id_at(made, "/item/id"))
            .await;
    }

    async fn writes_to_somebody(&self, count: usize) {
        let to = (self.who + 1 + count % (READERS - 1)) % READERS;
        if to == self.who {
            return;
        }
        let to = &self.town.people[to].hub.id;
        let write = self.write(Work::DirectMessage, to, count);
        let body = json!({"receiverId": to, "content": write.content});
        let call = || self.hub_post("/api/messages", &body);
        self.make(write, 201, call, |made| id_at(made, "/message/id"))
            .await;
    }

    async fn speaks(&self, count: usize) {
        let room = some(&self.town.rooms, count);
        let write = self.write(Work::ChannelMessage, room, count);
        let body = json!({"content": write.content});
        let path = format!("/api/chat/channels/{room}/messages/send");
        let call = || {
            let call = self.town.chat.post(&path, &body);
            call.bearer(&self.own().chat.token)
        };
        self.make(write, 201, call, |made| id_at(made, "/message/id"))
            .await;
    }

    async fn uploads(&self, count: usize) {
        let write = self.write(Work::Upload, "", count);
        let form = form(&picture(self.who, count));
        let kind = format!("multipart/form-data; boundary={BORDER}");
        let call = || {
            let call = self.town.hub.call("POST", "/api/upload/image");
            let call = call.bytes(form.clone(), &kind);
            call.bearer(&self.own().hub.token)
        };
        self.make(write, 200, call, |made| id_at(made, "/url"))
            .await;
    }

    async fn changes_name(&self, count: usize) {
        let name = self.text(Work::Profile, count);
        let call = || {
            let call = self.town.hub.call("PUT", "/api/users/me");
            let call = call.json(&json!({"name": name}));
            call.bearer(&self.own().hub.token)
        };
        self.change((Work::Profile, "name"), call, |now| {
            let name = now.json()["name"].as_str().map(str::to_owned);
            name.filter(|_| now.status == 200)
        })
        .await;
    }
}

fn some(places: &[String], count: usize) -> &str {
    &places[count % places.len()]
}

fn id_at(answer: &Answer, pointer: &str) -> Option<String> {
    let body = answer.json();
    body.pointer(pointer)?.as_str().map(str::to_owned)
}

/// A small picture of one's own.
fn picture(who: usize, count: usize) -> Vec<u8> {
    let shade = |number: usize| u8::try_from(number % 256).unwrap_or_default();
    let colour = Rgb([shade(who * 9), shade(count), shade(count * 7)]);
    let mut bytes = Cursor::new(Vec::new());
    RgbImage::from_pixel(32, 24, colour)
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("a picture is written");
    bytes.into_inner()
}

/// A form with a picture.
fn form(picture: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BORDER}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    let tail = format!("\r\n--{BORDER}--\r\n");
    [head.as_bytes(), picture, tail.as_bytes()].concat()
}
