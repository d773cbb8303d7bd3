//! Reports to moderators, and what they make of them.

use std::collections::HashMap;
use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_proto::social::v1 as proto;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::owner::Owner;
use crate::times::iso;

/// Body of `POST …/report`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct ReportRequest {
    /// 1 to 255 characters.
    #[schema(example = "spam")]
    pub(in super::super) reason: Option<String>,
    /// Up to 2,000 characters.
    pub(in super::super) description: Option<String>,
}

/// Answer where there is nothing to say.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Nothing {}

/// Body of `PUT /api/admin/reports/{reportId}`.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct DecisionRequest {
    /// open, actioned or dismissed.
    #[schema(example = "actioned")]
    pub(in super::super) state: Option<String>,
    /// Why; up to 2,000 characters.
    pub(in super::super) note: Option<String>,
}

/// What somebody told moderators.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Report {
    /// UUID.
    id: String,
    /// post, event or item.
    #[serde(rename = "type")]
    kind: String,
    /// UUID of the post, event or item; it may be gone.
    subject_id: String,
    /// Who made it.
    owner: Owner,
    /// Who told; missing when the account is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    reporter: Option<Owner>,
    /// Why.
    reason: String,
    /// More words; may be empty.
    description: String,
    /// open, actioned or dismissed.
    state: &'static str,
    /// When it was told.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    reported_at: String,
    /// When its state last changed.
    updated_at: String,
    /// What moderators did, oldest first; only of a single report.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<ReportStep>,
}

/// What a moderator did.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ReportStep {
    /// Who.
    moderator: Owner,
    /// The state before.
    from: &'static str,
    /// The state after.
    to: &'static str,
    /// Why; may be empty.
    note: String,
    /// When.
    at: String,
}

/// A page of the moderators' queue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct ReportsPage {
    reports: Vec<Report>,
    /// How many there are in all.
    total: i64,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// The cards of the people of some reports.
pub(in super::super) type Cards = HashMap<String, Arc<UserCard>>;

/// The state of that name; not said when it is empty, and none that there is where there is no such state: the service refuses it, after it has
/// said who may ask.
pub(in super::super) fn state_number(name: &str) -> i32 {
    match name {
        "" => proto::ReportState::Unspecified.into(),
        "open" => proto::ReportState::Open.into(),
        "actioned" => proto::ReportState::Actioned.into(),
        "dismissed" => proto::ReportState::Dismissed.into(),
        _ => -1,
    }
}

const fn name_of(state: proto::ReportState) -> &'static str {
    match state {
        proto::ReportState::Unspecified | proto::ReportState::Open => "open",
        proto::ReportState::Actioned => "actioned",
        proto::ReportState::Dismissed => "dismissed",
    }
}

/// Everybody whom a report names.
pub(in super::super) fn people_of(report: &proto::Report) -> impl Iterator<Item = String> {
    let moderators = report.steps.iter().map(|step| &step.moderator_id);
    [&report.owner_id, &report.reporter_id]
        .into_iter()
        .chain(moderators)
        .filter(|id| !id.is_empty())
        .cloned()
}

impl Report {
    /// `None` when a card is missing, which is a fault of ours.
    pub(in super::super) fn new(report: proto::Report, cards: &Cards) -> Option<Self> {
        let person = |id: &str| cards.get(id).map(|card| Owner::from(&**card));
        let state = name_of(report.state());
        let steps = report.steps.into_iter().map(|step| {
            Some(ReportStep {
                moderator: person(&step.moderator_id)?,
                from: name_of(step.from()),
                to: name_of(step.to()),
                note: step.note,
                at: iso(step.at),
            })
        });
        Some(Self {
            owner: person(&report.owner_id)?,
            reporter: person(&report.reporter_id),
            steps: steps.collect::<Option<_>>()?,
            id: report.id,
            kind: report.subject_kind,
            subject_id: report.subject_id,
            reason: report.reason,
            description: report.description,
            state,
            reported_at: iso(report.reported_at),
            updated_at: iso(report.updated_at),
        })
    }
}

impl ReportsPage {
    pub(in super::super) fn new(reports: Vec<Report>, total: i64, next_page_token: String) -> Self {
        Self {
            reports,
            total,
            has_more: !next_page_token.is_empty(),
            next_cursor: (!next_page_token.is_empty()).then_some(next_page_token),
        }
    }
}
