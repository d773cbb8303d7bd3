//! Consuming in each process, for caches.

use std::sync::Arc;

use oruma_service_runtime::Random;

use super::{Consumption, Intake};
use crate::consumer::Consumer;
use crate::feed::Feed;
use crate::rabbitmq::topology;
use crate::{BrokerError, Event};

/// A queue of this process and no other.
pub(super) struct EachProcess {
    consumer: Arc<Consumer>,
    queue: String,
    feed: Feed,
}

impl EachProcess {
    pub(super) fn new(consumption: &Consumption) -> Self {
        let consumer = Arc::clone(&consumption.consumer);
        let number = u64::from_be_bytes(Random::system().bytes());
        Self {
            queue: format!("{}.{number:016x}", consumer.subscription.queue),
            feed: Feed::start(Arc::clone(&consumer), &consumption.stop),
            consumer,
        }
    }

    /// Consumes until the line is lost, which is the error, or the stop.
    pub(super) async fn consume(
        &self,
        consumption: &Consumption,
        failures: &mut u32,
    ) -> Result<(), BrokerError> {
        let open = self.open(consumption);
        let Some(intake) = consumption.stop.run_until_cancelled(open).await else {
            return Ok(());
        };
        let mut intake = intake?;
        consumption.came_up(failures);
        let _connected = self.consumer.meters.connected();
        self.consumer.missed().await;

        let ended = self.take_in(&mut intake, consumption).await;
        intake.close().await;
        ended
    }

    async fn open(&self, consumption: &Consumption) -> Result<Intake, BrokerError> {
        let channel = consumption.line.channel().await?;
        let kinds = &self.consumer.subscription.kinds;
        topology::declare_own(&channel, &self.queue, kinds).await?;
        // Nothing waits at the server for a slow process: the feed takes or drops at once.
        Intake::open(channel, &self.queue, true).await
    }

    async fn take_in(
        &self,
        intake: &mut Intake,
        consumption: &Consumption,
    ) -> Result<(), BrokerError> {
        while let Some(delivery) = intake.next(&consumption.stop).await? {
            match Event::from_json(&delivery.data) {
                Ok(event) => self.feed.offer(Arc::new(event)),
                Err(_) => {
                    let queue = &self.consumer.subscription.queue;
                    tracing::error!(queue, "a message that is no event came");
                }
            }
        }
        Ok(())
    }

    pub(super) async fn stopped(&self) {
        self.feed.stopped().await;
    }
}
