//! What can go wrong while telemetry starts.

use std::net::SocketAddr;

use opentelemetry_otlp::ExporterBuildError;
use opentelemetry_sdk::error::OTelSdkError;

/// A reason why telemetry could not start; all of them are faults of the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// `log_level` is neither a level nor a list of filter directives.
    #[error("invalid log level `{0}`")]
    InvalidLogLevel(String),
    /// `log_format` is neither `json` nor `text`.
    #[error("invalid log format `{0}`, expected json or text")]
    InvalidLogFormat(String),
    /// `sample_ratio` is not between 0 and 1.
    #[error("invalid sample ratio {0}, expected 0.0 to 1.0")]
    InvalidSampleRatio(f64),
    /// An exporter was asked for outside of a Tokio runtime, in which its connection has to live.
    #[error("traces can only be exported from within a tokio runtime")]
    NoRuntime,
    /// The exporter of traces refused its endpoint or one of the `OTEL_EXPORTER_OTLP_*` variables.
    #[error("cannot export traces")]
    Exporter(#[from] ExporterBuildError),
    /// The collection of metrics could not be set up.
    #[error("cannot collect metrics")]
    Metrics(#[from] OTelSdkError),
    /// The address of the metrics page is taken or not one of this machine.
    #[error("cannot serve metrics on {address}")]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system answered.
        source: std::io::Error,
    },
}
