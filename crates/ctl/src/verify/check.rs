//! One thing to compare, of whichever sort.

use oruma_audit::{Counter, Trace};
use serde::Serialize;
use uuid::Uuid;

use super::projections::{self, Projection};
use super::{counters, traces};
use crate::installation::{Installation, Service};

/// Findings of one check that are kept: whoever finds more has seen enough.
pub(super) const MOST_FINDINGS: usize = 10_000;

/// One thing to compare.
pub(super) enum Check {
    /// A stored number, with the rows that it counts.
    Counter(Service, &'static Counter),
    /// A copy, with its source.
    Projection(&'static Projection),
    /// What names people, with those whose account has ended.
    Trace(Service, &'static Trace),
}

/// What one look at everything brought.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// How many rows were compared.
    pub(super) rows: u64,
    /// Those that differ.
    pub(super) findings: Vec<Finding>,
}

/// A row that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Whose.
    pub(super) service: Service,
    /// What differs: `social.posts.like_count`.
    pub(super) what: String,
    /// The row.
    pub(super) id: Uuid,
    /// Which part of it, such as the other person of a block; empty for all.
    pub(super) part: String,
    /// What is there.
    pub(super) stored: String,
    /// What should be there.
    pub(super) counted: String,
}

/// All that is compared in an installation, or with what one service stores.
pub(super) fn all(of: Option<Service>) -> Vec<Check> {
    let wanted = |service: Service| of.is_none_or(|of| of == service);
    let services = || Service::ALL.into_iter().filter(|service| wanted(*service));
    let counters = services().flat_map(|service| {
        let counters = service.audit().counters.iter();
        counters.map(move |counter| Check::Counter(service, counter))
    });
    let projections = projections::ALL
        .iter()
        .filter(|projection| wanted(projection.copied_by))
        .map(Check::Projection);
    let traces = services().flat_map(|service| {
        let traces = service.audit().traces.iter();
        traces.map(move |trace| Check::Trace(service, trace))
    });
    counters.chain(projections).chain(traces).collect()
}

impl Check {
    /// Looks at everything, some rows at a time.
    pub(super) async fn survey(&self, installation: &Installation) -> anyhow::Result<Survey> {
        match self {
            Self::Counter(service, counter) => {
                counters::survey(installation, *service, counter).await
            }
            Self::Projection(projection) => projection.survey(installation).await,
            Self::Trace(service, trace) => traces::survey(installation, *service, trace).await,
        }
    }

    /// Looks again at what differed, and returns what still does.
    pub(super) async fn again(
        &self,
        installation: &Installation,
        findings: &[Finding],
    ) -> anyhow::Result<Vec<Finding>> {
        match self {
            Self::Counter(service, counter) => {
                counters::again(installation, *service, counter, findings).await
            }
            Self::Projection(projection) => projection.again(installation, findings).await,
            Self::Trace(service, trace) => {
                traces::again(installation, *service, trace, findings).await
            }
        }
    }

    /// Whose table it is.
    pub(super) const fn service(&self) -> Service {
        match self {
            Self::Counter(service, _) | Self::Trace(service, _) => *service,
            Self::Projection(projection) => projection.copied_by,
        }
    }

    /// What is compared.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Counter(_, counter) => counter.name.to_owned(),
            Self::Projection(projection) => projection.copy.name.to_owned(),
            Self::Trace(_, trace) => trace.name(),
        }
    }

    /// With what.
    pub(super) fn against(&self) -> &'static str {
        match self {
            Self::Counter(..) => "its rows",
            Self::Projection(projection) => projection.source.name,
            Self::Trace(..) => "auth.users.deleted_at",
        }
    }
}
