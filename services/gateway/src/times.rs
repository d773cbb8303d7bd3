//! Times as most contracts show them: UTC, with milliseconds and `Z`.

use chrono::{DateTime, SecondsFormat, Utc};
use pbjson_types::Timestamp;

/// A time of a service. One that is missing, which none leaves out, is the beginning of time.
pub(crate) fn iso(time: Option<Timestamp>) -> String {
    let time = time.and_then(|time| DateTime::<Utc>::try_from(time).ok());
    time.unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A time that a client wrote.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Timestamp, &'static str> {
    let time = DateTime::parse_from_rfc3339(text);
    let time = time.map_err(|_| "must be an ISO 8601 time such as 2026-11-21T14:00:00Z")?;
    Ok(time.with_timezone(&Utc).into())
}

/// A time that may be missing, which is shown as null.
pub(crate) fn iso_if_any(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| iso(Some(time)))
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

    #[test]
    fn times_of_clients_have_a_zone() {
        let time = parse("2026-11-21T15:00:00+01:00").unwrap();
        assert_eq!(iso(Some(time)), "2026-11-21T14:00:00.000Z");
        for wrong in ["", "2026-11-21", "2026-11-21T14:00:00", "tomorrow"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
