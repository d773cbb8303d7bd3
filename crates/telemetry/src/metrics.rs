//! Metrics of this process, and the page on which Prometheus reads them.

mod page;

use std::sync::OnceLock;

pub use opentelemetry::KeyValue;
use opentelemetry::global;
pub use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, UpDownCounter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{
    Aggregation, Instrument, InstrumentKind, SdkMeterProvider, Stream,
};
use prometheus::{Registry, TextEncoder};

pub use self::page::serve;
use crate::error::TelemetryError;

/// Upper bounds of the buckets of every histogram whose unit is `s`.
const SECONDS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// Returns the meter that makes the instruments of a part of the program, such as `oruma.broker`.
///
/// Call it after [`crate::init`]: instruments made earlier, or without an address for the page,
/// record nothing, at no cost. A histogram of seconds (unit `s`) gets buckets from 1 ms to 10 s.
/// Keep attributes to few values: past 2000 combinations an instrument counts the rest as one.
pub fn meter(name: &'static str) -> Meter {
    global::meter(name)
}

/// Renders all metrics in the text format of Prometheus; empty where none are collected.
pub fn encode() -> String {
    let families = REGISTRY.get().map(Registry::gather).unwrap_or_default();
    TextEncoder::new()
        .encode_to_string(&families)
        .unwrap_or_else(|error| {
            tracing::warn!(error = %error, "metrics cannot be rendered");
            String::new()
        })
}

/// Starts collecting for the whole process, unless it has started before.
pub(crate) fn collect(resource: Resource) -> Result<(), TelemetryError> {
    let registry = Registry::new();
    let provider = provider(resource, &registry)?;
    if REGISTRY.set(registry).is_ok() {
        global::set_meter_provider(provider);
    }
    Ok(())
}

pub(crate) fn provider(
    resource: Resource,
    registry: &Registry,
) -> Result<SdkMeterProvider, TelemetryError> {
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()?;
    Ok(SdkMeterProvider::builder()
        .with_resource(resource)
        .with_view(seconds)
        .with_reader(reader)
        .build())
}

fn seconds(instrument: &Instrument) -> Option<Stream> {
    if instrument.kind() != InstrumentKind::Histogram || instrument.unit() != "s" {
        return None;
    }
    let aggregation = Aggregation::ExplicitBucketHistogram {
        boundaries: SECONDS.to_vec(),
        record_min_max: false,
    };
    Stream::builder().with_aggregation(aggregation).build().ok()
}
