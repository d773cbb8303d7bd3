//! One subscription's consumer: up whenever the server is.

mod acks;
mod each_process;
mod once;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::message::Delivery;
use lapin::options::BasicConsumeOptions;
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer as Deliveries};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::line::{Line, answered, unreachable};
use super::message::short;
use super::publisher::Publisher;
use crate::backoff::Backoff;
use crate::consumer::{Consumer, with_causes};
use crate::{Audience, BrokerError};
use each_process::EachProcess;
use once::Once;

/// How often a line that brings nothing is checked.
const CHECK: Duration = Duration::from_secs(5);
/// How long the last words on a line may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// One subscription's consumer.
pub(super) struct Consumption {
    consumer: Arc<Consumer>,
    line: Arc<Line>,
    publisher: Arc<Publisher>,
    stop: CancellationToken,
}

/// The two ways to consume.
enum Way {
    Once(Once),
    EachProcess(EachProcess),
}

/// The deliveries of one channel.
struct Intake {
    channel: Channel,
    /// Where these are dropped on an open channel the library cancels the consumer: another one would begin with what comes
    /// after the unanswered deliveries, and get those later.
    deliveries: Deliveries,
}

impl Consumption {
    pub(super) fn new(
        consumer: Consumer,
        line: Arc<Line>,
        publisher: Arc<Publisher>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            consumer: Arc::new(consumer),
            line,
            publisher,
            stop,
        }
    }

    /// Consumes until the stop. The library's own recovery has lost consumers in silence; here each new line starts from
    /// nothing.
    pub(super) async fn run(self) {
        let way = Way::new(&self);
        let mut failures = 0;
        while !self.stop.is_cancelled() {
            let Err(error) = way.consume(&self, &mut failures).await else {
                break;
            };
            failures += 1;
            if failures == 1 {
                let queue = &self.consumer.subscription.queue;
                tracing::warn!(queue, error = with_causes(&error), "a consumer has no line");
            }
            let rest = sleep(Backoff::SERVER.after(failures));
            self.stop.run_until_cancelled(rest).await;
        }
        way.stopped().await;
    }

    fn came_up(&self, failures: &mut u32) {
        if *failures > 0 {
            let queue = &self.consumer.subscription.queue;
            tracing::info!(queue, "a consumer is back");
        }
        *failures = 0;
    }
}

impl Way {
    fn new(consumption: &Consumption) -> Self {
        match consumption.consumer.subscription.audience {
            Audience::Once => Self::Once(Once::new(consumption)),
            Audience::EachProcess => Self::EachProcess(EachProcess::new(consumption)),
        }
    }

    /// Consumes until the line is lost, which is the error, or the stop. Sets the failures to 0 when it came up.
    async fn consume(
        &self,
        consumption: &Consumption,
        failures: &mut u32,
    ) -> Result<(), BrokerError> {
        match self {
            Self::Once(once) => once.consume(consumption, failures).await,
            Self::EachProcess(each) => each.consume(consumption, failures).await,
        }
    }

    async fn stopped(&self) {
        if let Self::EachProcess(each) = self {
            each.stopped().await;
        }
    }
}

impl Intake {
    async fn open(channel: Channel, queue: &str, no_ack: bool) -> Result<Self, BrokerError> {
        let options = BasicConsumeOptions {
            no_ack,
            ..BasicConsumeOptions::default()
        };
        let deliveries = answered(channel.basic_consume(
            short(queue.to_owned()),
            ShortString::default(),
            options,
            FieldTable::default(),
        ))
        .await?;
        Ok(Self {
            channel,
            deliveries,
        })
    }

    /// The next delivery; none at the stop.
    async fn next(&mut self, stop: &CancellationToken) -> Result<Option<Delivery>, BrokerError> {
        loop {
            let delivery = timeout(CHECK, self.deliveries.next());
            match stop.run_until_cancelled(delivery).await {
                None => return Ok(None),
                Some(Ok(Some(Ok(delivery)))) => return Ok(Some(delivery)),
                Some(Ok(Some(Err(error)))) => return Err(unreachable(error)),
                Some(Ok(None)) => return Err(lost("the server cancelled the consumer")),
                Some(Err(_)) if !self.channel.status().connected() => {
                    return Err(lost("the channel is closed"));
                }
                Some(Err(_)) => {}
            }
        }
    }

    /// Hands back what was not acknowledged, in one step.
    async fn close(self) {
        let _ = timeout(GOODBYE, self.channel.close(200, ShortString::default())).await;
        drop(self.deliveries);
    }
}

fn lost(what: &str) -> BrokerError {
    BrokerError::Unreachable(what.to_owned())
}
