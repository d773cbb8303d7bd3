//! `outbox`: which events are under way.

use anyhow::Context;
use clap::Args;
use oruma_broker::{Backlog, Depth};
use serde::Serialize;

use crate::DONE;
use crate::installation::{Installation, Service};
use crate::output::{Output, table};

/// Show which events wait to be published, and what the queues hold
///
/// For each service: how many events wait in its outbox and for how long the oldest has, how many have left it since the database server counts, how many
/// events of others had their effect in the last minute, and how many dead letters its table holds. With RABBITMQ_URL also each queue: events that nobody has
/// been given yet, consumers, dead letters. Why an outbox waits is in the log of its service, once an outage.
#[derive(Debug, Args)]
pub(crate) struct OutboxArguments {
    /// Only of this service
    #[arg(long, value_name = "NAME")]
    service: Option<Service>,
}

#[derive(Serialize)]
struct State {
    outboxes: Vec<Outbox>,
    /// None without RabbitMQ.
    queues: Option<Vec<Queue>>,
}

#[derive(Serialize)]
struct Outbox {
    service: Service,
    #[serde(flatten)]
    backlog: Backlog,
}

#[derive(Serialize)]
struct Queue {
    queue: &'static str,
    /// None where it was never declared.
    depth: Option<Depth>,
}

/// Shows what is under way.
///
/// # Errors
/// Saying which server can't be asked.
pub(crate) async fn run(
    installation: &Installation,
    output: Output,
    asked: &OutboxArguments,
) -> anyhow::Result<u8> {
    let services = || {
        let wanted = |one: &Service| asked.service.is_none_or(|service| service == *one);
        Service::ALL.into_iter().filter(wanted)
    };
    let mut outboxes = Vec::new();
    for service in services() {
        let mut conn = installation.reader(service).await?;
        let backlog = Backlog::read(&mut conn, service.name()).await;
        let backlog = backlog.with_context(|| format!("the outbox of {service} can't be read"))?;
        outboxes.push(Outbox { service, backlog });
    }
    let mut queues = None;
    if let Some(rabbitmq) = installation.rabbitmq()? {
        let mut found = Vec::new();
        for queue in services().flat_map(|service| service.queues().iter().copied()) {
            let depth = rabbitmq.depth(queue).await.context("RabbitMQ")?;
            found.push(Queue { queue, depth });
        }
        queues = Some(found);
    }
    output.answer(&State { outboxes, queues }, text)?;
    Ok(DONE)
}

fn text(state: &State) -> String {
    let outboxes = state.outboxes.iter().map(|Outbox { service, backlog }| {
        [
            service.to_string(),
            backlog.waiting.to_string(),
            backlog
                .oldest_seconds
                .map_or_else(|| "-".to_owned(), |seconds| format!("{seconds} s")),
            backlog.left.to_string(),
            backlog.handled_lately.to_string(),
            backlog.dead_letters.to_string(),
        ]
    });
    let headings = [
        "OUTBOX",
        "WAITING",
        "OLDEST",
        "LEFT",
        "HANDLED LAST MINUTE",
        "DEAD LETTERS",
    ];
    let mut text = table(headings, outboxes);
    if let Some(queues) = &state.queues {
        let rows = queues.iter().map(|Queue { queue, depth }| match depth {
            Some(depth) => [
                (*queue).to_owned(),
                depth.messages.to_string(),
                depth.consumers.to_string(),
                depth.dead_letters.to_string(),
            ],
            None => [
                (*queue).to_owned(),
                "never declared".to_owned(),
                "-".to_owned(),
                "-".to_owned(),
            ],
        });
        text.push_str("\n\n");
        text.push_str(&table(
            ["QUEUE", "WAITING", "CONSUMERS", "DEAD LETTERS"],
            rows,
        ));
    }
    text
}
