//! Log lines: which are written, and in which of two formats.

mod json;
mod text;

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use tracing::Subscriber;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer};

use self::json::JsonLine;
use self::text::TextLine;
use crate::config::{LogFormat, TelemetryConfig};
use crate::error::TelemetryError;

/// Libraries that tell each frame of each connection below INFO, and one that announces itself; to
/// hear them, name them in the directives.
const TALKATIVE: &str =
    "h2=info,hyper=info,hyper_util=info,rustls=info,tonic=info,tower=info,opentelemetry=warn";

/// Makes a layer that writes the events that the settings ask for to `writer`.
pub(crate) fn layer<S, W>(
    config: &TelemetryConfig,
    writer: W,
) -> Result<Box<dyn Layer<S> + Send + Sync>, TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let filter = filter(&config.log_level)?;
    let layer = tracing_subscriber::fmt::layer()
        .fmt_fields(NoSpanFields)
        .with_writer(writer);
    let service = config.service_name;
    Ok(match config.log_format {
        LogFormat::Json => layer
            .event_format(JsonLine { service })
            .with_filter(filter)
            .boxed(),
        LogFormat::Text => layer.event_format(TextLine).with_filter(filter).boxed(),
    })
}

fn filter(level: &str) -> Result<EnvFilter, TelemetryError> {
    let invalid = || TelemetryError::InvalidLogLevel(level.to_owned());
    let wanted = level.trim();
    if wanted.contains(['=', ',', '[']) {
        return EnvFilter::try_new(wanted).map_err(|_| invalid());
    }
    if wanted.is_empty() {
        return Err(invalid());
    }
    // a lone unknown word would be taken for a module's name, and silence everything else
    let plain = match LevelFilter::from_str(wanted) {
        Ok(plain) => plain,
        Err(_) if wanted.eq_ignore_ascii_case("warning") => LevelFilter::WARN,
        Err(_) => return Err(invalid()),
    };
    let directives = if plain >= LevelFilter::INFO {
        format!("{plain},{TALKATIVE}")
    } else {
        plain.to_string()
    };
    EnvFilter::try_new(directives).map_err(|_| invalid())
}

/// Joins an error and its causes, from the outermost in.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

/// Formats nothing: lines show the fields of events, and the trace shows those of spans.
struct NoSpanFields;

// === impl NoSpanFields ===

impl<'writer> FormatFields<'writer> for NoSpanFields {
    fn format_fields<R: RecordFields>(&self, _: Writer<'writer>, _: R) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod testing {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use opentelemetry_sdk::Resource;
    use tracing_subscriber::layer::SubscriberExt;

    use crate::{LogFormat, TelemetryConfig, traces};

    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Runs `emit` and returns what it logged from `level` up.
    pub(super) fn written(log_format: LogFormat, level: &str, emit: impl FnOnce()) -> String {
        let config = TelemetryConfig {
            log_level: level.to_owned(),
            log_format,
            ..TelemetryConfig::for_test()
        };
        let buffer = Buffer::default();
        let writer = buffer.clone();
        let provider = traces::provider(&config, Resource::builder_empty().build()).unwrap();
        let subscriber = tracing_subscriber::registry()
            .with(super::layer(&config, move || writer.clone()).unwrap())
            .with(traces::layer(&provider, false));
        tracing::subscriber::with_default(subscriber, emit);
        String::from_utf8(buffer.0.lock().unwrap().clone()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_read_in_any_case_and_directives_as_they_are() {
        assert_eq!(filter("ERROR").unwrap().to_string(), "error");
        assert_eq!(filter(" Warning ").unwrap().to_string(), "warn");
        let debug = filter("DEBUG").unwrap().to_string();
        assert!(
            debug.contains("h2=info") && debug.contains(",debug"),
            "{debug}"
        );
        assert_eq!(
            filter("oruma_social=debug,warn").unwrap().to_string(),
            "oruma_social=debug,warn"
        );
    }

    #[test]
    fn a_mistyped_level_is_refused() {
        for level in ["", "inof", "info;debug", "oruma=loud"] {
            assert!(filter(level).is_err(), "{level}");
        }
    }
}
