//! What people say of sales and of items.

use chrono::{DateTime, Utc};
use oruma_ids::{ItemId, UserId};
use oruma_rpc_error::Violation;
use oruma_text::{Faults, Lines};
use uuid::Uuid;

/// What may be said.
#[derive(Debug, Clone, Copy)]
pub struct ReviewLimits {
    /// `REVIEW_MAX_COMMENT_CHARACTERS`: 2,000 by default.
    pub comment: usize,
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
    pub fn judge(rating: i32, comment: &str, limits: ReviewLimits) -> Result<Self, Vec<Violation>> {
        let mut faults = Faults::default();
        let rating = i16::try_from(rating)
            .ok()
            .filter(|stars| (1..=5).contains(stars));
        if rating.is_none() {
            faults.add("rating", "must be from 1 to 5");
        }
        let comment = faults.text("comment", comment, Lines::Many, limits.comment);
        faults.or(Self {
            rating: rating.unwrap_or_default(),
            comment,
        })
    }
}
