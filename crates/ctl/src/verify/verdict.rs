//! What is made of what differs.

use std::collections::BTreeMap;

use oruma_broker::{Backlog, RabbitMqBroker};
use serde::Serialize;

use super::check::{Check, Finding, MOST_FINDINGS};
use crate::installation::{Installation, Service};
use crate::output::table;
use crate::{DONE, FAILED, UNUSABLE};

/// What is told.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    verdict: Verdict,
    checks: Vec<Looked>,
    deviations: Vec<Finding>,
    /// What differs while events are under way that may mend it.
    behind: Vec<Finding>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// All agrees.
    #[default]
    Equal,
    /// Something is wrong.
    Deviates,
    /// Nothing is known to be wrong, and something is not known to be right.
    Behind,
}

#[derive(Debug, Serialize)]
struct Looked {
    service: Service,
    what: String,
    against: &'static str,
    rows: u64,
    deviations: usize,
    behind: usize,
}

// === impl Report ===

impl Report {
    pub(super) fn looked(&mut self, check: &Check, rows: u64) {
        self.checks.push(Looked {
            service: check.service(),
            what: check.what(),
            against: check.against(),
            rows,
            deviations: 0,
            behind: 0,
        });
    }

    pub(super) fn judge(&mut self, check: &Check, findings: Vec<Finding>, under_way: bool) {
        let what = check.what();
        let line = self.checks.iter_mut().find(|line| line.what == what);
        if let Some(line) = line {
            let count = if under_way {
                &mut line.behind
            } else {
                &mut line.deviations
            };
            *count += findings.len();
        }
        if under_way {
            self.behind.extend(findings);
        } else {
            self.deviations.extend(findings);
        }
    }

    pub(super) fn conclude(&mut self) {
        self.verdict = if !self.deviations.is_empty() {
            Verdict::Deviates
        } else if self.behind.is_empty() {
            Verdict::Equal
        } else {
            Verdict::Behind
        };
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self.verdict {
            Verdict::Equal => DONE,
            Verdict::Deviates => FAILED,
            Verdict::Behind => UNUSABLE,
        }
    }

    pub(super) fn text(&self) -> String {
        let lines = self.checks.iter().map(|line| {
            [
                line.what.clone(),
                line.against.to_owned(),
                line.rows.to_string(),
                line.deviations.to_string(),
                line.behind.to_string(),
            ]
        });
        let mut text = table(["WHAT", "AGAINST", "ROWS", "DEVIATE", "BEHIND"], lines);
        for (title, findings) in [
            ("deviate", &self.deviations),
            ("are behind: events under way may mend them", &self.behind),
        ] {
            if !findings.is_empty() {
                text.push_str(&format!("\n\n{} {title}\n", findings.len()));
                text.push_str(&listed(findings));
            }
        }
        text.push_str("\n\n");
        text.push_str(match self.verdict {
            Verdict::Equal => "all agrees",
            Verdict::Deviates => {
                "something deviates; see dead-letters for events that did not have their effect"
            }
            Verdict::Behind => "not decided: see outbox for what is under way, and look again",
        });
        text
    }
}

fn listed(findings: &[Finding]) -> String {
    let rows = findings.iter().take(MOST_FINDINGS).map(|finding| {
        [
            finding.what.clone(),
            finding.id.to_string(),
            finding.part.clone(),
            finding.stored.clone(),
            finding.counted.clone(),
        ]
    });
    table(["WHAT", "ID", "PART", "STORED", "SHOULD BE"], rows)
}

/// Which events are still under way that were told before everything was looked at.
pub(super) struct Waiting<'a> {
    installation: &'a Installation,
    /// The last place in each outbox then.
    told: BTreeMap<Service, i64>,
    rabbitmq: Option<RabbitMqBroker>,
}

impl<'a> Waiting<'a> {
    pub(super) async fn of(installation: &'a Installation) -> anyhow::Result<Self> {
        let mut told = BTreeMap::new();
        for service in Service::ALL {
            let mut conn = installation.reader(service).await?;
            let last = Backlog::last_position(&mut conn, service.name()).await?;
            told.insert(service, last);
        }
        Ok(Self {
            installation,
            told,
            rabbitmq: installation.rabbitmq()?,
        })
    }

    /// Whether an event is under way that may mend what differs.
    pub(super) async fn for_check(&self, check: &Check) -> anyhow::Result<bool> {
        let (told_by, queue) = match check {
            Check::Counter(..) => return Ok(false),
            Check::Projection(projection) => (projection.told_by, projection.queue.to_owned()),
            Check::Trace(service, _) => (Service::Auth, format!("{service}.user_deleted")),
        };
        Ok(self.in_outbox(told_by).await? || self.in_queue(&queue).await?)
    }

    async fn in_outbox(&self, service: Service) -> anyhow::Result<bool> {
        let told = self.told.get(&service).copied().unwrap_or_default();
        let mut conn = self.installation.reader(service).await?;
        Ok(Backlog::waits_until(&mut conn, service.name(), told).await?)
    }

    /// A queue whose broker can't be asked may hold anything.
    async fn in_queue(&self, queue: &str) -> anyhow::Result<bool> {
        let Some(rabbitmq) = &self.rabbitmq else {
            return Ok(false);
        };
        Ok(match rabbitmq.depth(queue).await {
            Ok(depth) => depth.is_some_and(|depth| depth.messages > 0),
            Err(_) => true,
        })
    }
}
