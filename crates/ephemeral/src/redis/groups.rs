//! Presence over Redis: three keys a group, which lie together in a cluster, and one script a verb.

use std::time::Duration;

use redis::{Script, ScriptInvocation};

use super::commands::Commands;
use crate::{Departure, EphemeralError, Lease, Presence, ephemeral};

/// Departures told at a time.
const BATCH: usize = 500;
/// Members of one call of a script, so that none keeps the server for long.
const MEMBERS_AT_ONCE: usize = 500;

/// The scripts.
pub(super) struct Groups {
    hold: Script,
    release: Script,
    departed: Script,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self {
            hold: Script::new(include_str!("hold.lua")),
            release: Script::new(include_str!("release.lua")),
            departed: Script::new(include_str!("departed.lua")),
        }
    }

    pub(super) async fn hold(
        &self,
        commands: &Commands,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<Vec<String>, EphemeralError> {
        let mut came = Vec::new();
        for members in members.chunks(MEMBERS_AT_ONCE) {
            let mut invocation = self.hold.key(present(group));
            invocation.key(holds(group)).arg(holder);
            invocation
                .arg(millis(lease.length))
                .arg(millis(lease.grace));
            invocation.arg(millis(lease.memory)).arg(members);
            let some: Vec<String> = run(commands, invocation).await?;
            came.extend(some);
        }
        Ok(came)
    }

    pub(super) async fn release(
        &self,
        commands: &Commands,
        group: &str,
        holder: &str,
        members: &[String],
        lease: Lease,
    ) -> Result<(), EphemeralError> {
        for members in members.chunks(MEMBERS_AT_ONCE) {
            let mut invocation = self.release.key(present(group));
            invocation.key(holds(group)).arg(holder);
            invocation.arg(millis(lease.grace)).arg(members);
            let _: i64 = run(commands, invocation).await?;
        }
        Ok(())
    }

    pub(super) async fn departed(
        &self,
        commands: &Commands,
        group: &str,
        lease: Lease,
    ) -> Result<Vec<Departure>, EphemeralError> {
        let mut invocation = self.departed.key(present(group));
        invocation.key(holds(group)).key(left(group));
        invocation.arg(millis(lease.grace));
        invocation.arg(millis(lease.memory)).arg(BATCH);
        let departed: Vec<(String, u64)> = run(commands, invocation).await?;
        let departed = departed.into_iter().map(|(member, seen)| Departure {
            member,
            last_seen: Duration::from_millis(seen),
        });
        Ok(departed.collect())
    }
}

pub(super) async fn presence(
    commands: &Commands,
    group: &str,
    members: &[String],
) -> Result<Vec<Presence>, EphemeralError> {
    let mut all = Vec::with_capacity(members.len());
    for members in members.chunks(MEMBERS_AT_ONCE) {
        let here = scores(commands, present(group), members).await?;
        let left = scores(commands, left(group), members).await?;
        all.extend(here.into_iter().zip(left).map(|pair| match pair {
            (Some(_), _) => Presence::Here,
            (None, seen) => Presence::Gone(seen.map(Duration::from_millis)),
        }));
    }
    Ok(all)
}

/// The scores of members: milliseconds.
async fn scores(
    commands: &Commands,
    key: String,
    members: &[String],
) -> Result<Vec<Option<u64>>, EphemeralError> {
    let mut command = redis::cmd("ZMSCORE");
    command.arg(key).arg(members);
    let scores: Vec<Option<f64>> = commands
        .run(async move |mut connection| command.query_async(&mut connection).await)
        .await?;
    let millis = |score: f64| Duration::try_from_secs_f64(score).map_or(0, |time| time.as_secs());
    Ok(scores.into_iter().map(|score| score.map(millis)).collect())
}

async fn run<T: redis::FromRedisValue>(
    commands: &Commands,
    invocation: ScriptInvocation<'_>,
) -> Result<T, EphemeralError> {
    commands
        .run(async move |mut connection| invocation.invoke_async(&mut connection).await)
        .await
}

fn present(group: &str) -> String {
    format!("oruma:{{group:{group}}}:present")
}

fn holds(group: &str) -> String {
    format!("oruma:{{group:{group}}}:holds")
}

fn left(group: &str) -> String {
    format!("oruma:{{group:{group}}}:left")
}

fn millis(time: Duration) -> String {
    ephemeral::whole(time).as_millis().to_string()
}
