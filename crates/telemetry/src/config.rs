//! The settings of telemetry. Reading them from the environment is the caller's part.

use std::net::SocketAddr;
use std::str::FromStr;

use crate::TelemetryError;

/// Settings of logs, traces and metrics of one process.
///
/// The OpenTelemetry SDK reads more by itself: `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_BSP_*`,
/// `OTEL_SPAN_*_LIMIT` and, for the exporter, the headers, timeout and compression among
/// `OTEL_EXPORTER_OTLP_*`.
#[derive(Debug, Clone, PartialEq)]
pub struct TelemetryConfig {
    /// Name of the service in logs, traces and metrics, such as `social`.
    pub service_name: &'static str,
    /// Version of the service, as in its `Cargo.toml`.
    pub service_version: &'static str,
    /// The commit that the program was built from, where it is known.
    pub service_revision: Option<&'static str>,
    /// `LOG_LEVEL`: a level in any case (`INFO`), or directives as `tracing_subscriber::EnvFilter`
    /// reads them (`warn,oruma_social=debug`).
    pub log_level: String,
    /// `LOG_FORMAT`: how a log line looks.
    pub log_format: LogFormat,
    /// `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, else `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans go over
    /// OTLP/gRPC, with scheme (`http://collector:4317`). Without one nothing is recorded, and trace
    /// ids are still passed on and logged.
    pub otlp_endpoint: Option<String>,
    /// `OTEL_TRACES_SAMPLER_ARG`, default 1.0: share of traces that are recorded when the caller
    /// did not decide, from 0.0 to 1.0.
    pub sample_ratio: f64,
    /// `OTEL_EXPORTER_PROMETHEUS_HOST` (default 127.0.0.1) and `OTEL_EXPORTER_PROMETHEUS_PORT`: the
    /// address that [`crate::metrics::serve`] is given. Without one no metrics are collected.
    pub prometheus: Option<SocketAddr>,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    #[default]
    Json,
    /// Words, for the developer's terminal.
    Text,
}

// === impl LogFormat ===

impl FromStr for LogFormat {
    type Err = TelemetryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_lowercase().as_str() {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(TelemetryError::InvalidLogFormat(text.to_owned())),
        }
    }
}

#[cfg(test)]
impl TelemetryConfig {
    /// Settings of a process without collector and metrics page.
    pub(crate) fn for_test() -> Self {
        Self {
            service_name: "test",
            service_version: "0.0.0",
            service_revision: None,
            log_level: "INFO".to_owned(),
            log_format: LogFormat::Json,
            otlp_endpoint: None,
            sample_ratio: 1.0,
            prometheus: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_formats_are_read_in_any_case() {
        assert_eq!("JSON".parse::<LogFormat>().unwrap(), LogFormat::Json);
        assert_eq!(" text ".parse::<LogFormat>().unwrap(), LogFormat::Text);
        assert_eq!(
            "xml".parse::<LogFormat>().unwrap_err().to_string(),
            "invalid log format `xml`, expected json or text"
        );
    }
}
