//! What is counted of sockets.

use std::sync::LazyLock;

use oruma_telemetry::metrics::{Counter, KeyValue, UpDownCounter, meter};

use super::dialect::Reload;
use super::frame::Close;

/// The instruments of all sockets of this process.
pub(super) static METERS: LazyLock<Meters> = LazyLock::new(Meters::new);

pub(super) struct Meters {
    open: UpDownCounter<i64>,
    closed: Counter<u64>,
    frames: Counter<u64>,
    reloads: Counter<u64>,
    replays: Counter<u64>,
}

impl Meters {
    fn new() -> Self {
        let meter = meter("oruma.gateway");
        Self {
            open: meter
                .i64_up_down_counter("oruma.sockets.open")
                .with_description("Sockets that are open, by contract")
                .build(),
            closed: meter
                .u64_counter("oruma.sockets.closed")
                .with_description("Sockets that were closed, by contract and reason")
                .build(),
            frames: meter
                .u64_counter("oruma.sockets.frames")
                .with_description("Frames, by direction: in, out, dropped")
                .build(),
            reloads: meter
                .u64_counter("oruma.sockets.reloads")
                .with_description("Clients that were told to reload, by reason")
                .build(),
            replays: meter
                .u64_counter("oruma.sockets.replays")
                .with_description("Sockets that asked for what they had missed")
                .build(),
        }
    }

    pub(super) fn opened(&self, contract: &'static str) {
        self.open.add(1, &[KeyValue::new("contract", contract)]);
    }

    pub(super) fn closed(&self, contract: &'static str, why: Close) {
        let contract = KeyValue::new("contract", contract);
        self.open.add(-1, std::slice::from_ref(&contract));
        self.closed
            .add(1, &[contract, KeyValue::new("reason", why.reason())]);
    }

    pub(super) fn frame(&self, direction: &'static str) {
        self.frames.add(1, &[KeyValue::new("direction", direction)]);
    }

    pub(super) fn reload(&self, reason: Reload) {
        self.reloads
            .add(1, &[KeyValue::new("reason", reason.name())]);
    }

    pub(super) fn replay(&self) {
        self.replays.add(1, &[]);
    }
}
