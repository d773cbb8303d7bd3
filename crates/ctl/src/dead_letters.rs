//! `dead-letters`: events that did not have their effect.

mod letter;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use oruma_broker::{Broker, RabbitMqBroker};
use serde::Serialize;
use uuid::Uuid;

use crate::DONE;
use crate::installation::{Installation, Service};
use crate::output::{Output, table};
use letter::{Letter, Place};

/// Letters of one place that are looked at.
const MOST: usize = 1_000;

/// Look at events that were given up, and hand them back
///
/// They are in two places: with RabbitMQ in `<queue>.dead`; in the table `dead_letters` of a service under the queue `outbox` what could not be published, and
/// without RabbitMQ, in that of auth, what a handler has given up.
#[derive(Debug, Args)]
pub(crate) struct DeadLettersArguments {
    #[command(subcommand)]
    verb: DeadLettersVerb,
}

#[derive(Debug, Subcommand)]
enum DeadLettersVerb {
    /// List them, oldest first: at most 1,000 of each place
    List {
        /// Only those of this queue
        #[arg(long)]
        queue: Option<String>,
    },
    /// Show one whole, with what the event says
    Show {
        /// Its id, as the list shows it
        id: String,
        /// The queue, where several have it
        #[arg(long)]
        queue: Option<String>,
    },
    /// Give them another chance, with all attempts
    ///
    /// Mend the cause first. An event is safe where it goes before it is removed here, so none is lost; it may go twice, and has its effect once, as each
    /// consumer knows what it has handled.
    Requeue(Chosen),
    /// Remove them for good: their effect will never be
    Discard {
        #[command(flatten)]
        chosen: Chosen,
        /// Yes, remove them
        #[arg(long)]
        yes: bool,
    },
}

/// Which of them.
#[derive(Debug, Args)]
struct Chosen {
    /// Those of this queue
    #[arg(long, required_unless_present_any = ["id", "all"])]
    queue: Option<String>,
    /// Those with this id, as the list shows it; may be given again
    #[arg(long)]
    id: Vec<String>,
    /// All of them, or all of the queue
    #[arg(long, conflicts_with = "id", required_unless_present_any = ["queue", "id"])]
    all: bool,
}

#[derive(Serialize)]
struct Done {
    /// What was done: `requeued` or `discarded`.
    done: &'static str,
    letters: usize,
}

/// Does what was asked.
///
/// # Errors
/// Saying which server can't be asked, or that there is no such letter.
pub(crate) async fn run(
    installation: &Installation,
    output: Output,
    asked: DeadLettersArguments,
) -> anyhow::Result<u8> {
    let graveyards = Graveyards {
        installation,
        rabbitmq: installation.rabbitmq()?,
    };
    match asked.verb {
        DeadLettersVerb::List { queue } => {
            let letters = graveyards.letters(queue.as_deref()).await?;
            output.answer(&letters, |letters| listed(letters))?;
        }
        DeadLettersVerb::Show { id, queue } => {
            let letters = graveyards.letters(queue.as_deref()).await?;
            let letter = letters.into_iter().find(|letter| letter.id == id);
            let letter = letter.with_context(|| format!("there is no dead letter {id}"))?;
            output.answer(&letter.whole(), letter::text)?;
        }
        DeadLettersVerb::Requeue(chosen) => {
            let letters = graveyards.chosen(&chosen).await?;
            let count = graveyards.requeue(&letters).await?;
            tell(output, "requeued", count)?;
        }
        DeadLettersVerb::Discard { chosen, yes } => {
            let letters = graveyards.chosen(&chosen).await?;
            if !yes {
                bail!(
                    "{} dead letters would be removed for good: add --yes to do it",
                    letters.len()
                );
            }
            let count = graveyards.discard(&letters).await?;
            tell(output, "discarded", count)?;
        }
    }
    Ok(DONE)
}

fn tell(output: Output, done: &'static str, letters: usize) -> anyhow::Result<()> {
    output.answer(&Done { done, letters }, |told| {
        format!("{} {}", told.letters, told.done)
    })
}

/// Both places.
struct Graveyards<'a> {
    installation: &'a Installation,
    rabbitmq: Option<RabbitMqBroker>,
}

