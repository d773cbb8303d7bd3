//! Looking at dead letters, and handing them back.

use chrono::DateTime;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, ShortString};
use lapin::{BasicProperties, Channel, ErrorKind};
use tokio::time::timeout;
use uuid::Uuid;

use super::line::{ANSWER, answered, silent, unreachable};
use super::message::{ATTEMPTS, Message, REASON, short};
use super::publisher::Publisher;
use super::topology::dead_queue;
use crate::broker::MAX_LETTERS;
use crate::{BrokerError, DeadLetter, Event};

/// What RabbitMQ itself notes as the reason.
const SERVERS_REASON: &str = "x-first-death-reason";

pub(super) async fn oldest(
    publisher: &Publisher,
    queue: &str,
    limit: usize,
) -> Result<Vec<DeadLetter>, BrokerError> {
    let channel = publisher.channel().await?;
    // All of them, whatever is asked for: those that come back queue up behind those that have come back before.
    let messages = take_out(&channel, queue).await?;
    if let Some(last) = messages.last() {
        let all_back = BasicNackOptions {
            multiple: true,
            requeue: true,
        };
        answered(last.nack(all_back)).await?;
    }
    let _ = answered(channel.close(200, ShortString::default())).await;
    let oldest = messages.iter().take(limit);
    Ok(oldest.map(|message| letter(queue, message)).collect())
}

/// Hands back those of some ids, or all without.
pub(super) async fn requeue(
    publisher: &Publisher,
    queue: &str,
    only: Option<&[Uuid]>,
) -> Result<usize, BrokerError> {
    let channel = publisher.channel().await?;
    // All are taken out before the first goes back: it might soon be here again.
    let letters = take_out(&channel, queue).await?;
    let mut returned = 0;
    for letter in letters.iter().filter(|letter| is_meant(letter, only)) {
        let message = Message::returned(queue, &letter.properties, letter.data.clone());
        publisher.send_surely(message).await?;
        answered(letter.ack(BasicAckOptions::default())).await?;
        returned += 1;
    }
    // What was not acknowledged comes back with the end of the channel.
    let _ = answered(channel.close(200, ShortString::default())).await;
    Ok(returned)
}

/// Removes those of some ids, or all without.
pub(super) async fn discard(
    publisher: &Publisher,
    queue: &str,
    only: Option<&[Uuid]>,
) -> Result<usize, BrokerError> {
    let channel = publisher.channel().await?;
    let letters = take_out(&channel, queue).await?;
    let mut discarded = 0;
    for letter in letters.iter().filter(|letter| is_meant(letter, only)) {
        answered(letter.ack(BasicAckOptions::default())).await?;
        discarded += 1;
    }
    let _ = answered(channel.close(200, ShortString::default())).await;
    Ok(discarded)
}

fn is_meant(letter: &BasicGetMessage, only: Option<&[Uuid]>) -> bool {
    only.is_none_or(|ids| event_id(letter).is_some_and(|id| ids.contains(&id)))
}

fn event_id(letter: &BasicGetMessage) -> Option<Uuid> {
    Event::from_json(&letter.data).ok().map(|event| event.id)
}

/// Takes messages out of the queue, until they are acknowledged or the channel is closed.
async fn take_out(channel: &Channel, queue: &str) -> Result<Vec<BasicGetMessage>, BrokerError> {
    let mut messages = Vec::new();
    while messages.len() < MAX_LETTERS
        && let Some(message) = next(channel, queue).await?
    {
        messages.push(message);
    }
    Ok(messages)
}

async fn next(channel: &Channel, queue: &str) -> Result<Option<BasicGetMessage>, BrokerError> {
    let name = short(dead_queue(queue));
    let got = channel.basic_get(name, BasicGetOptions::default());
    match timeout(ANSWER, got).await {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(error)) if is_not_found(&error) => Ok(None),
        Ok(Err(error)) => Err(unreachable(error)),
        Err(_) => Err(silent()),
    }
}

/// A queue that was never declared has no dead letters.
pub(super) fn is_not_found(error: &lapin::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ProtocolError(closed)
            if *closed.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND)
    )
}

fn letter(queue: &str, message: &BasicGetMessage) -> DeadLetter {
    let properties = &message.properties;
    let reason = text(properties, REASON).or_else(|| {
        let reason = text(properties, SERVERS_REASON)?;
        Some(format!("given up by the server: {reason}"))
    });
    let died_at = properties
        .timestamp()
        .and_then(|seconds| DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0));
    DeadLetter {
        queue: queue.to_owned(),
        event_id: event_id(message),
        body: String::from_utf8_lossy(&message.data).into_owned(),
        reason: reason.unwrap_or_else(|| "unknown".to_owned()),
        attempts: number(properties, ATTEMPTS).unwrap_or_default(),
        died_at: text(properties, REASON).and(died_at),
    }
}

fn text(properties: &BasicProperties, name: &str) -> Option<String> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    }
}

fn number(properties: &BasicProperties, name: &str) -> Option<u32> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongLongInt(number) => u32::try_from(*number).ok(),
        _ => None,
    }
}
