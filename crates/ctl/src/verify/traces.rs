//! What is left of people whose account has ended.

use anyhow::Context;
use oruma_audit::{Left, Trace};
use oruma_auth::audit::DEPARTED;
use uuid::Uuid;

use super::check::{Finding, MOST_FINDINGS, Survey};
use crate::installation::{Installation, Service};

/// People of one look.
const AT_ONCE: i64 = 500;

pub(super) async fn survey(
    installation: &Installation,
    service: Service,
    trace: &Trace,
) -> anyhow::Result<Survey> {
    let mut survey = Survey::default();
    let mut after = Some(Uuid::nil());
    while let Some(last) = after {
        let departed;
        (departed, after) = departed_behind(installation, last).await?;
        survey.rows += departed.len() as u64;
        let room = MOST_FINDINGS - survey.findings.len();
        let left = left_of(installation, service, trace, &departed).await?;
        survey.findings.extend(left.into_iter().take(room));
    }
    Ok(survey)
}

pub(super) async fn again(
    installation: &Installation,
    service: Service,
    trace: &Trace,
    findings: &[Finding],
) -> anyhow::Result<Vec<Finding>> {
    let users: Vec<Uuid> = findings.iter().map(|finding| finding.id).collect();
    left_of(installation, service, trace, &users).await
}

/// The next people whose account has ended, and the last of them if there are more.
async fn departed_behind(
    installation: &Installation,
    after: Uuid,
) -> anyhow::Result<(Vec<Uuid>, Option<Uuid>)> {
    let mut conn = installation.reader(Service::Auth).await?;
    let last = DEPARTED.end(&mut conn, after, AT_ONCE).await?;
    let rows = DEPARTED
        .rows(&mut conn, after, last.unwrap_or(Uuid::max()))
        .await?;
    Ok((rows.into_keys().map(|key| key.id).collect(), last))
}

async fn left_of(
    installation: &Installation,
    service: Service,
    trace: &Trace,
    users: &[Uuid],
) -> anyhow::Result<Vec<Finding>> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = installation.reader(service).await?;
    let left = trace.of(&mut conn, users).await;
    let left = left.with_context(|| format!("{} can't be looked at", trace.name()))?;
    Ok(left
        .into_iter()
        .map(|left| finding(service, trace, left))
        .collect())
}

fn finding(service: Service, trace: &Trace, left: Left) -> Finding {
    Finding {
        service,
        what: trace.name(),
        id: left.user,
        part: String::new(),
        stored: left.rows.to_string(),
        counted: "0".to_owned(),
    }
}
