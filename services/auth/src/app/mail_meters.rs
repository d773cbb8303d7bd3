//! What is counted of mails and text messages.

use oruma_telemetry::metrics::{Counter, Gauge, KeyValue, meter};

use crate::mailer::NotSent;

/// What is counted, by channel: `mail`, `sms`.
pub struct MailMeters {
    sent: Counter<u64>,
    failed: Counter<u64>,
    waiting: Gauge<i64>,
    oldest: Gauge<f64>,
}

impl Default for MailMeters {
    fn default() -> Self {
        let meter = meter("oruma.auth");
        Self {
            sent: meter
                .u64_counter("oruma.mails.sent")
                .with_description("Mails and text messages that got away, by channel: mail, sms")
                .build(),
            failed: meter
                .u64_counter("oruma.mails.failed")
                .with_description(
                    "Attempts that failed, by channel and reason: malformed, unreachable, refused, folder; expired is given up",
                )
                .build(),
            waiting: meter
                .i64_gauge("oruma.mails.waiting")
                .with_description("Mails and text messages that are not sent yet, by channel")
                .build(),
            oldest: meter
                .f64_gauge("oruma.mails.oldest")
                .with_unit("s")
                .with_description("How long the oldest of them has been waiting, by channel")
                .build(),
        }
    }
}

impl MailMeters {
    pub(super) fn tried(&self, channel: &str, outcome: &Result<(), NotSent>) {
        match outcome {
            Ok(()) => self.sent.add(1, &[of(channel)]),
            Err(error) => self.failed(channel, error.reason()),
        }
    }

    pub(super) fn failed(&self, channel: &str, reason: &'static str) {
        self.failed
            .add(1, &[of(channel), KeyValue::new("reason", reason)]);
    }

    pub(super) fn waiting(&self, channel: &'static str, count: i64, age: f64) {
        self.waiting.record(count, &[of(channel)]);
        self.oldest.record(age, &[of(channel)]);
    }
}

fn of(channel: &str) -> KeyValue {
    KeyValue::new("channel", channel.to_owned())
}
