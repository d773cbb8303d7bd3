//! Spans: which are recorded, what is left out of them, and where they go.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use tonic::transport::ClientTlsConfig;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, LevelFilter};
use tracing_subscriber::registry::LookupSpan;

use crate::config::TelemetryConfig;
use crate::error::TelemetryError;
use crate::scrub;

/// Refuses a share of traces that is not one.
pub(crate) fn check_ratio(ratio: f64) -> Result<(), TelemetryError> {
    if (0.0..=1.0).contains(&ratio) {
        Ok(())
    } else {
        Err(TelemetryError::InvalidSampleRatio(ratio))
    }
}

/// Makes the source of spans: with an endpoint it exports the sampled ones in batches, without one
/// it only hands out ids.
pub(crate) fn provider(
    config: &TelemetryConfig,
    resource: Resource,
) -> Result<SdkTracerProvider, TelemetryError> {
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &config.otlp_endpoint else {
        // not plainly off: the decision of a caller must reach the services behind this one
        return Ok(builder
            .with_sampler(parent_based(Sampler::AlwaysOff))
            .build());
    };
    let exporter = ScrubbingExporter {
        inner: exporter(endpoint)?,
    };
    let sampler = parent_based(Sampler::TraceIdRatioBased(config.sample_ratio));
    Ok(builder
        .with_sampler(sampler)
        .with_batch_exporter(exporter)
        .build())
}

/// Makes a layer that turns spans up to level INFO into spans of `provider`, whatever the log level
/// is. Events become part of their span where spans are exported.
pub(crate) fn layer<S>(provider: &SdkTracerProvider, exporting: bool) -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let wanted = move |metadata: &Metadata<'_>| {
        *metadata.level() <= Level::INFO && (exporting || metadata.is_span())
    };
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("oruma"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(FilterFn::new(wanted).with_max_level_hint(LevelFilter::INFO))
}

fn parent_based(root: Sampler) -> Sampler {
    Sampler::ParentBased(Box::new(root))
}

fn exporter(endpoint: &str) -> Result<OtlpExporter, TelemetryError> {
    if tokio::runtime::Handle::try_current().is_err() {
        return Err(TelemetryError::NoRuntime);
    }
    let mut builder = OtlpExporter::builder().with_tonic().with_endpoint(endpoint);
    // only where needed: an image without authorities must still reach a collector beside it
    if endpoint.starts_with("https://") || !endpoint.contains("://") {
        builder = builder.with_tls_config(ClientTlsConfig::new().with_enabled_roots());
    }
    Ok(builder.build()?)
}

/// Hides secrets in attributes before they leave the process.
#[derive(Debug)]
struct ScrubbingExporter<E> {
    inner: E,
}

// === impl ScrubbingExporter ===

impl<E: SpanExporter> SpanExporter for ScrubbingExporter<E> {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        batch.iter_mut().for_each(scrub_span);
        self.inner.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

fn scrub_span(span: &mut SpanData) {
    scrub_attributes(&mut span.attributes);
    for event in &mut span.events.events {
        scrub_attributes(&mut event.attributes);
    }
    for link in &mut span.links.links {
        scrub_attributes(&mut link.attributes);
    }
}

fn scrub_attributes(attributes: &mut [KeyValue]) {
    for attribute in attributes {
        let hidden = scrub::field(attribute.key.as_str(), &attribute.value.as_str());
        if let Some(hidden) = hidden {
            attribute.value = Value::from(hidden);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_lies_between_none_and_all() {
        assert!(check_ratio(0.0).is_ok());
        assert!(check_ratio(1.0).is_ok());
        for ratio in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            assert!(check_ratio(ratio).is_err(), "{ratio}");
        }
    }

    #[test]
    fn secrets_are_hidden_in_attributes_of_any_type() {
        let mut attributes = [
            KeyValue::new("user.email", "ada@example.edu"),
            KeyValue::new("code", 123_456),
            KeyValue::new("url.full", "https://oruma.test/ws?token=abc&room=7"),
            KeyValue::new("rpc.grpc.status_code", 5),
        ];
        scrub_attributes(&mut attributes);
        let values: Vec<_> = attributes.iter().map(|a| a.value.to_string()).collect();
        assert_eq!(
            values,
            [
                "[redacted]",
                "[redacted]",
                "https://oruma.test/ws?token=[redacted]&room=7",
                "5"
            ]
        );
    }
}
