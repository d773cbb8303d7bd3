//! Starts and stops telemetry of a process.

use std::time::Duration;

use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkError;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::resource::{EnvResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

use crate::config::TelemetryConfig;
use crate::error::TelemetryError;
use crate::{logs, metrics, traces};

const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// Telemetry of this process, to be shut down last.
#[derive(Debug)]
#[must_use = "spans still queued are lost unless it is shut down"]
pub struct Telemetry {
    exporting: Option<SdkTracerProvider>,
}

/// Starts logs on standard error, traces and metrics, for the whole process.
///
/// A process has one subscriber. Where one is set already, as in tests, it stays, and so do the
/// metrics of an earlier call.
///
/// # Errors
/// The settings are invalid, or an endpoint is set outside of a Tokio runtime.
pub fn init(config: TelemetryConfig) -> Result<Telemetry, TelemetryError> {
    init_to(config, std::io::stderr)
}

/// Does what [`init`] does, with log lines going to `writer`, one write for each line.
///
/// # Errors
/// Those of [`init`].
pub fn init_to<W>(config: TelemetryConfig, writer: W) -> Result<Telemetry, TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    traces::check_ratio(config.sample_ratio)?;
    let log_layer = logs::layer(&config, writer)?;
    let resource = resource(&config);

    global::set_text_map_propagator(TraceContextPropagator::new());
    if config.prometheus.is_some() {
        metrics::collect(resource.clone())?;
    }
    let provider = traces::provider(&config, resource)?;
    let exporting = config.otlp_endpoint.is_some();
    let installed = tracing_subscriber::registry()
        .with(log_layer)
        .with(traces::layer(&provider, exporting))
        .try_init();
    if installed.is_ok() {
        global::set_tracer_provider(provider.clone());
    }
    Ok(Telemetry {
        exporting: exporting.then_some(provider),
    })
}

// === impl Telemetry ===

impl Telemetry {
    /// Sends the spans that are still queued, for 5 seconds at most. Spans that end later are
    /// dropped; a failure is logged.
    pub async fn shutdown(self) {
        let Some(provider) = self.exporting else {
            return;
        };
        // the provider waits for its own thread, which itself may need this runtime's workers
        let flush =
            tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_LIMIT));
        let outcome = match tokio::time::timeout(FLUSH_LIMIT, flush).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(OTelSdkError::Timeout(FLUSH_LIMIT)),
        };
        if let Err(error) = outcome {
            tracing::warn!(error = %error, "spans may be lost at shutdown");
        }
    }
}

/// Describes this process, in spans and in the metric `target_info`; `OTEL_RESOURCE_ATTRIBUTES` has the last word, so that a cluster can name
/// its pods.
fn resource(config: &TelemetryConfig) -> Resource {
    let revision = config.service_revision;
    let revision = revision.map(|revision| KeyValue::new("vcs.ref.head.revision", revision));
    Resource::builder_empty()
        .with_service_name(config.service_name)
        .with_attributes([
            KeyValue::new("service.namespace", "oruma"),
            KeyValue::new("service.version", config.service_version),
            KeyValue::new("service.instance.id", Uuid::new_v4().to_string()),
        ])
        .with_attributes(revision)
        .with_detectors(&[
            Box::new(TelemetryResourceDetector),
            Box::new(EnvResourceDetector::new()),
        ])
        .build()
}
