//! One message to a channel of many sockets, at both gateways.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use oruma_e2e::Member;
use serde_json::{Value, json};

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::{Outcome, at_full_speed};
use crate::sockets::{Arrivals, Listener, marked};
use crate::wire::{Ask, Wire};

/// Sockets of the channel, over both gateways.
const SOCKETS: usize = 1_000;
/// Members of the channel, who have as many sockets each.
const MEMBERS: usize = 20;
/// Opened at the same time.
const OPENED: usize = 50;
/// Messages before those that count.
const WARM_UP: u64 = 5;
/// Messages one after the other.
const SINGLE: u64 = 50;
/// Messages under way at full speed.
const AT_ONCE: usize = 8;

/// How long it takes until the last socket has a message, and how many deliveries there are in a second at full speed.
///
/// # Errors
/// When the channel can't be made, or a message does not arrive everywhere.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let (speaker, _listeners) = open(lab).await?;
    // Right after a start a message may be told before the gateways have the queue that hears of it.
    for number in 0..WARM_UP {
        let said = speaker.say(number).await;
        let is_last = number + 1 == WARM_UP;
        ensure!(
            said == Outcome::Done || !is_last,
            "a message did not arrive"
        );
    }
    let mut took = Vec::new();
    for number in 10..10 + SINGLE {
        let begun = Instant::now();
        ensure!(
            speaker.say(number).await == Outcome::Done,
            "a message did not arrive"
        );
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let at = |place: usize| took.get(place).copied().unwrap_or_default();
    let slowest = at(took.len().saturating_sub(1));

    let work = move |number| speaker.clone().say_owned(1_000 + number);
    let (most, usage) = lab.metered(at_full_speed(AT_ONCE, effort.run, work)).await;
    ensure!(most.failed == 0, "{} messages did not arrive", most.failed);
    let deliveries = most.done.len() * u64::try_from(SOCKETS)?;
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let rate = most.rate() * SOCKETS as f64;
    let single = Figure::time(
        "from the request to the last of 1,000 sockets",
        at(took.len() / 2),
    );
    Ok(vec![
        single.note(format!(
            "half of {SINGLE} messages, one after the other; the slowest took {slowest:?}"
        )),
        Figure::higher("deliveries to 1,000 sockets", rate, "/s")
            .wanted(130_000.0)
            .cpu(usage.per(deliveries))
            .note("processor time of one delivery; the other end of the sockets is in that of the load"),
    ])
}

/// Who speaks in the channel.
#[derive(Clone)]
struct Speaker {
    wire: Wire,
    token: String,
    path: String,
    arrivals: Arc<Arrivals>,
}

/// Makes the channel, and opens the sockets of its members.
async fn open(lab: &Lab) -> Result<(Speaker, Vec<Listener>)> {
    let chat = lab.deployment.client().below("/connectbest");
    let people = lab.people.iter().rev().take(MEMBERS);
    let mut members: Vec<Member> = Vec::new();
    for member in people {
        members.push(chat.signed_in(&member.person).await);
    }
    let (first, others) = members.split_first().context("nobody is here")?;
    let others: Vec<&str> = others.iter().map(|one| one.id.as_str()).collect();
    let name = format!("bench-{}", std::process::id());
    let body = json!({"name": name, "type": "private", "members": others});
    let made = chat.post_as(first, "/api/chat/channels", &body).await;
    let made = made.must_be(201).json();
    let id = made.pointer("/channel/id").and_then(Value::as_str);
    let id = id.context("a channel without an id")?;
    let speaker = Speaker {
        wire: lab.wire(),
        token: first.token.clone(),
        path: format!("/connectbest/api/chat/channels/{id}/messages/send"),
        arrivals: Arc::default(),
    };
    let mut listeners = Vec::new();
    while listeners.len() < SOCKETS {
        let some = (listeners.len()..SOCKETS.min(listeners.len() + OPENED)).map(|nth| {
            // Those of one person are at both gateways.
            let token = members.get(nth / 2 % MEMBERS).map_or("", |one| &one.token);
            let told = ("message:new", Arc::clone(&speaker.arrivals));
            Listener::open(lab.gateway(nth % 2), "/connectbest/ws", token, told)
        });
        listeners.extend(try_join_all(some).await?);
    }
    Ok((speaker, listeners))
}

impl Speaker {
    async fn say(&self, number: u64) -> Outcome {
        let body = json!({"content": marked(number)});
        let ask = Ask::post(&self.path, &body).by(&self.token);
        let saying = self.wire.outcome(&ask);
        self.arrivals.heard(number, SOCKETS, saying).await
    }

    async fn say_owned(self, number: u64) -> Outcome {
        self.say(number).await
    }
}
