//! Stored numbers, and the rows that they count.

use anyhow::Context;
use oruma_audit::{Counted, Counter};
use uuid::Uuid;

use super::check::{Finding, MOST_FINDINGS, Survey};
use crate::installation::{Installation, Service};

/// Rows of one look at some of them.
const AT_ONCE: usize = 500;

pub(super) async fn survey(
    installation: &Installation,
    service: Service,
    counter: &Counter,
) -> anyhow::Result<Survey> {
    let mut survey = Survey::default();
    let mut after = Uuid::nil();
    loop {
        let mut conn = installation.reader(service).await?;
        let page = counter.page(&mut conn, after).await;
        let page = page.with_context(|| format!("{} can't be counted", counter.name))?;
        let Some(last) = page.last() else {
            return Ok(survey);
        };
        after = last.id;
        survey.rows += page.len() as u64;
        let room = MOST_FINDINGS - survey.findings.len();
        let differing = page.iter().filter(|row| !row.agrees()).take(room);
        survey
            .findings
            .extend(differing.map(|row| finding(service, counter, row)));
    }
}

pub(super) async fn again(
    installation: &Installation,
    service: Service,
    counter: &Counter,
    findings: &[Finding],
) -> anyhow::Result<Vec<Finding>> {
    let mut still = Vec::new();
    for some in findings.chunks(AT_ONCE) {
        let ids: Vec<Uuid> = some.iter().map(|finding| finding.id).collect();
        let mut conn = installation.reader(service).await?;
        let rows = counter.some(&mut conn, &ids).await;
        let rows = rows.with_context(|| format!("{} can't be counted", counter.name))?;
        let differing = rows.iter().filter(|row| !row.agrees());
        still.extend(differing.map(|row| finding(service, counter, row)));
    }
    Ok(still)
}

fn finding(service: Service, counter: &Counter, row: &Counted) -> Finding {
    Finding {
        service,
        what: counter.name.to_owned(),
        id: row.id,
        part: String::new(),
        stored: row.stored.to_string(),
        counted: row.counted.to_string(),
    }
}
