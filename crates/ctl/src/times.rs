//! Times as people read them.

use chrono::{DateTime, SecondsFormat, Utc};

/// To the second, in UTC; `-` for none.
pub(crate) fn of(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(
        || "-".to_owned(),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}
