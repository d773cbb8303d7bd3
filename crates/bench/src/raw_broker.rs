//! RabbitMQ alone: publishing with confirms to a quorum queue that nobody reads.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use lapin::options::{
    BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};

use crate::load::{Measured, Outcome, at_full_speed};

const QUEUE: &str = "bench.raw";
/// As long as an event that tells of a message.
const BYTES: usize = 900;

/// Publishes as often as it fits, with so many in flight.
///
/// # Errors
/// When the broker can't be used.
pub async fn publish(url: &str, in_flight: usize, time: Duration) -> Result<Measured> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    declare(&channel).await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let body: Arc<[u8]> = vec![b'x'; BYTES].into();
    let line = channel.clone();
    let measured = at_full_speed(in_flight, time, move |_| {
        let (channel, body) = (line.clone(), Arc::clone(&body));
        async move {
            match confirmed(&channel, &body).await {
                Ok(true) => Outcome::Done,
                Ok(false) | Err(_) => Outcome::Failed,
            }
        }
    })
    .await;
    delete(&channel, QUEUE).await?;
    connection.close(200, "done".into()).await?;
    Ok(measured)
}

/// Removes a queue of a measurement, with all that is in it.
///
/// # Errors
/// When the broker refuses.
pub async fn remove(url: &str, queues: &[&str]) -> Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    for queue in queues {
        delete(&channel, queue).await?;
    }
    connection.close(200, "done".into()).await?;
    Ok(())
}

async fn delete(channel: &Channel, queue: &str) -> Result<()> {
    channel
        .queue_delete(queue.into(), QueueDeleteOptions::default())
        .await?;
    Ok(())
}

async fn declare(channel: &Channel) -> Result<()> {
    let options = QueueDeclareOptions {
        durable: true,
        ..QueueDeclareOptions::default()
    };
    let mut arguments = FieldTable::default();
    let kind = AMQPValue::LongString("quorum".into());
    arguments.insert("x-queue-type".into(), kind);
    channel
        .queue_declare(QUEUE.into(), options, arguments)
        .await?;
    Ok(())
}

async fn confirmed(channel: &Channel, body: &[u8]) -> Result<bool> {
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions::default();
    let sent = channel.basic_publish("".into(), QUEUE.into(), options, body, properties);
    Ok(matches!(sent.await?.await?, Confirmation::Ack(None)))
}
