//! What people say of sales and of items.

use chrono::{DateTime, Utc};
use oruma_ids::{ItemId, UserId};
use oruma_rpc_error::Violation;
use oruma_text::{Lines, plain};
use uuid::Uuid;

/// What may be said.
#[derive(Debug, Clone, Copy)]
pub struct WordLimits {
    /// `REVIEW_MAX_COMMENT_CHARACTERS`: 2,000 by default.
    pub comment: usize,
    /// `REPORT_MAX_REASON_CHARACTERS`: 255 by default.
    pub reason: usize,
    /// `REPORT_MAX_DESCRIPTION_CHARACTERS`: 2,000 by default.
    pub description: usize,
}

/// What a buyer says of a sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The id.
    pub id: Uuid,
    /// What was sold.
    pub item: ItemId,
    /// Who sold it.
    pub seller: UserId,
    /// Who bought it.
    pub reviewer: UserId,
    /// How good it was.
    pub words: ReviewWords,
    /// When this was said.
    pub created_at: DateTime<Utc>,
}

/// How good a sale was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewWords {
    /// 1 to 5.
    pub rating: i16,
    /// May be empty.
    pub comment: String,
}

impl ReviewWords {
    /// Judges a review.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(rating: i32, comment: &str, limits: WordLimits) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let rating = i16::try_from(rating)
            .ok()
            .filter(|stars| (1..=5).contains(stars));
        if rating.is_none() {
            faults.push(Violation::new("rating", "must be from 1 to 5"));
        }
        let comment = words("comment", comment, Lines::Many, limits.comment, &mut faults);
        match rating {
            Some(rating) if faults.is_empty() => Ok(Self { rating, comment }),
            _ => Err(faults),
        }
    }
}

/// Why moderators should look at an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportWords {
    /// Why.
    pub reason: String,
    /// May be empty.
    pub description: String,
}

impl ReportWords {
    /// Judges a report.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(
        reason: &str,
        description: &str,
        limits: WordLimits,
    ) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let reason = words("reason", reason, Lines::One, limits.reason, &mut faults);
        if reason.is_empty() && faults.is_empty() {
            faults.push(Violation::new("reason", "is required"));
        }
        let most = limits.description;
        let description = words("description", description, Lines::Many, most, &mut faults);
        if faults.is_empty() {
            Ok(Self {
                reason,
                description,
            })
        } else {
            Err(faults)
        }
    }
}

fn words(
    field: &str,
    text: &str,
    lines: Lines,
    most: usize,
    faults: &mut Vec<Violation>,
) -> String {
    plain(text, lines, most).unwrap_or_else(|problem| {
        faults.push(Violation::new(field, problem.to_string()));
        String::new()
    })
}
