//! How much a queue holds.

use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use serde::Serialize;
use tokio::time::timeout;

use super::dead_letters::is_not_found;
use super::line::{ANSWER, answered, silent, unreachable};
use super::message::short;
use super::publisher::Publisher;
use super::topology::dead_queue;
use crate::BrokerError;

/// How much a queue holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Events that nobody has been given yet. Those that a consumer is at, 64 at most, are not told of.
    pub messages: u32,
    /// Processes that consume it, of which one at a time is given events.
    pub consumers: u32,
    /// Its dead letters.
    pub dead_letters: u32,
}

pub(super) async fn of(publisher: &Publisher, queue: &str) -> Result<Option<Depth>, BrokerError> {
    let Some((messages, consumers)) = counts(publisher, queue).await? else {
        return Ok(None);
    };
    let dead = counts(publisher, &dead_queue(queue)).await?;
    Ok(Some(Depth {
        messages,
        consumers,
        dead_letters: dead.map_or(0, |(messages, _)| messages),
    }))
}

/// Messages and consumers of a queue. The server closes the channel when there is no such queue.
async fn counts(publisher: &Publisher, queue: &str) -> Result<Option<(u32, u32)>, BrokerError> {
    let channel = publisher.channel().await?;
    let only_look = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let name = short(queue.to_owned());
    let declared = channel.queue_declare(name, only_look, FieldTable::default());
    let counts = match timeout(ANSWER, declared).await {
        Ok(Ok(queue)) => (queue.message_count(), queue.consumer_count()),
        Ok(Err(error)) if is_not_found(&error) => return Ok(None),
        Ok(Err(error)) => return Err(unreachable(error)),
        Err(_) => return Err(silent()),
    };
    let _ = answered(channel.close(200, ShortString::default())).await;
    Ok(Some(counts))
}
