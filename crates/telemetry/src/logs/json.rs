//! One JSON object a line.

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::Serializer as _;
use serde::ser::SerializeMap;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::registry::LookupSpan;

use crate::propagation;
use crate::scrub;

/// Keys that the line sets by itself; a field of that name moves below `fields.`.
const RESERVED: [&str; 6] = [
    "timestamp",
    "level",
    "target",
    "service",
    "trace_id",
    "span_id",
];

/// Formats an event as `{"timestamp", "level", "target", "service", "trace_id", "span_id",
/// "message", …fields}`.
pub(super) struct JsonLine {
    pub(super) service: &'static str,
}

// === impl JsonLine ===

impl<S, N> FormatEvent<S, N> for JsonLine
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
        let mut line = Vec::with_capacity(256);
        self.write(&mut line, event).map_err(|_| fmt::Error)?;
        let text = std::str::from_utf8(&line).map_err(|_| fmt::Error)?;
        writeln!(writer, "{text}")
    }
}

impl JsonLine {
    fn write(&self, line: &mut Vec<u8>, event: &Event<'_>) -> serde_json::Result<()> {
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());

        let mut serializer = serde_json::Serializer::new(line);
        let mut object = serializer.serialize_map(None)?;
        object.serialize_entry("timestamp", &timestamp())?;
        object.serialize_entry("level", metadata.level().as_str())?;
        object.serialize_entry("target", metadata.target())?;
        object.serialize_entry("service", self.service)?;
        if let Some((trace_id, span_id)) = propagation::current_ids() {
            object.serialize_entry("trace_id", &trace_id.to_string())?;
            object.serialize_entry("span_id", &span_id.to_string())?;
        }
        let mut fields = Fields {
            object: &mut object,
            outcome: Ok(()),
        };
        event.record(&mut fields);
        fields.outcome?;
        object.end()
    }
}

fn timestamp() -> String {
    let mut text = String::with_capacity(27);
    // writing to a string cannot fail, and a line without a time is better than no line
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

/// Writes each field as an entry of the object, secrets masked.
struct Fields<'a, M: SerializeMap> {
    object: &'a mut M,
    outcome: Result<(), M::Error>,
}

// === impl Fields ===

impl<M: SerializeMap> Fields<'_, M> {
    fn text(&mut self, field: &Field, value: &str) {
        match scrub::field(field.name(), value) {
            Some(shown) => self.entry(field, &shown),
            None => self.entry(field, value),
        }
    }

    fn plain(&mut self, field: &Field, value: impl Serialize) {
        match scrub::name(field.name()) {
            Some(mask) => self.entry(field, mask),
            None => self.entry(field, &value),
        }
    }

    fn entry(&mut self, field: &Field, value: &(impl Serialize + ?Sized)) {
        let name = field.name().trim_start_matches("r#");
        // added by the `log` crate's bridge, and shown as target
        if self.outcome.is_err() || name.starts_with("log.") {
            return;
        }
        self.outcome = if RESERVED.contains(&name) {
            self.object
                .serialize_entry(&format!("fields.{name}"), value)
        } else {
            self.object.serialize_entry(name, value)
        };
    }
}

impl<M: SerializeMap> Visit for Fields<'_, M> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.plain(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, value);
    }

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
mod tests;
