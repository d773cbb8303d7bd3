//! Copies that services keep of each other's data, and their sources.

use std::collections::{BTreeSet, HashSet};

use anyhow::Context;
use chrono::{DateTime, Utc};
use oruma_audit::{Existing, Listing, RowKey, Rows};
use uuid::Uuid;

use super::check::{Finding, MOST_FINDINGS, Survey};
use crate::installation::{Installation, Service};

/// Rows of one look at each side.
const AT_ONCE: i64 = 500;
const PRESENT: &str = "present";
const ABSENT: &str = "absent";

/// A copy and its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projection {
    /// Whose the source is; its events bring the copy.
    pub(super) told_by: Service,
    pub(super) source: Listing,
    /// Who keeps the copy.
    pub(super) copied_by: Service,
    pub(super) copy: Listing,
    /// The queue by which it comes.
    pub(super) queue: &'static str,
    /// Whether the copy may have what the source has no more.
    outlives: bool,
    /// What the copy may lack.
    excuse: Excuse,
}

/// What a copy may lack.
#[derive(Debug, Clone, Copy)]
enum Excuse {
    /// Nothing.
    None,
    /// What was there before the migration that began the copy.
    Before(&'static str),
    /// What refers by its part to something that is not there.
    Unless(Existing),
    /// The same, or to what is not one's own: people may name any address as that of their picture.
    UnlessOwn(Listing),
}

/// All copies.
pub(super) static ALL: [Projection; 10] = [
    Projection {
        told_by: Service::Auth,
        source: oruma_auth::audit::PEOPLE,
        copied_by: Service::Messaging,
        copy: oruma_messaging::audit::PEOPLE,
        queue: "messaging.people",
        outlives: false,
        excuse: Excuse::Before(oruma_messaging::audit::PEOPLE_SINCE),
    },
    Projection {
        told_by: Service::Social,
        source: oruma_social::audit::BLOCKS,
        copied_by: Service::Messaging,
        copy: oruma_messaging::audit::BLOCKS,
        queue: "messaging.blocks",
        outlives: false,
        excuse: Excuse::None,
    },
    Projection {
        told_by: Service::Events,
        source: oruma_events::audit::REGISTRATIONS,
        copied_by: Service::Messaging,
        copy: oruma_messaging::audit::REGISTRATIONS,
        queue: "messaging.events",
        outlives: false,
        excuse: Excuse::None,
    },
    reports(
        Service::Events,
        oruma_events::audit::REPORTS,
        oruma_social::audit::EVENT_REPORTS,
    ),
    reports(
        Service::Marketplace,
        oruma_marketplace::audit::REPORTS,
        oruma_social::audit::ITEM_REPORTS,
    ),
    images(
        Service::Social,
        oruma_social::audit::IMAGES,
        oruma_media::audit::POST_IMAGES,
        "media.posts",
    ),
    images(
        Service::Events,
        oruma_events::audit::BANNERS,
        oruma_media::audit::EVENT_IMAGES,
        "media.events",
    ),
    images(
        Service::Marketplace,
        oruma_marketplace::audit::IMAGES,
        oruma_media::audit::ITEM_IMAGES,
        "media.items",
    ),
    Projection {
        excuse: Excuse::UnlessOwn(oruma_media::audit::OWN_IMAGES),
        ..images(
            Service::Auth,
            oruma_auth::audit::AVATARS,
            oruma_media::audit::AVATARS,
            "media.user_updated",
        )
    },
    Projection {
        told_by: Service::Messaging,
        source: oruma_messaging::audit::ATTACHMENTS,
        copied_by: Service::Media,
        copy: oruma_media::audit::MESSAGE_FILES,
        queue: "media.messages",
        outlives: false,
        excuse: Excuse::Unless(oruma_media::audit::FILES),
    },
];

/// A report stays when what it is about has gone.
const fn reports(told_by: Service, source: Listing, copy: Listing) -> Projection {
    Projection {
        told_by,
        source,
        copied_by: Service::Social,
        copy,
        queue: "social.reported",
        outlives: true,
        excuse: Excuse::None,
    }
}

const fn images(
    told_by: Service,
    source: Listing,
    copy: Listing,
    queue: &'static str,
) -> Projection {
    Projection {
        told_by,
        source,
        copied_by: Service::Media,
        copy,
        queue,
        outlives: false,
        excuse: Excuse::Unless(oruma_media::audit::IMAGES),
    }
}

// === impl Projection ===

impl Projection {
    pub(super) async fn survey(&self, installation: &Installation) -> anyhow::Result<Survey> {
        let mut survey = Survey::default();
        let begun = self.begun(installation).await?;
        let mut after = Uuid::nil();
        loop {
            let end = self.next_end(installation, after).await?;
            let sides = self
                .read(installation, after, end.unwrap_or(Uuid::max()))
                .await?;
            survey.rows += sides.source.len() as u64;
            let room = MOST_FINDINGS - survey.findings.len();
            let differing = self.differing(installation, &sides, begun).await?;
            survey.findings.extend(differing.into_iter().take(room));
            match end {
                Some(end) => after = end,
                None => return Ok(survey),
            }
        }
    }

