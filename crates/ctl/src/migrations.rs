//! `migrate` and `migrations`: the tables of the services.

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Args;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use oruma_postgres::AppliedMigration;
use serde::Serialize;

use crate::installation::{Installation, Service};
use crate::output::{Output, table};
use crate::{DONE, times};

/// Bring the tables of all services up to date
///
/// As `<service> migrate` does for one: under a lock, each step in a transaction, and nothing that has run before.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// Only those of this service
    #[arg(long, value_name = "NAME")]
    service: Option<Service>,
}

/// Show which migrations have run, when, and which have not
#[derive(Debug, Args)]
pub(crate) struct MigrationsArguments {
    /// Only those of this service
    #[arg(long, value_name = "NAME")]
    service: Option<Service>,
}

#[derive(Serialize)]
struct Ran {
    service: Service,
    ran: Vec<String>,
}

#[derive(Serialize)]
struct Migration {
    service: Service,
    name: String,
    state: State,
    ran_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// It has run.
    Applied,
    /// It has not.
    Pending,
    /// It has run, by a later version of this program.
    Unknown,
}

/// Brings the tables up to date.
///
/// # Errors
/// Saying which service's database can't be reached, or failed.
pub(crate) async fn migrate(
    installation: &Installation,
    output: Output,
    asked: &MigrateArguments,
) -> anyhow::Result<u8> {
    let mut all = Vec::new();
    for service in chosen(asked.service) {
        let config = installation.database_config(service)?;
        let ran = oruma_postgres::migrate(&config, service.migrations()).await;
        let versions = ran.with_context(|| format!("{service}"))?;
        let known = known(service)?.into_iter();
        let ran = known
            .filter(|(version, _)| versions.contains(version))
            .map(|(_, name)| name)
            .collect();
        all.push(Ran { service, ran });
    }
    output.answer(&all, |all| {
        let rows = all.iter().flat_map(|one| {
            let named = one
                .ran
                .iter()
                .map(|name| [one.service.to_string(), name.clone()]);
            let none = one.ran.is_empty();
            named.chain(none.then(|| [one.service.to_string(), "nothing to do".to_owned()]))
        });
        table(["SERVICE", "RAN"], rows)
    })?;
    Ok(DONE)
}

/// Shows the state of the migrations. Takes no lock and changes nothing.
///
/// # Errors
/// Saying which service's database can't be reached.
pub(crate) async fn show(
    installation: &Installation,
    output: Output,
    asked: &MigrationsArguments,
) -> anyhow::Result<u8> {
    let mut all = Vec::new();
    for service in chosen(asked.service) {
        let mut conn = installation.reader(service).await?;
        let applied = oruma_postgres::applied_migrations(&mut conn, service.name()).await;
        all.extend(states(
            service,
            applied.with_context(|| format!("{service}"))?,
        )?);
    }
    output.answer(&all, |all| {
        let rows = all.iter().map(|migration| {
            let state = match migration.state {
                State::Applied => "applied",
                State::Pending => "pending",
                State::Unknown => "applied by a later version",
            };
            [
                migration.service.to_string(),
                migration.name.clone(),
                state.to_owned(),
                times::of(migration.ran_at),
            ]
        });
        table(["SERVICE", "MIGRATION", "STATE", "RAN"], rows)
    })?;
    Ok(DONE)
}

fn chosen(service: Option<Service>) -> impl Iterator<Item = Service> {
    let wanted = move |one: &Service| service.is_none_or(|service| service == *one);
    Service::ALL.into_iter().filter(wanted)
}

/// Those of this program in their order, then what it does not know.
fn states(service: Service, mut applied: Vec<AppliedMigration>) -> anyhow::Result<Vec<Migration>> {
    let known = known(service)?;
    let mut all = Vec::with_capacity(known.len());
    for (version, name) in known {
        let place = applied.iter().position(|one| one.version == version);
        let ran_at = place.map(|place| applied.remove(place).ran_at);
        all.push(Migration {
            service,
            name,
            state: match ran_at {
                Some(_) => State::Applied,
                None => State::Pending,
            },
            ran_at,
        });
    }
    all.extend(applied.into_iter().map(|unknown| Migration {
        service,
        name: unknown.version,
        state: State::Unknown,
        ran_at: Some(unknown.ran_at),
    }));
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// The migrations of this program: the version of each, and its name.
fn known(service: Service) -> anyhow::Result<Vec<(String, String)>> {
    let known = MigrationSource::<Pg>::migrations(&service.migrations());
    let known = known.map_err(|error| anyhow::anyhow!("the migrations of {service}: {error}"))?;
    let named = known.iter().map(|migration| {
        let name = migration.name();
        (name.version().to_string(), name.to_string())
    });
    Ok(named.collect())
}
