//! Exchanges, queues and bindings. Declared at each connection: a server that lost its data is set up again.

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};

use super::line::answered;
use super::message::short;
use crate::{BrokerError, Subscription, spans};

/// All events go here.
pub(super) const EVENTS: &str = spans::DESTINATION;
/// Events that were given up go here, by the name of the queue that they were in.
pub(super) const DEAD: &str = "oruma.dead";
/// How often an event may come back unanswered. Attempts are counted by the consumer, so that this only guards against
/// an event that ends the process; all that were underway with it count too, so it is generous.
const DELIVERY_LIMIT: i64 = 30;
/// Looking at dead letters counts as a delivery, and must not end them.
const NO_DELIVERY_LIMIT: i64 = 1_000_000_000;

/// The queue with the dead letters of a queue.
pub(super) fn dead_queue(queue: &str) -> String {
    format!("{queue}.dead")
}

/// Declares the exchange of all events.
pub(super) async fn declare_exchange(channel: &Channel) -> Result<(), BrokerError> {
    exchange(channel, EVENTS, ExchangeKind::Topic).await
}

/// Declares a queue that all replicas share, and that of its dead letters.
pub(super) async fn declare_once(
    channel: &Channel,
    subscription: &Subscription,
) -> Result<(), BrokerError> {
    let queue = &subscription.queue;
    let dead = dead_queue(queue);
    declare_exchange(channel).await?;
    exchange(channel, DEAD, ExchangeKind::Direct).await?;
    durable_queue(channel, &dead, dead_arguments()).await?;
    bind(channel, &dead, DEAD, queue).await?;
    durable_queue(channel, queue, once_arguments(queue)).await?;
    bind_kinds(channel, queue, &subscription.kinds).await
}

/// Declares a queue that ends with this connection.
pub(super) async fn declare_own(
    channel: &Channel,
    queue: &str,
    kinds: &[String],
) -> Result<(), BrokerError> {
    declare_exchange(channel).await?;
    let options = QueueDeclareOptions {
        exclusive: true,
        auto_delete: true,
        ..QueueDeclareOptions::default()
    };
    let name = short(queue.to_owned());
    answered(channel.queue_declare(name, options, FieldTable::default())).await?;
    bind_kinds(channel, queue, kinds).await
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), BrokerError> {
    let options = ExchangeDeclareOptions {
        durable: true,
        ..ExchangeDeclareOptions::default()
    };
    let name = short(name.to_owned());
    answered(channel.exchange_declare(name, kind, options, FieldTable::default())).await
}

async fn durable_queue(
    channel: &Channel,
    name: &str,
    arguments: FieldTable,
) -> Result<(), BrokerError> {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let name = short(name.to_owned());
    answered(channel.queue_declare(name, options, arguments)).await?;
    Ok(())
}

async fn bind_kinds(channel: &Channel, queue: &str, kinds: &[String]) -> Result<(), BrokerError> {
    for kind in kinds {
        bind(channel, queue, EVENTS, kind).await?;
    }
    Ok(())
}

async fn bind(channel: &Channel, queue: &str, from: &str, key: &str) -> Result<(), BrokerError> {
    answered(channel.queue_bind(
        short(queue.to_owned()),
        short(from.to_owned()),
        short(key.to_owned()),
        QueueBindOptions::default(),
        FieldTable::default(),
    ))
    .await
}

fn once_arguments(queue: &str) -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        ("x-single-active-consumer", AMQPValue::Boolean(true)),
        ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT)),
        ("x-dead-letter-exchange", text(DEAD)),
        ("x-dead-letter-routing-key", text(queue)),
        // Without these two, what the server itself gives up could be lost on the way.
        ("x-dead-letter-strategy", text("at-least-once")),
        ("x-overflow", text("reject-publish")),
    ])
}

fn dead_arguments() -> FieldTable {
    table([
        ("x-queue-type", text("quorum")),
        (
            "x-delivery-limit",
            AMQPValue::LongLongInt(NO_DELIVERY_LIMIT),
        ),
    ])
}

fn table<const N: usize>(entries: [(&str, AMQPValue); N]) -> FieldTable {
    let mut table = FieldTable::default();
    for (name, value) in entries {
        table.insert(short(name.to_owned()), value);
    }
    table
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}
