//! The universities directory.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use diesel::upsert::excluded;
use diesel_async::{AsyncConnection, RunQueryDsl};
use oruma_ids::UniversityId;
use oruma_postgres::Connection;
use oruma_service_runtime::Random;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::schema::auth::{directory_refreshes, universities};
use crate::domain::university::{University, UniversityDetail, UniversityEntry, UniversityType};

/// Rows of one INSERT: far below the protocol's limit on parameters.
const ROWS_AT_ONCE: usize = 1_000;

/// How much words must resemble a part of an entry. The usual 0.6 misses names with two letters swapped.
const LIKE_ENOUGH: &str = "SET LOCAL pg_trgm.word_similarity_threshold = 0.4";

/// Where an entry came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The file inside the binary.
    BuiltIn,
    /// `UNIVERSITIES_API_URL`.
    Outside,
}

impl Source {
    const fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built_in",
            Self::Outside => "outside",
        }
    }
}

/// What to look for. Everything is folded already.
#[derive(Debug, Clone)]
pub struct Search {
    /// Words; empty for all.
    pub words: Vec<String>,
    /// Only this state; empty for all.
    pub state: String,
    /// Only this type.
    pub kind: Option<UniversityType>,
}

/// How entries are matched to the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matching {
    /// Every word begins a word of the entry.
    Words,
    /// The words resemble a part of the entry: for typing errors.
    Resemblance,
}

/// Where a page ended: an entry's rank, name and id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Position {
    /// How the list is matched.
    pub matching: Matching,
    rank: i32,
    name_key: String,
    id: Uuid,
}

/// A page of entries, and how many there are in all.
#[derive(Debug)]
pub struct Page {
    /// The entries.
    pub entries: Vec<University>,
    /// Where the page ended, if there is more.
    pub next: Option<Position>,
    /// How many match in all.
    pub total: i64,
}

/// One page of a search, best first, then by name.
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Connection,
    search: &Search,
    matching: Matching,
    after: Option<&Position>,
    limit: usize,
) -> QueryResult<Page> {
    match matching {
        Matching::Words => found(conn, search, matching, after, limit).await,
        Matching::Resemblance => {
            conn.transaction(async |conn| {
                diesel::sql_query(LIKE_ENOUGH).execute(conn).await?;
                found(conn, search, matching, after, limit).await
            })
            .await
        }
    }
}

async fn found(
    conn: &mut Connection,
    search: &Search,
    matching: Matching,
    after: Option<&Position>,
    limit: usize,
) -> QueryResult<Page> {
    let query = search.words.join(" ");
    let rows: Vec<FoundRow> = diesel::sql_query(statement(matching))
        .bind::<Text, _>(&query)
        .bind::<Text, _>(longest_pattern(&search.words))
        .bind::<Array<Text>, _>(word_patterns(&search.words))
        .bind::<Text, _>(&search.state)
        .bind::<Nullable<Text>, _>(search.kind.map(UniversityType::name))
        .bind::<Nullable<Integer>, _>(after.map(|position| position.rank))
        .bind::<Nullable<Text>, _>(after.map(|position| position.name_key.as_str()))
        .bind::<Nullable<diesel::sql_types::Uuid>, _>(after.map(|position| position.id))
        .bind::<BigInt, _>(i64::try_from(limit + 1).unwrap_or(i64::MAX))
        .load(conn)
        .await?;
    Ok(page_of(rows, matching, limit))
}

/// The total stands in a row of its own, so that it is there when the page is empty.
fn statement(matching: Matching) -> String {
    let (rank, condition) = match matching {
        Matching::Words => (
            "CASE WHEN $1 = '' THEN 0 WHEN $1 = ANY (search_terms) THEN 1 WHEN name_key LIKE $1 || '%' THEN 2 ELSE 3 END",
            "search_text LIKE $2 AND (' ' || search_text) LIKE ALL ($3)",
        ),
        Matching::Resemblance => (
            "(1000 * (1 - public.word_similarity($1, search_text)))::integer",
            "$1 OPERATOR(public.<%) search_text AND $2 <> '' AND $3 IS NOT NULL",
        ),
    };
    format!(
        "WITH matched AS MATERIALIZED (
             SELECT {rank} AS rank, name_key, id FROM auth.universities
             WHERE {condition} AND ($4 = '' OR lower(state) = lower($4)) AND ($5 IS NULL OR type = $5)
         ), page AS (
             SELECT rank, name_key, id FROM matched
             WHERE $6 IS NULL OR (rank, name_key, id) > ($6, $7, $8)
             ORDER BY rank, name_key, id LIMIT $9
         )
         SELECT counted.total, page.rank, u.id, u.name, u.name_key, u.country, u.country_code, u.state, u.city,
                u.type AS kind, u.search_terms, u.website, u.enrollment, u.established, u.accreditation, u.programs,
                u.latitude, u.longitude
         FROM (SELECT count(*) AS total FROM matched) AS counted
         LEFT JOIN page ON true LEFT JOIN auth.universities AS u ON u.id = page.id
         ORDER BY page.rank, page.name_key, page.id"
    )
}

