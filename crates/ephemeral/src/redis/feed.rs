//! The line that carries messages: one for all topics of the process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use redis::aio::{PubSub, PubSubSink, PubSubStream};
use redis::{Client, RedisResult, Value};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::reconnect::Reconnect;
use super::{CONNECT_TIMEOUT, HEARTBEAT_EVERY, HEARTBEAT_TIMEOUT, TOPIC, closed, silent};
use crate::topics::Topics;
use crate::{EphemeralError, Subscription};

/// The subscriptions of this process, fed by a task in the background.
pub(super) struct Feed {
    topics: Arc<Topics>,
    _keeper: AbortOnDropHandle<()>,
}

impl Feed {
    /// Starts the task; it connects once there is a subscriber.
    pub(super) fn start(client: Client) -> Self {
        let topics = Topics::fed_by_line();
        let keeper = tokio::spawn(keep(client, Arc::clone(&topics)));
        Self {
            topics,
            _keeper: AbortOnDropHandle::new(keeper),
        }
    }

    /// Adds a subscriber.
    pub(super) fn subscribe(&self, topic: &str) -> Subscription {
        self.topics.subscribe(topic)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.topics.close();
    }
}

async fn keep(client: Client, topics: Arc<Topics>) {
    let mut reconnect = Reconnect::new("subscriptions");
    loop {
        topics.wanted().await;
        let error = match within(CONNECT_TIMEOUT, client.get_async_pubsub()).await {
            Ok(line) => {
                reconnect.opened();
                let error = serve(line, &topics).await;
                topics.mark_all_down();
                error
            }
            Err(error) => error,
        };
        reconnect.pause_after(&error).await;
    }
}

/// Serves the subscribers until the line is lost.
async fn serve(line: PubSub, topics: &Topics) -> EphemeralError {
    let (sink, messages) = line.split();
    tokio::select! {
        () = deliver(messages, topics) => closed(),
        error = follow(sink, topics) => error,
    }
}

async fn deliver(mut messages: PubSubStream, topics: &Topics) {
    while let Some(message) = messages.next().await {
        if let Some(topic) = message.get_channel_name().strip_prefix(TOPIC) {
            let payload = Bytes::copy_from_slice(message.get_payload_bytes());
            topics.deliver(topic, payload);
        }
    }
}

/// Subscribes and unsubscribes as topics come and go, with a heartbeat between.
async fn follow(mut sink: PubSubSink, topics: &Topics) -> EphemeralError {
    loop {
        if let Err(error) = catch_up(&mut sink, topics).await {
            return error;
        }
        let _ = timeout(HEARTBEAT_EVERY, topics.changed()).await;
    }
}

async fn catch_up(sink: &mut PubSubSink, topics: &Topics) -> Result<(), EphemeralError> {
    let changes = topics.take_changes();
    if !changes.wanted.is_empty() {
        within(HEARTBEAT_TIMEOUT, sink.subscribe(channels(&changes.wanted))).await?;
        topics.mark_up(&changes.wanted);
    }
    if !changes.unwanted.is_empty() {
        within(
            HEARTBEAT_TIMEOUT,
            sink.unsubscribe(channels(&changes.unwanted)),
        )
        .await?;
    }
    within(HEARTBEAT_TIMEOUT, sink.ping::<Value>()).await?;
    Ok(())
}

fn channels(topics: &[String]) -> Vec<String> {
    topics
        .iter()
        .map(|topic| format!("{TOPIC}{topic}"))
        .collect()
}

async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = RedisResult<T>>,
) -> Result<T, EphemeralError> {
    match timeout(limit, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(silent(limit)),
    }
}
