//! What moderators were told, and what they did.

use chrono::{DateTime, Utc};
use oruma_ids::{ReportId, UserId};
use uuid::Uuid;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// A post.
    Post,
    /// An event that somebody organises.
    Event,
    /// An item that somebody sells.
    Item,
}

impl SubjectKind {
    const ALL: [Self; 3] = [Self::Post, Self::Event, Self::Item];

    /// Its name, as in the contract and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Event => "event",
            Self::Item => "item",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How far moderators are with a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Nobody has decided.
    Open,
    /// Something was done.
    Actioned,
    /// There was nothing to do.
    Dismissed,
}

impl ReportState {
    const ALL: [Self; 3] = [Self::Open, Self::Actioned, Self::Dismissed];

    /// Its name, as in the contract and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Actioned => "actioned",
            Self::Dismissed => "dismissed",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a report is about, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// Its id.
    pub id: Uuid,
    /// Who made it.
    pub owner: UserId,
}

/// What somebody told moderators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The id.
    pub id: ReportId,
    /// What it is about.
    pub subject: Subject,
    /// Who told; `None` when the account is gone.
    pub reporter: Option<UserId>,
    /// Why.
    pub reason: String,
    /// More words; may be empty.
    pub description: String,
    /// How far moderators are.
    pub state: ReportState,
    /// When it was told.
    pub created_at: DateTime<Utc>,
    /// When its state last changed.
    pub updated_at: DateTime<Utc>,
}

/// What a moderator did with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub moderator: UserId,
    /// The state before.
    pub before: ReportState,
    /// The state after.
    pub after: ReportState,
    /// Why; may be empty.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}