/// The index finds entries by the longest word; the others only filter.
fn longest_pattern(words: &[String]) -> String {
    let longest = words.iter().max_by_key(|word| word.len());
    format!("%{}%", longest.map_or("", String::as_str))
}

fn word_patterns(words: &[String]) -> Vec<String> {
    words.iter().map(|word| format!("% {word}%")).collect()
}

fn page_of(rows: Vec<FoundRow>, matching: Matching, limit: usize) -> Page {
    let total = rows.as_slice().first().map_or(0, |row| row.total);
    let mut found: Vec<(Position, University)> = rows
        .into_iter()
        .filter_map(|row| {
            let rank = row.rank?;
            let entry = row.entry?;
            let position = Position {
                matching,
                rank,
                name_key: entry.name_key.clone(),
                id: entry.id,
            };
            Some((position, University::from(entry)))
        })
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    Page {
        next: found
            .last()
            .filter(|_| more)
            .map(|(position, _)| position.clone()),
        entries: found.into_iter().map(|(_, entry)| entry).collect(),
        total,
    }
}

/// One entry with all that is known.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: UniversityId,
) -> QueryResult<Option<(University, UniversityDetail)>> {
    let found: Option<(EntryRow, Option<serde_json::Value>)> = universities::table
        .find(id.as_uuid())
        .select((EntryRow::as_select(), universities::detail))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(row, detail)| {
        let detail = detail
            .and_then(|json| serde_json::from_value(json).ok())
            .unwrap_or_default();
        (row.into(), detail)
    }))
}

/// The entry that a person names, by its folded name or its id. Where countries share a name, the built-in entry wins.
///
/// # Errors
/// When the database fails.
pub async fn find_named(
    conn: &mut Connection,
    name_key: &str,
    id: Option<UniversityId>,
) -> QueryResult<Option<(UniversityId, String)>> {
    let found: Option<(Uuid, String)> = universities::table
        .filter(
            universities::name_key.eq(name_key).or(universities::id
                .nullable()
                .eq(id.map(UniversityId::as_uuid))),
        )
        .order((universities::source, universities::id))
        .select((universities::id, universities::name))
        .first(conn)
        .await
        .optional()?;
    Ok(found.map(|(id, name)| (UniversityId::from_uuid(id), name)))
}

/// Adds entries, and corrects those of the same source. An entry of the outside never changes a built-in one.
///
/// # Errors
/// When the database fails.
pub async fn merge(
    conn: &mut Connection,
    entries: &[UniversityEntry],
    source: Source,
    random: &Random,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    use diesel::query_dsl::methods::FilterDsl;

    let mut changed = 0;
    for some in entries.chunks(ROWS_AT_ONCE) {
        let rows: Vec<EntryToMerge> = some
            .iter()
            .map(|entry| EntryToMerge::of(entry, source, random, now))
            .collect();
        changed += diesel::insert_into(universities::table)
            .values(rows)
            .on_conflict((universities::name_key, universities::country_code))
            .do_update()
            .set((
                universities::name.eq(excluded(universities::name)),
                universities::state.eq(excluded(universities::state)),
                universities::city.eq(excluded(universities::city)),
                universities::kind.eq(excluded(universities::kind)),
                universities::search_terms.eq(excluded(universities::search_terms)),
                universities::search_text.eq(excluded(universities::search_text)),
                universities::website.eq(excluded(universities::website)),
                universities::enrollment.eq(excluded(universities::enrollment)),
                universities::established.eq(excluded(universities::established)),
                universities::latitude.eq(excluded(universities::latitude)),
                universities::longitude.eq(excluded(universities::longitude)),
                universities::source.eq(excluded(universities::source)),
                universities::updated_at.eq(excluded(universities::updated_at)),
            ))
            .filter(
                universities::source
                    .eq(excluded(universities::source))
                    .or(excluded(universities::source).eq(Source::BuiltIn.name())),
            )
            .execute(conn)
            .await?;
    }
    Ok(changed)
}

