//! Words for the developer's terminal.

use std::error::Error;
use std::fmt;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::registry::LookupSpan;

use crate::propagation;
use crate::scrub;

/// How many digits of the trace id tell the traces of one terminal apart.
const SHORT_ID: usize = 8;

/// Formats an event as `time LEVEL target: message name=value … trace=1a2b3c4d`.
pub(super) struct TextLine;

// === impl TextLine ===

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());

        SystemTime.format_time(&mut writer)?;
        write!(writer, " {:>5} {}:", metadata.level(), metadata.target())?;
        let mut fields = Fields {
            writer: &mut writer,
            outcome: Ok(()),
        };
        event.record(&mut fields);
        fields.outcome?;
        if let Some((trace_id, _)) = propagation::current_ids() {
            let id = trace_id.to_string();
            write!(writer, " trace={}", id.get(..SHORT_ID).unwrap_or(&id))?;
        }
        writeln!(writer)
    }
}

/// Writes each field behind a space, secrets masked.
struct Fields<'a, 'writer> {
    writer: &'a mut Writer<'writer>,
    outcome: fmt::Result,
}

// === impl Fields ===

impl Fields<'_, '_> {
    fn text(&mut self, field: &Field, value: &str) {
        let name = field.name().trim_start_matches("r#");
        // added by the `log` crate's bridge, and shown as target
        if self.outcome.is_err() || name.starts_with("log.") {
            return;
        }
        let hidden = scrub::field(name, value);
        let shown = hidden.as_deref().unwrap_or(value);
        self.outcome = if name == "message" {
            write!(self.writer, " {shown}")
        } else {
            write!(self.writer, " {name}={shown}")
        };
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.text(field, &super::chain(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use tracing::info;

    use super::super::testing::written;
    use crate::LogFormat;

    #[test]
    fn a_line_reads_from_message_to_fields_without_secrets() {
        let line = written(LogFormat::Text, "INFO", || {
            info!(target: "oruma::test", code = 123_456, post.id = 7, kind = "note", "post read");
        });
        let (_, words) = line.split_once(' ').unwrap();
        assert_eq!(
            words,
            " INFO oruma::test: post read code=[redacted] post.id=7 kind=note\n"
        );
    }
}
