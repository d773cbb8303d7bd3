//! Reports to moderators.

use oruma_rpc_error::Violation;
use oruma_text::Lines;

use super::event::EventLimits;
use super::faults::Faults;

/// Why somebody tells moderators of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In a word or two.
    pub reason: String,
    /// In more; may be empty.
    pub description: String,
}

impl Report {
    /// Judges a report.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(
        reason: &str,
        description: &str,
        limits: EventLimits,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Faults::default();
        let report = Self {
            reason: faults.needed("reason", reason, Lines::One, limits.report_reason),
            description: faults.text(
                "description",
                description,
                Lines::Many,
                limits.report_description,
            ),
        };
        faults.or(report)
    }
}