    pub(super) async fn again(
        &self,
        installation: &Installation,
        findings: &[Finding],
    ) -> anyhow::Result<Vec<Finding>> {
        let begun = self.begun(installation).await?;
        let ids: BTreeSet<Uuid> = findings.iter().map(|finding| finding.id).collect();
        let known: HashSet<(Uuid, &str)> = findings
            .iter()
            .map(|finding| (finding.id, finding.part.as_str()))
            .collect();
        let mut still = Vec::new();
        for id in ids {
            let sides = self.read(installation, before(id), id).await?;
            let differing = self.differing(installation, &sides, begun).await?;
            // What came since is for the next survey.
            let known = differing
                .into_iter()
                .filter(|finding| known.contains(&(finding.id, finding.part.as_str())));
            still.extend(known);
        }
        Ok(still)
    }

    /// Since when the copy is kept, where that is an excuse.
    async fn begun(&self, installation: &Installation) -> anyhow::Result<Option<DateTime<Utc>>> {
        let Excuse::Before(version) = self.excuse else {
            return Ok(None);
        };
        let mut conn = installation.reader(self.copied_by).await?;
        let schema = self.copied_by.name();
        let applied = oruma_postgres::applied_migrations(&mut conn, schema).await?;
        let found = applied.into_iter().find(|one| one.version == version);
        Ok(found.map(|migration| migration.ran_at))
    }

    /// Up to where both sides are read next; none when that is their end.
    async fn next_end(
        &self,
        installation: &Installation,
        after: Uuid,
    ) -> anyhow::Result<Option<Uuid>> {
        let mut ends = Vec::with_capacity(2);
        for (service, listing) in self.sides() {
            let mut conn = installation.reader(service).await?;
            let end = listing.end(&mut conn, after, AT_ONCE).await;
            ends.extend(end.with_context(|| format!("{} can't be listed", listing.name))?);
        }
        Ok(ends.into_iter().min())
    }

    async fn read(
        &self,
        installation: &Installation,
        after: Uuid,
        upto: Uuid,
    ) -> anyhow::Result<Sides> {
        let mut read = Vec::with_capacity(2);
        for (service, listing) in self.sides() {
            let mut conn = installation.reader(service).await?;
            let rows = listing.rows(&mut conn, after, upto).await;
            read.push(rows.with_context(|| format!("{} can't be listed", listing.name))?);
        }
        let copy = read.pop().unwrap_or_default();
        let source = read.pop().unwrap_or_default();
        Ok(Sides { source, copy })
    }

    fn sides(&self) -> [(Service, &Listing); 2] {
        [(self.told_by, &self.source), (self.copied_by, &self.copy)]
    }

    async fn differing(
        &self,
        installation: &Installation,
        sides: &Sides,
        begun: Option<DateTime<Utc>>,
    ) -> anyhow::Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let mut missing = Vec::new();
        for (key, (value, since)) in &sides.source {
            match sides.copy.get(key) {
                Some((copied, _)) if copied == value => {}
                Some((copied, _)) => findings.push(self.finding(key, copied, value)),
                None if since
                    .zip(begun)
                    .is_some_and(|(since, begun)| since <= begun) => {}
                None => missing.push(key),
            }
        }
        let excused = self.excused(installation, &missing).await?;
        missing.retain(|key| !excused.contains(key));
        findings.extend(
            missing
                .into_iter()
                .map(|key| self.finding(key, ABSENT, PRESENT)),
        );
        if !self.outlives {
            let surplus = sides
                .copy
                .keys()
                .filter(|key| !sides.source.contains_key(key));
            findings.extend(surplus.map(|key| self.finding(key, PRESENT, ABSENT)));
        }
        Ok(findings)
    }

    /// Those whose copy may be missing, as they refer to what is not there.
    async fn excused<'a>(
        &self,
        installation: &Installation,
        missing: &[&'a RowKey],
    ) -> anyhow::Result<BTreeSet<&'a RowKey>> {
        let existing = match self.excuse {
            _ if missing.is_empty() => return Ok(BTreeSet::new()),
            Excuse::None | Excuse::Before(_) => return Ok(BTreeSet::new()),
            Excuse::UnlessOwn(own) => return self.not_own(installation, missing, &own).await,
            Excuse::Unless(existing) => existing,
        };
        let ids: Vec<Uuid> = missing
            .iter()
            .filter_map(|key| key.part.parse().ok())
            .collect();
        let mut conn = installation.reader(self.copied_by).await?;
        let there = existing.among(&mut conn, &ids).await?;
        let is_there = |key: &RowKey| key.part.parse().is_ok_and(|id| there.contains(&id));
        let excused = missing.iter().filter(|key| !is_there(key));
        Ok(excused.copied().collect())
    }

    /// Those that refer to what is not theirs.
    async fn not_own<'a>(
        &self,
        installation: &Installation,
        missing: &[&'a RowKey],
        own: &Listing,
    ) -> anyhow::Result<BTreeSet<&'a RowKey>> {
        let mut excused = BTreeSet::new();
        let mut conn = installation.reader(self.copied_by).await?;
        for key in missing {
            let owned = own.rows(&mut conn, before(key.id), key.id).await?;
            if !owned.contains_key(*key) {
                excused.insert(*key);
            }
        }
        Ok(excused)
    }

    fn finding(&self, key: &RowKey, stored: &str, counted: &str) -> Finding {
        Finding {
            service: self.copied_by,
            what: self.copy.name.to_owned(),
            id: key.id,
            part: key.part.clone(),
            stored: stored.to_owned(),
            counted: counted.to_owned(),
        }
    }
}

/// The id before another.
const fn before(id: Uuid) -> Uuid {
    Uuid::from_u128(id.as_u128().saturating_sub(1))
}

/// What both sides have in one range.
struct Sides {
    source: Rows,
    copy: Rows,
}
