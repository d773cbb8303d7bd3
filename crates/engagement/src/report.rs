//! Reports to moderators: who told of what, once a person (O-041, O-054).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement};
use oruma_rpc_error::Violation;
use oruma_service_runtime::{ConfigError, Env};
use oruma_text::{Faults, Lines};
use uuid::Uuid;

/// What a report may hold, in code points.
#[derive(Debug, Clone, Copy)]
pub struct ReportLimits {
    /// `REPORT_MAX_REASON_CHARACTERS`: 255 by default.
    pub reason: usize,
    /// `REPORT_MAX_DESCRIPTION_CHARACTERS`: 2,000 by default.
    pub description: usize,
}

impl ReportLimits {
    /// Reads the variables.
    ///
    /// # Errors
    /// [`ConfigError`] with the name of the first variable that is wrong.
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            reason: env.at_least_one("REPORT_MAX_REASON_CHARACTERS", 255)?,
            description: env.number("REPORT_MAX_DESCRIPTION_CHARACTERS", 2_000)?,
        })
    }
}

/// Why moderators should look at a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In a word or two.
    pub reason: String,
    /// In more; may be empty.
    pub description: String,
}

impl Report {
    /// Judges what somebody tells.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(
        reason: &str,
        description: &str,
        limits: ReportLimits,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Faults::default();
        let report = Self {
            reason: faults.needed("reason", reason, Lines::One, limits.reason),
            description: faults.text("description", description, Lines::Many, limits.description),
        };
        faults.or(report)
    }
}

/// The reports on one sort of thing: their statements.
#[derive(Debug)]
pub struct Reports {
    /// Values: thing, reporter, reason, description, time.
    insert: String,
    /// Values: reporter, reporter, how many.
    take_back: String,
}

impl Reports {
    /// The reports in a table whose column `thing` names what they are about: `Reports::new("events.reports", "event_id")`.
    #[must_use]
    pub fn new(reports: &str, thing: &str) -> Self {
        Self {
            insert: format!(
                "INSERT INTO {reports} ({thing}, reporter_id, reason, description, created_at) VALUES (?, ?, ?, ?, ?)
                 ON CONFLICT DO NOTHING"
            ),
            take_back: format!(
                "DELETE FROM {reports} WHERE reporter_id = ? AND {thing} IN (
                     SELECT {thing} FROM {reports} WHERE reporter_id = ? ORDER BY {thing} LIMIT ? FOR UPDATE)"
            ),
        }
    }

    /// Keeps a report, and tells whether it is the person's first on that thing; another is not kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert(
        &self,
        conn: &mut Connection,
        thing: Uuid,
        reporter: UserId,
        report: &Report,
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        let values = vec![
            Bound::Id(thing),
            Bound::Id(reporter.as_uuid()),
            Bound::Text(&report.reason),
            Bound::Text(&report.description),
            Bound::Time(now),
        ];
        let inserted = Statement::<()>::new(&self.insert, values)
            .execute(conn)
            .await?;
        Ok(inserted == 1)
    }

    /// Removes at most `most` reports of a person who is gone, and returns how many that were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_back_some(
        &self,
        conn: &mut Connection,
        reporter: UserId,
        most: i64,
    ) -> QueryResult<usize> {
        let reporter = Bound::Id(reporter.as_uuid());
        let values = vec![reporter, reporter, Bound::Number(most)];
        Statement::<()>::new(&self.take_back, values)
            .execute(conn)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ReportLimits = ReportLimits {
        reason: 255,
        description: 2_000,
    };

    #[test]
    fn a_report_has_a_reason() {
        let report = Report::judge(" spam ", "twice\na day", LIMITS).unwrap();
        assert_eq!(
            (report.reason.as_str(), report.description.as_str()),
            ("spam", "twice\na day")
        );
        let named = |reason: &str, description: &str| {
            let faults = Report::judge(reason, description, LIMITS).unwrap_err();
            faults
                .into_iter()
                .map(|fault| fault.field)
                .collect::<Vec<_>>()
        };
        assert_eq!(named(" ", &"x".repeat(2_001)), ["reason", "description"]);
        assert_eq!(named(&"x".repeat(256), ""), ["reason"]);
        assert_eq!(named("two\nlines", ""), ["reason"]);
    }
}
