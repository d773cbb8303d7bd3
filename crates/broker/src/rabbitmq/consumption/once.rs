//! Consuming a queue that all replicas share.

use std::sync::Arc;

use lapin::message::Delivery;
use lapin::options::BasicQosOptions;
use oruma_service_runtime::Clock;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::acks::{Acks, Handled};
use super::{Consumption, Intake};
use crate::backoff::Backoff;
use crate::consumer::{Consumer, Death, Verdict};
use crate::lanes::Lanes;
use crate::rabbitmq::line::answered;
use crate::rabbitmq::message::Message;
use crate::rabbitmq::publisher::Publisher;
use crate::rabbitmq::topology;
use crate::{BrokerError, Event};

/// How many deliveries are here unanswered.
const PREFETCH: u16 = 64;

/// What a delivery is worked on with.
#[derive(Clone)]
pub(super) struct Once {
    consumer: Arc<Consumer>,
    publisher: Arc<Publisher>,
}

struct Job {
    event: Event,
    delivery: Delivery,
}

impl Once {
    pub(super) fn new(consumption: &Consumption) -> Self {
        Self {
            consumer: Arc::clone(&consumption.consumer),
            publisher: Arc::clone(&consumption.publisher),
        }
    }

    /// Consumes until the line is lost, which is the error, or the stop. What is being handled then is handled to its end, so that
    /// the next line does not come upon it.
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

        let end = consumption.stop.child_token();
        let acks = Acks::start();
        let lanes = Lanes::start(PREFETCH.into(), &end, {
            let (once, end, handled) = (self.clone(), end.clone(), acks.handled());
            move |job| {
                let (once, end, handled) = (once.clone(), end.clone(), handled.clone());
                async move { once.work(job, &handled, &end).await }
            }
        });
        let ended = self
            .take_in(&mut intake, &lanes, &acks.handled(), &end)
            .await;
        lanes.stopped().await;
        drop(lanes);
        acks.told().await;
        intake.close().await;
        ended
    }

    async fn open(&self, consumption: &Consumption) -> Result<Intake, BrokerError> {
        let subscription = &self.consumer.subscription;
        let channel = consumption.line.channel().await?;
        topology::declare_once(&channel, subscription).await?;
        answered(channel.basic_qos(PREFETCH, BasicQosOptions::default())).await?;
        Intake::open(channel, &subscription.queue, false).await
    }

    async fn take_in(
        &self,
        intake: &mut Intake,
        lanes: &Lanes<Job>,
        handled: &Handled,
        end: &CancellationToken,
    ) -> Result<(), BrokerError> {
        while let Some(delivery) = intake.next(end).await? {
            match Event::from_json(&delivery.data) {
                Ok(event) => {
                    let subject = event.subject.clone();
                    // A lane has room for all deliveries that can be here.
                    let _ = lanes.try_send(&subject, Job { event, delivery });
                }
                Err(error) => {
                    let death = Death {
                        reason: error.to_string(),
                        attempts: 0,
                    };
                    let queue = &self.consumer.subscription.queue;
                    tracing::error!(queue, "a message that is no event came");
                    self.consumer.meters.ended("dead");
                    self.bury(delivery, &death, handled, end).await;
                }
            }
        }
        Ok(())
    }

    async fn work(&self, job: Job, handled: &Handled, end: &CancellationToken) {
        let Job { event, delivery } = job;
        if !self.consumer.subscription.wants(&event.kind) {
            // The queue was bound to this kind once; bindings stay.
            return handled.note(delivery);
        }
        match self.consumer.process(&event, end).await {
            Verdict::Handled => handled.note(delivery),
            Verdict::Dead(death) => self.bury(delivery, &death, handled, end).await,
            Verdict::Stopped => {}
        }
    }

    /// Publishes the dead letter and then acknowledges the delivery, so that it is never in neither queue. Tries until it works, as
    /// those of the same subject must not overtake.
    async fn bury(
        &self,
        delivery: Delivery,
        death: &Death,
        handled: &Handled,
        end: &CancellationToken,
    ) {
        let queue = &self.consumer.subscription.queue;
        let mut failures = 0;
        loop {
            let letter = Message::dead(
                queue,
                &delivery.properties,
                delivery.data.clone(),
                death,
                Clock::system().now(),
            );
            let Err(error) = self.publisher.send_surely(letter).await else {
                return handled.note(delivery);
            };
            failures += 1;
            if failures == 1 {
                tracing::warn!(queue, error = %error, "a dead letter can't be kept yet");
            }
            let wait = sleep(Backoff::SERVER.after(failures));
            if end.run_until_cancelled(wait).await.is_none() {
                return;
            }
        }
    }
}
