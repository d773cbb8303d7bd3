//! Times as most contracts show them: UTC, with milliseconds and `Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use pbjson_types::Timestamp;

/// A time of a service. One that is missing, which none leaves out, is the beginning of time.
pub(crate) fn iso(time: Option<Timestamp>) -> String {
    let time = time.and_then(|time| DateTime::<Utc>::try_from(time).ok());
    time.unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_a_z() {
        let time = Timestamp {
            seconds: 1_795_269_600,
            nanos: 7_999_999,
        };
        assert_eq!(iso(Some(time)), "2026-11-21T14:00:00.007Z");
    }
}
