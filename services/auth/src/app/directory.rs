//! Filling the universities directory: from the file inside the binary, and from an outside source on a schedule.

use std::time::Duration;

use chrono::TimeDelta;
use diesel_async::AsyncConnection;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::App;
use crate::config::DirectoryConfig;
use crate::domain::folding::fold;
use crate::domain::university::{UniversityEntry, UniversityType};
use crate::error::Error;
use crate::store;
use crate::store::universities::Source;

const BUILT_IN: &str = include_str!("../../data/universities.csv");
/// An answer beyond this is rubbish, whatever it says; the known source has 4 MB.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;
/// Entries beyond this are not read.
const MOST_ENTRIES: usize = 100_000;
/// How often a source that is down is asked again before the next turn.
const TRIES: u32 = 4;

/// Merges the built-in entries, unless this very file was merged before.
///
/// # Errors
/// When the database fails.
pub async fn fill(app: &App) -> Result<usize, Error> {
    let fingerprint = fingerprint(BUILT_IN.as_bytes());
    let mut conn = app.database.writer().await?;
    let known = store::universities::last_refresh(&mut conn, Source::BuiltIn).await?;
    if known.is_some_and(|(last, _)| last == fingerprint) {
        return Ok(0);
    }
    let entries = built_in();
    merge(app, &mut conn, &entries, Source::BuiltIn, &fingerprint).await
}

