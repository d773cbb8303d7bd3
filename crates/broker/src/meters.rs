//! What is counted.

use chrono::{DateTime, Utc};
use oruma_service_runtime::Clock;
use oruma_telemetry::metrics::{Counter, Gauge, Histogram, KeyValue, UpDownCounter, meter};

const METER: &str = "oruma.broker";

/// What is counted of a consumer.
#[derive(Clone)]
pub(crate) struct ConsumerMeters {
    queue: KeyValue,
    handled: Counter<u64>,
    connected: UpDownCounter<i64>,
    delay: Histogram<f64>,
    clock: Clock,
}

impl ConsumerMeters {
    pub(crate) fn new(queue: &str) -> Self {
        let meter = meter(METER);
        Self {
            queue: KeyValue::new("queue", queue.to_owned()),
            handled: meter
                .u64_counter("oruma.consumer.events")
                .with_description("Events whose handling came to an end, by outcome: handled, dead")
                .build(),
            connected: meter
                .i64_up_down_counter("oruma.consumer.connected")
                .with_description("Whether the consumer of a queue is at work")
                .build(),
            delay: meter
                .f64_histogram("oruma.consumer.delay")
                .with_unit("s")
                .with_description("From when something happened until it had its effect")
                .build(),
            clock: Clock::system(),
        }
    }

    pub(crate) fn ended(&self, outcome: &'static str) {
        self.handled
            .add(1, &[self.queue.clone(), KeyValue::new("outcome", outcome)]);
    }

    /// Counts an event that had its effect, and how long after it had happened.
    pub(crate) fn handled(&self, happened: DateTime<Utc>) {
        self.ended("handled");
        let delay = (self.clock.now() - happened).as_seconds_f64();
        self.delay
            .record(delay.max(0.0), std::slice::from_ref(&self.queue));
    }

    /// Counts the consumer as connected until the answer is dropped.
    pub(crate) fn connected(&self) -> Connected {
        self.connected.add(1, std::slice::from_ref(&self.queue));
        Connected(self.clone())
    }
}

/// While it lives, a consumer is at work.
pub(crate) struct Connected(ConsumerMeters);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0
            .connected
            .add(-1, std::slice::from_ref(&self.0.queue));
    }
}

/// What is counted of an outbox.
#[derive(Clone)]
pub(crate) struct OutboxMeters {
    schema: KeyValue,
    published: Counter<u64>,
    oldest: Gauge<f64>,
    waiting: Gauge<u64>,
    dead: Gauge<u64>,
}

impl OutboxMeters {
    pub(crate) fn new(schema: &'static str) -> Self {
        let meter = meter(METER);
        Self {
            schema: KeyValue::new("schema", schema),
            published: meter
                .u64_counter("oruma.outbox.published")
                .with_description("Events that left the outbox")
                .build(),
            oldest: meter
                .f64_gauge("oruma.outbox.oldest")
                .with_unit("s")
                .with_description("How long the oldest event has been waiting in the outbox")
                .build(),
            waiting: meter
                .u64_gauge("oruma.outbox.waiting")
                .with_description("Events that wait in the outbox, counted up to 100,000")
                .build(),
            dead: meter
                .u64_gauge("oruma.dead_letters.kept")
                .with_description(
                    "Events that the database keeps since they could not be published or handled",
                )
                .build(),
        }
    }

    pub(crate) fn published(&self, events: usize) {
        let events = u64::try_from(events).unwrap_or_default();
        self.published
            .add(events, std::slice::from_ref(&self.schema));
    }

    pub(crate) fn kept(&self, waiting: u64, dead: u64) {
        let schema = std::slice::from_ref(&self.schema);
        self.waiting.record(waiting, schema);
        self.dead.record(dead, schema);
    }

    pub(crate) fn oldest(&self, seconds: f64) {
        self.oldest
            .record(seconds, std::slice::from_ref(&self.schema));
    }
}
