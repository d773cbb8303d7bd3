//! A direct message, from a request at one gateway to a socket at the other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use oruma_e2e::Member;
use serde_json::json;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::{Measured, Outcome, at_full_speed, at_rate};
use crate::raw_broker;
use crate::sockets::{Arrivals, Listener, marked};
use crate::wire::{Ask, Wire};

/// Pairs of people who write to each other.
const PAIRS: usize = 64;
/// Messages in a second, as a small community may have them in its busiest hour.
const RATE: f64 = 200.0;
/// Messages under way at full speed.
const AT_ONCE: usize = 64;
/// How often a first message is sent until one arrives.
const TRIES: u64 = 5;
/// What only the statement that stores a message has.
const STORES: &str = "INSERT INTO messaging.messages";

/// How long a message takes at a fixed rate, and how many there are at the most, beside the broker and the database alone.
///
/// # Errors
/// When a message can't be sent or does not arrive.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let talks = Talks::open(lab).await?;
    talks.begin().await?;
    let _ = talks.at_full_speed(0, effort.warm_up).await;
    let (steady, steady_usage) = lab.metered(talks.at_rate(1 << 32, effort.run)).await;
    lab.settle().await?;
    let (most, most_usage) = lab.metered(talks.at_full_speed(2 << 32, effort.run)).await;
    let failed = steady.failed + most.failed;
    ensure!(failed == 0, "{failed} messages did not arrive");
    lab.settle().await?;

    let limit = alone(lab, &talks, effort).await?;
    let mut figures = vec![
        Figure::time("99 of 100 messages at 200/s", steady.at(0.99))
            .wanted(8.0)
            .cpu(steady_usage.per(steady.done.len()))
            .times(&steady),
        Figure::higher("messages end to end", most.rate(), "/s")
            .wanted(3_500.0)
            .against("pgbench, statements of storing one", limit)
            .cpu(most_usage.per(most.done.len()))
            .times(&most)
            .note("each is also a notification: a second event, and a second transaction"),
    ];
    let url = lab.servers.url("RABBITMQ_URL");
    for in_flight in [1, 16, 256] {
        let published = raw_broker::publish(url, in_flight, effort.run / 4);
        let (published, usage) = published_by(lab, published).await?;
        let name = format!("raw publish with confirms, {in_flight} in flight");
        figures.push(
            Figure::higher(&name, published.rate(), "/s")
                .cpu(usage.per(published.done.len()))
                .times(&published),
        );
    }
    Ok(figures)
}

/// People who write through one gateway, and listen at the other.
struct Talks {
    speaker: Speaker,
    _listeners: Vec<Listener>,
}

/// Those who write.
#[derive(Clone)]
struct Speaker {
    wire: Wire,
    pairs: Arc<[(Member, Member)]>,
    arrivals: Arc<Arrivals>,
}

impl Talks {
    async fn open(lab: &Lab) -> Result<Self> {
        let arrivals = Arc::new(Arrivals::default());
        let (mut pairs, mut listeners) = (Vec::new(), Vec::new());
        for pair in lab.people.chunks_exact(2).take(PAIRS) {
            let [sender, receiver] = pair else { continue };
            let told = ("message_received", Arc::clone(&arrivals));
            listeners.push(Listener::open(lab.gateway(1), "/ws", &receiver.token, told).await?);
            pairs.push((sender.clone(), receiver.clone()));
        }
        Ok(Self {
            speaker: Speaker {
                wire: lab.wire(),
                pairs: pairs.into(),
                arrivals,
            },
            _listeners: listeners,
        })
    }

    /// Their first messages, which make the conversations. Right after a start they may be told before the gateways have the queue that hears of them.
    async fn begin(&self) -> Result<()> {
        let pairs = u64::try_from(self.speaker.pairs.len())?;
        for pair in 0..pairs {
            let mut tries = 0;
            while self
                .speaker
                .clone()
                .say((3 << 32) + pair + tries * pairs)
                .await
                != Outcome::Done
            {
                tries += 1;
                ensure!(tries < TRIES, "a first message did not arrive");
            }
        }
        Ok(())
    }

    async fn at_rate(&self, first: u64, time: Duration) -> Measured {
        let speaker = self.speaker.clone();
        at_rate(RATE, time, move |number| {
            speaker.clone().say(first + number)
        })
        .await
    }

    async fn at_full_speed(&self, first: u64, time: Duration) -> Measured {
        let speaker = self.speaker.clone();
        at_full_speed(AT_ONCE, time, move |number| {
            speaker.clone().say(first + number)
        })
        .await
    }
}

impl Speaker {
    /// Says a number, each pair in its turn, and waits until it is heard.
    async fn say(self, number: u64) -> Outcome {
        let place = usize::try_from(number).unwrap_or_default() % self.pairs.len().max(1);
        let Some((sender, receiver)) = self.pairs.get(place) else {
            return Outcome::Failed;
        };
        let body = json!({"receiverId": receiver.id, "content": marked(number)});
        let ask = Ask::post("/api/messages", &body).by(&sender.token);
        let saying = self.wire.outcome(&ask);
        self.arrivals.heard(number, 1, saying).await
    }
}

/// How often PostgreSQL alone stores a message, by the very statements, in as many conversations.
async fn alone(lab: &Lab, talks: &Talks, effort: &Effort) -> Result<f64> {
    let request = async {
        let _ = talks.speaker.clone().say(4 << 32).await;
    };
    let script = lab.statements.script_of(STORES, &[], request).await?;
    let (sender, receiver) = talks.speaker.pairs.first().context("nobody talks")?;
    let scripts = talks.speaker.pairs.iter().map(|(one, other)| {
        let script = script.replace(&sender.id, &one.id);
        script.replace(&receiver.id, &other.id)
    });
    let scripts: Vec<String> = scripts.collect();
    let beside = lab.database_beside("messaging").await?;
    for table in ["messaging.conversations", "messaging.members"] {
        lab.statements.copy(table, &beside).await?;
    }
    beside.run_any(&scripts, 16, effort.run / 2).await
}

async fn published_by(
    lab: &Lab,
    publishing: impl Future<Output = Result<Measured>>,
) -> Result<(Measured, crate::cpu::Usage)> {
    let before = lab.usage();
    let published = publishing.await?;
    Ok((published, lab.usage() - before))
}
