//! What is counted.

use oruma_telemetry::metrics::{Counter, Gauge, KeyValue, UpDownCounter, meter};

const METER: &str = "oruma.broker";

/// What is counted of a consumer.
#[derive(Clone)]
pub(crate) struct ConsumerMeters {
    queue: KeyValue,
    handled: Counter<u64>,
    connected: UpDownCounter<i64>,
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
        }
    }

    pub(crate) fn ended(&self, outcome: &'static str) {
        self.handled
            .add(1, &[self.queue.clone(), KeyValue::new("outcome", outcome)]);
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
        }
    }

    pub(crate) fn published(&self, events: usize) {
        let events = u64::try_from(events).unwrap_or_default();
        self.published
            .add(events, std::slice::from_ref(&self.schema));
    }

    pub(crate) fn oldest(&self, seconds: f64) {
        self.oldest
            .record(seconds, std::slice::from_ref(&self.schema));
    }
}