impl Graveyards<'_> {
    async fn letters(&self, queue: Option<&str>) -> anyhow::Result<Vec<Letter>> {
        let mut letters = Vec::new();
        if let Some(rabbitmq) = &self.rabbitmq {
            for queue in queues(queue) {
                let found = rabbitmq.dead_letters(queue, MOST).await;
                let found = found.with_context(|| format!("RabbitMQ, {queue}"))?;
                letters.extend(found.into_iter().map(Letter::of_rabbitmq));
            }
        }
        for service in Service::ALL {
            let mut conn = self.installation.reader(service).await?;
            let kept =
                oruma_broker::KeptLetter::oldest(&mut conn, service.name(), queue, MOST).await;
            let kept = kept.with_context(|| format!("the dead letters of {service}"))?;
            letters.extend(kept.into_iter().map(|kept| Letter::of_table(service, kept)));
        }
        Ok(letters)
    }

    async fn chosen(&self, chosen: &Chosen) -> anyhow::Result<Vec<Letter>> {
        let mut letters = self.letters(chosen.queue.as_deref()).await?;
        if chosen.id.is_empty() {
            return Ok(letters);
        }
        for id in &chosen.id {
            if !letters.iter().any(|letter| letter.id == *id) {
                bail!("there is no dead letter {id}");
            }
        }
        letters.retain(|letter| chosen.id.contains(&letter.id));
        Ok(letters)
    }

    /// Tables first; what is in RabbitMQ goes queue by queue.
    async fn requeue(&self, letters: &[Letter]) -> anyhow::Result<usize> {
        let mut count = 0;
        for letter in letters {
            if let Place::Table(service, kept) = &letter.place {
                let mut conn = self.installation.reader(*service).await?;
                let moved = kept.hand_back(&mut conn, service.name()).await;
                moved.with_context(|| format!("{} stays a dead letter", letter.id))?;
                count += 1;
            }
        }
        if let Some(rabbitmq) = &self.rabbitmq {
            for (queue, ids) in by_queue(letters) {
                let returned = match ids {
                    Some(ids) => rabbitmq.requeue_some_dead_letters(queue, &ids).await,
                    None => rabbitmq.requeue_dead_letters(queue).await,
                };
                count += returned.with_context(|| format!("RabbitMQ, {queue}"))?;
            }
        }
        Ok(count)
    }

    async fn discard(&self, letters: &[Letter]) -> anyhow::Result<usize> {
        let mut count = 0;
        for letter in letters {
            if let Place::Table(service, kept) = &letter.place {
                let mut conn = self.installation.reader(*service).await?;
                count += usize::from(kept.discard(&mut conn, service.name()).await?);
            }
        }
        if let Some(rabbitmq) = &self.rabbitmq {
            for (queue, ids) in by_queue(letters) {
                let gone = rabbitmq.discard_dead_letters(queue, ids.as_deref()).await;
                count += gone.with_context(|| format!("RabbitMQ, {queue}"))?;
            }
        }
        Ok(count)
    }
}

/// All queues, or the one that was named, which may be that of another team.
fn queues(named: Option<&str>) -> Vec<&str> {
    match named {
        Some(named) => vec![named],
        None => Service::ALL
            .iter()
            .flat_map(|service| service.queues().iter().copied())
            .collect(),
    }
}

/// The letters in RabbitMQ by their queues, by their ids where all have one: what is no event can only go with all others of its queue.
fn by_queue(letters: &[Letter]) -> Vec<(&str, Option<Vec<Uuid>>)> {
    let mut queues: Vec<(&str, Option<Vec<Uuid>>)> = Vec::new();
    for letter in letters {
        if !matches!(letter.place, Place::RabbitMq) {
            continue;
        }
        let place = queues.iter().position(|(queue, _)| *queue == letter.queue);
        let ids = match place.and_then(|place| queues.get_mut(place)) {
            Some((_, ids)) => ids,
            None => {
                queues.push((&letter.queue, Some(Vec::new())));
                match queues.last_mut() {
                    Some((_, ids)) => ids,
                    None => continue,
                }
            }
        };
        match (ids.as_mut(), letter.event_id) {
            (Some(ids), Some(id)) => ids.push(id),
            _ => *ids = None,
        }
    }
    queues
}

fn listed(letters: &[Letter]) -> String {
    if letters.is_empty() {
        return "no dead letters".to_owned();
    }
    let rows = letters.iter().map(|letter| {
        [
            letter.place.to_string(),
            letter.queue.clone(),
            letter.id.clone(),
            letter.kind.clone(),
            letter.attempts.to_string(),
            crate::times::of(letter.died_at),
            letter.reason.clone(),
        ]
    });
    table(
        ["PLACE", "QUEUE", "ID", "KIND", "ATTEMPTS", "DIED", "REASON"],
        rows,
    )
}
