//! The people of a rehearsal, and what they share.

use futures::StreamExt;
use oruma_e2e::{Client, Deployment, Member};
use oruma_service_runtime::{Clock, Random};
use serde_json::{Value, json};

/// Those who do things.
pub(crate) const PEOPLE: usize = 24;
/// The first of them are written to, and listen.
pub(crate) const READERS: usize = 8;
/// Places of each party: fewer than people.
pub(crate) const CAPACITY: usize = 9;
const WALLS: usize = 4;
const PARTIES: usize = 4;
const ROOMS: usize = 3;
/// Passwords are dear: so many are made at once.
const AT_ONCE: usize = 3;

/// Somebody, signed in through two contracts.
pub(crate) struct Inhabitant {
    pub(crate) hub: Member,
    pub(crate) chat: Member,
}

/// Everybody, and the places where they meet.
pub(crate) struct Town {
    /// The student hub.
    pub(crate) hub: Client,
    /// The chat.
    pub(crate) chat: Client,
    pub(crate) people: Vec<Inhabitant>,
    /// Posts that everybody likes, saves and comments on.
    pub(crate) walls: Vec<String>,
    /// Events with [`CAPACITY`] places, organised by the first person.
    pub(crate) parties: Vec<String>,
    /// Channels in which everybody is.
    pub(crate) rooms: Vec<String>,
    /// Tells this rehearsal's texts from others.
    pub(crate) name: String,
}

impl Town {
    /// Lets people join over that way to the gateways, and makes the places.
    pub(crate) async fn build(deployment: &Deployment, hub: Client) -> Self {
        let joining = (0..PEOPLE).map(|_| join(deployment, &hub));
        let people: Vec<Inhabitant> = futures::stream::iter(joining)
            .buffered(AT_ONCE)
            .collect()
            .await;
        let number = u32::from_be_bytes(Random::system().bytes());
        let mut town = Self {
            chat: hub.below("/connectbest"),
            hub,
            people,
            walls: Vec::new(),
            parties: Vec::new(),
            rooms: Vec::new(),
            name: format!("{number:08x}"),
        };
        for _ in 0..WALLS {
            let wall = json!({"content": "a wall to write on"});
            town.walls
                .push(town.made("/api/posts", &wall, "post").await);
        }
        for _ in 0..PARTIES {
            let party = party("A party with few places", CAPACITY);
            town.parties
                .push(town.made("/api/events", &party, "event").await);
        }
        for room in 0..ROOMS {
            let members: Vec<&str> = town.people.iter().map(|one| one.chat.id.as_str()).collect();
            let name = format!("room-{}-{room}", town.name);
            let body = json!({"name": name, "type": "private", "members": members});
            let creator = &town.first().chat;
            let answer = town
                .chat
                .post_as(creator, "/api/chat/channels", &body)
                .await;
            let channel = answer.must_be(201).json()["channel"].clone();
            town.rooms.push(id(&channel));
        }
        town
    }

    /// Who organises what all share.
    pub(crate) fn first(&self) -> &Inhabitant {
        &self.people[0]
    }

    async fn made(&self, path: &str, body: &Value, noun: &str) -> String {
        let answer = self.hub.post_as(&self.first().hub, path, body).await;
        id(&answer.must_be(201).json()[noun])
    }
}

/// Joins the hub, which gives a university, verifies the address and signs in to the chat with the same password.
async fn join(deployment: &Deployment, hub: &Client) -> Inhabitant {
    let chat = hub.below("/connectbest");
    let hub = hub.newcomer().await;
    let email = &hub.person.email;
    let wanted = chat.post("/api/auth/resend-verification", &json!({"email": email}));
    let _ = wanted.send().await.must_be(200);
    let code = deployment.letter(email, 1).await.code();
    let verified = chat.post(
        "/api/auth/verify-email",
        &json!({"email": email, "code": code}),
    );
    let _ = verified.send().await.must_be(200);
    let chat = chat.signed_in(&hub.person).await;
    Inhabitant { hub, chat }
}

/// An event in some days.
pub(crate) fn party(title: &str, capacity: usize) -> Value {
    let day = Clock::system().now() + chrono::TimeDelta::days(9);
    json!({"title": title, "description": "All are welcome", "category": "Social", "date": day.format("%Y-%m-%d").to_string(),
           "startTime": "18:00", "endTime": "20:30", "location": "Hall 3", "capacity": capacity, "registrationRequired": true})
}

/// The id of a thing.
pub(crate) fn id(thing: &Value) -> String {
    let id = thing["id"].as_str();
    id.unwrap_or_else(|| panic!("no id in {thing}")).to_owned()
}