/// Reads the outside source again and again until `stop`. Whatever it does, the directory stays usable.
pub async fn keep_fresh(app: &App, stop: CancellationToken) {
    let Some(config) = &app.config.directory else {
        return;
    };
    loop {
        let wait = match refresh_if_due(app, config).await {
            Ok(wait) => wait,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "universities not refreshed"
                );
                config.every
            }
        };
        // Up to a tenth later, so that installations don't ask all at once.
        let jitter = wait.mul_f64(f64::from(u16::from_be_bytes(app.random.bytes())) / 655_350.0);
        tokio::select! {
            () = tokio::time::sleep(wait + jitter) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Refreshes when the last refresh, by any replica, is long enough ago. Returns how long to wait for the next turn.
async fn refresh_if_due(app: &App, config: &DirectoryConfig) -> Result<Duration, DirectoryError> {
    let every = TimeDelta::from_std(config.every).unwrap_or(TimeDelta::days(1));
    let last = {
        let mut conn = app.database.reader().await.map_err(Error::from)?;
        store::universities::last_refresh(&mut conn, Source::Outside)
            .await
            .map_err(Error::from)?
    };
    if let Some((_, at)) = last {
        let due = at + every - app.clock.now();
        if let Ok(wait) = due.to_std() {
            return Ok(wait.max(Duration::from_secs(1)));
        }
    }
    let changed = refresh(app, config).await?;
    tracing::info!(universities.changed = changed, "universities refreshed");
    Ok(config.every)
}

/// Reads the outside source once and merges what makes sense of it.
///
/// # Errors
/// [`DirectoryError`] when it is down, answers rubbish, or the database fails; nothing is changed then.
pub async fn refresh(app: &App, config: &DirectoryConfig) -> Result<usize, DirectoryError> {
    let body = fetch(app, config).await?;
    let entries = parse(&body)?;
    let mut conn = app.database.writer().await.map_err(Error::from)?;
    let fingerprint = fingerprint(&body);
    Ok(merge(app, &mut conn, &entries, Source::Outside, &fingerprint).await?)
}

/// Why the outside source was of no use.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// It could not be read.
    #[error("the source of universities can't be read")]
    Unreachable(#[source] reqwest::Error),
    /// It answered too much.
    #[error("the answer of the source of universities is too large")]
    TooLarge,
    /// It answered something else.
    #[error("the answer of the source of universities is no list of universities")]
    Rubbish,
    /// The database failed.
    #[error(transparent)]
    Service(#[from] Error),
}

async fn merge(
    app: &App,
    conn: &mut oruma_postgres::Connection,
    entries: &[UniversityEntry],
    source: Source,
    fingerprint: &str,
) -> Result<usize, Error> {
    let now = app.clock.now();
    conn.transaction(async |conn| {
        let changed = store::universities::merge(conn, entries, source, &app.random, now).await?;
        store::universities::record_refresh(conn, source, fingerprint, now).await?;
        Ok(changed)
    })
    .await
}

async fn fetch(app: &App, config: &DirectoryConfig) -> Result<Vec<u8>, DirectoryError> {
    let client = reqwest::Client::builder()
        .timeout(config.timeout)
        // The operator named this address and no other.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(DirectoryError::Unreachable)?;
    let mut wait = Duration::from_millis(500);
    let mut attempt = 1;
    loop {
        match fetch_once(&client, &list_url(&config.url)).await {
            Err(DirectoryError::Unreachable(error)) if attempt < TRIES => {
                tracing::warn!(error = %error.without_url(), attempt, "source of universities is down, trying again");
                let jitter =
                    Duration::from_millis(u64::from(u8::from_be_bytes(app.random.bytes())));
                tokio::time::sleep(wait + jitter).await;
                wait *= 2;
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn fetch_once(client: &reqwest::Client, url: &Url) -> Result<Vec<u8>, DirectoryError> {
    let mut answer = client
        .get(url.clone())
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(DirectoryError::Unreachable)?;
    if answer.status().is_redirection() {
        return Err(DirectoryError::Rubbish);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(DirectoryError::Unreachable)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(DirectoryError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The well-known source is named without a path and answers at `/search`.
fn list_url(url: &Url) -> Url {
    let mut url = url.clone();
    if url.path() == "/" {
        url.set_path("/search");
    }
    url
}

#[derive(Deserialize)]
struct OutsideEntry {
    name: String,
    country: String,
    alpha_two_code: String,
    #[serde(rename = "state-province", default)]
    state_province: Option<String>,
    #[serde(default)]
    domains: Vec<String>,
    #[serde(default)]
    web_pages: Vec<String>,
}

/// Reads a list, passing over entries that make no sense. A list without a single good one is rubbish.
fn parse(body: &[u8]) -> Result<Vec<UniversityEntry>, DirectoryError> {
    let list: Vec<serde_json::Value> =
        serde_json::from_slice(body).map_err(|_| DirectoryError::Rubbish)?;
    let mut seen = std::collections::HashSet::new();
    let entries: Vec<UniversityEntry> = list
        .into_iter()
        .take(MOST_ENTRIES)
        .filter_map(|value| serde_json::from_value::<OutsideEntry>(value).ok())
        .filter_map(OutsideEntry::into_entry)
        // One statement can't merge the same entry twice.
        .filter(|entry| seen.insert((entry.name_key(), entry.country_code.clone())))
        .collect();
    if entries.is_empty() {
        return Err(DirectoryError::Rubbish);
    }
    Ok(entries)
}

impl OutsideEntry {
    fn into_entry(self) -> Option<UniversityEntry> {
        let name = self.name.trim().to_owned();
        let country_code = self.alpha_two_code.trim().to_uppercase();
        let is_sound = |text: &str| {
            !fold(text).is_empty()
                && text.chars().count() <= 255
                && !text.chars().any(char::is_control)
        };
        let has_code =
            country_code.len() == 2 && country_code.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_sound(&name) || !is_sound(self.country.trim()) || !has_code {
            return None;
        }
        let mut search_terms = vec![fold(&name)];
        search_terms.extend(
            self.domains
                .iter()
                .filter(|domain| is_sound(domain))
                .take(8)
                .map(|domain| fold(domain)),
        );
        Some(UniversityEntry {
            kind: UniversityType::guess(&name),
            name,
            country: self.country.trim().to_owned(),
            country_code,
            state: self
                .state_province
                .filter(|state| is_sound(state))
                .unwrap_or_default(),
            city: String::new(),
            search_terms,
            website: self.web_pages.into_iter().find(|page| is_web_page(page)),
            enrollment: None,
            established: None,
            latitude: None,
            longitude: None,
        })
    }
}

fn is_web_page(text: &str) -> bool {
    text.len() <= 512 && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

#[derive(Deserialize)]
struct BuiltInEntry {
    name: String,
    country: String,
    country_code: String,
    state: String,
    city: String,
    r#type: String,
    website: String,
    established: i32,
    aliases: String,
    enrollment: Option<i32>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

/// The entries inside the binary. The tests prove that every line of the file is good.
fn built_in() -> Vec<UniversityEntry> {
    csv::Reader::from_reader(BUILT_IN.as_bytes())
        .into_deserialize::<BuiltInEntry>()
        .filter_map(Result::ok)
        .filter_map(|line| {
            let aliases = line
                .aliases
                .split(';')
                .map(fold)
                .filter(|alias| !alias.is_empty());
            Some(UniversityEntry {
                search_terms: std::iter::once(fold(&line.name)).chain(aliases).collect(),
                kind: UniversityType::from_name(&line.r#type)?,
                name: line.name,
                country: line.country,
                country_code: line.country_code,
                state: line.state,
                city: line.city,
                website: Some(line.website),
                enrollment: line.enrollment,
                established: Some(line.established),
                latitude: line.latitude,
                longitude: line.longitude,
            })
        })
        .collect()
}

fn fingerprint(content: &[u8]) -> String {
    // The folding decides what is stored, so a change of it must fill the directory anew.
    const FOLDING: &[u8] = b"folding 1";
    let mut digest = Sha256::new();
    digest.update(FOLDING);
    digest.update(content);
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_built_in_file_is_good() {
        let entries = built_in();
        assert_eq!(entries.len(), BUILT_IN.trim_end().lines().count() - 1);
        assert!(entries.len() >= 200);
        let keys: std::collections::HashSet<_> = entries
            .iter()
            .map(|entry| (entry.name_key(), &entry.country_code))
            .collect();
        assert_eq!(
            keys.len(),
            entries.len(),
            "two lines of one name and country"
        );
        for entry in &entries {
            assert!(
                !entry.state.is_empty() && !entry.city.is_empty(),
                "{}",
                entry.name
            );
            assert!(
                is_web_page(entry.website.as_deref().unwrap()),
                "{}",
                entry.name
            );
            assert!(
                (800..2026).contains(&entry.established.unwrap()),
                "{}",
                entry.name
            );
        }
        for kind in UniversityType::ALL {
            assert!(
                entries.iter().any(|entry| entry.kind == kind),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn good_entries_are_taken_and_rubbish_is_passed_over() {
        let list = br#"[
            {"name": "Test Polytechnic", "country": "Utopia", "alpha_two_code": "ut", "state-province": null,
             "domains": ["test.edu"], "web_pages": ["javascript:alert(1)", "https://test.edu"]},
            {"name": "Test Polytechnic", "country": "Utopia", "alpha_two_code": "UT"},
            {"name": 7}, "x", null, {"name": "", "country": "U", "alpha_two_code": "UT"},
            {"name": "No Code", "country": "U", "alpha_two_code": "UTO"}
        ]"#;
        let entries = parse(list).unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].website.as_deref(), Some("https://test.edu"));
        assert_eq!(entries[0].kind, UniversityType::Technical);
        assert_eq!(entries[0].country_code, "UT");
        for rubbish in [&b"<html>"[..], b"{}", b"[]", b"[1,2]", b""] {
            assert!(matches!(parse(rubbish), Err(DirectoryError::Rubbish)));
        }
    }

    #[test]
    fn a_source_without_path_is_asked_at_search() {
        let asked = |url: &str| list_url(&url.parse().unwrap()).to_string();
        assert_eq!(
            asked("http://directory.example"),
            "http://directory.example/search"
        );
        assert_eq!(
            asked("http://directory.example/all.json"),
            "http://directory.example/all.json"
        );
    }
}