/// When a source was last read, and what it looked like.
///
/// # Errors
/// When the database fails.
pub async fn last_refresh(
    conn: &mut Connection,
    source: Source,
) -> QueryResult<Option<(String, DateTime<Utc>)>> {
    directory_refreshes::table
        .find(source.name())
        .select((
            directory_refreshes::fingerprint,
            directory_refreshes::refreshed_at,
        ))
        .first(conn)
        .await
        .optional()
}

/// Notes that a source was read.
///
/// # Errors
/// When the database fails.
pub async fn record_refresh(
    conn: &mut Connection,
    source: Source,
    fingerprint: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(directory_refreshes::table)
        .values((
            directory_refreshes::source.eq(source.name()),
            directory_refreshes::fingerprint.eq(fingerprint),
            directory_refreshes::refreshed_at.eq(now),
        ))
        .on_conflict(directory_refreshes::source)
        .do_update()
        .set((
            directory_refreshes::fingerprint.eq(fingerprint),
            directory_refreshes::refreshed_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = universities)]
struct EntryToMerge {
    id: Uuid,
    name: String,
    name_key: String,
    country: String,
    country_code: String,
    state: String,
    city: String,
    kind: &'static str,
    search_terms: Vec<String>,
    search_text: String,
    website: Option<String>,
    enrollment: Option<i32>,
    established: Option<i32>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    source: &'static str,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl EntryToMerge {
    fn of(entry: &UniversityEntry, source: Source, random: &Random, now: DateTime<Utc>) -> Self {
        Self {
            id: random.id(now),
            name: entry.name.clone(),
            name_key: entry.name_key(),
            country: entry.country.clone(),
            country_code: entry.country_code.clone(),
            state: entry.state.clone(),
            city: entry.city.clone(),
            kind: entry.kind.name(),
            search_terms: entry.search_terms.clone(),
            search_text: entry.search_text(),
            website: entry.website.clone(),
            enrollment: entry.enrollment,
            established: entry.established,
            latitude: entry.latitude,
            longitude: entry.longitude,
            source: source.name(),
            created_at: now,
            updated_at: now,
        }
    }
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = universities)]
struct EntryRow {
    id: Uuid,
    name: String,
    name_key: String,
    country: String,
    country_code: String,
    state: String,
    city: String,
    kind: String,
    search_terms: Vec<String>,
    website: Option<String>,
    enrollment: Option<i32>,
    established: Option<i32>,
    accreditation: Vec<String>,
    programs: Vec<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl From<EntryRow> for University {
    fn from(row: EntryRow) -> Self {
        Self {
            id: UniversityId::from_uuid(row.id),
            entry: UniversityEntry {
                name: row.name,
                country: row.country,
                country_code: row.country_code,
                state: row.state,
                city: row.city,
                // The schema allows no other type.
                kind: UniversityType::from_name(&row.kind).unwrap_or(UniversityType::Public),
                search_terms: row.search_terms,
                website: row.website,
                enrollment: row.enrollment,
                established: row.established,
                latitude: row.latitude,
                longitude: row.longitude,
            },
            accreditation: row.accreditation,
            programs: row.programs,
        }
    }
}

/// A row of a search: an entry, or only the total where the page is empty.
struct FoundRow {
    total: i64,
    rank: Option<i32>,
    entry: Option<EntryRow>,
}

impl QueryableByName<diesel::pg::Pg> for FoundRow {
    fn build<'a>(
        row: &impl diesel::row::NamedRow<'a, diesel::pg::Pg>,
    ) -> diesel::deserialize::Result<Self> {
        use diesel::row::NamedRow;
        let rank = NamedRow::get::<Nullable<Integer>, Option<i32>>(row, "rank")?;
        Ok(Self {
            total: NamedRow::get::<BigInt, i64>(row, "total")?,
            rank,
            entry: match rank {
                Some(_) => Some(<EntryRow as QueryableByName<diesel::pg::Pg>>::build(row)?),
                None => None,
            },
        })
    }
}
