//! The moderators' queue.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_engagement as engagement;
use oruma_ids::{ReportId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::report::{Report, ReportState, Step, Subject, SubjectKind};

/// The columns of a [`ReportRow`].
macro_rules! report_columns {
    () => {
        "r.id, r.subject_kind, r.subject_id, r.owner_id, r.reporter_id, r.reason, r.description, r.state, r.created_at, r.updated_at"
    };
}

/// A report to be.
#[derive(Debug)]
pub struct NewReport<'a> {
    /// The id.
    pub id: ReportId,
    /// What it is about.
    pub subject: Subject,
    /// Who tells.
    pub reporter: UserId,
    /// Why.
    pub words: &'a engagement::Report,
    /// When it was told.
    pub created_at: DateTime<Utc>,
}

/// Which reports a list has; `None` does not narrow.
#[derive(Debug, Clone, Copy)]
pub struct Filter {
    /// Only those in this state.
    pub state: Option<ReportState>,
    /// Only those on such a subject.
    pub kind: Option<SubjectKind>,
}

/// Where a page ended: the time by which the list is ordered, and the report.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Position(DateTime<Utc>, Uuid);

impl Position {
    /// The place of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self(report.created_at, report.id.as_uuid())
    }
}

/// Puts a report into the queue, and tells whether it is the person's first on that subject; another is not kept.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewReport<'_>) -> QueryResult<bool> {
    const INSERT: &str = "INSERT INTO social.reports
            (id, subject_kind, subject_id, owner_id, reporter_id, reason, description, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (subject_kind, subject_id, reporter_id) DO NOTHING";
    let values = vec![
        Bound::Id(new.id.as_uuid()),
        Bound::Text(new.subject.kind.name()),
        Bound::Id(new.subject.id),
        Bound::Id(new.subject.owner.as_uuid()),
        Bound::Id(new.reporter.as_uuid()),
        Bound::Text(&new.words.reason),
        Bound::Text(&new.words.description),
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
    ];
    let inserted = Statement::<()>::new(INSERT, values).execute(conn).await?;
    Ok(inserted == 1)
}

/// Reports, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Connection,
    filter: Filter,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Vec<Report>> {
    const LIST: &str = concat!(
        "SELECT ",
        report_columns!(),
        " FROM social.reports r WHERE ? IN ('', r.state) AND ? IN ('', r.subject_kind) AND (r.created_at, r.id) > (?, ?)
          ORDER BY r.created_at, r.id LIMIT ?"
    );
    const LIST_IN_STATE: &str = concat!(
        "SELECT ",
        report_columns!(),
        " FROM social.reports r WHERE r.state = ? AND ? IN ('', r.subject_kind) AND (r.created_at, r.id) > (?, ?)
          ORDER BY r.created_at, r.id LIMIT ?"
    );
    let Position(time, id) = after.unwrap_or(Position(DateTime::UNIX_EPOCH, Uuid::nil()));
    let values = vec![
        Bound::Text(filter.state.map_or("", ReportState::name)),
        Bound::Text(filter.kind.map_or("", SubjectKind::name)),
        Bound::Time(time),
        Bound::Id(id),
        Bound::Number(limit),
    ];
    let list = if filter.state.is_some() {
        LIST_IN_STATE
    } else {
        LIST
    };
    let rows: Vec<ReportRow> = Statement::<Untyped>::new(list, values).load(conn).await?;
    Ok(rows.into_iter().map(Report::from).collect())
}

/// How many reports a list has in all.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Connection, filter: Filter) -> QueryResult<i64> {
    const COUNT: &str = "SELECT count(*) FROM social.reports r WHERE ? IN ('', r.state) AND ? IN ('', r.subject_kind)";
    let values = vec![
        Bound::Text(filter.state.map_or("", ReportState::name)),
        Bound::Text(filter.kind.map_or("", SubjectKind::name)),
    ];
    Statement::<BigInt>::new(COUNT, values)
        .get_result(conn)
        .await
}

/// A report.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Connection, id: ReportId) -> QueryResult<Option<Report>> {
    const FIND: &str = concat!(
        "SELECT ",
        report_columns!(),
        " FROM social.reports r WHERE r.id = ?"
    );
    one(conn, FIND, id).await
}

/// Locks a report, so that of two decisions one comes first.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, id: ReportId) -> QueryResult<Option<Report>> {
    const LOCK: &str = concat!(
        "SELECT ",
        report_columns!(),
        " FROM social.reports r WHERE r.id = ? FOR NO KEY UPDATE"
    );
    one(conn, LOCK, id).await
}

async fn one(conn: &mut Connection, sql: &str, id: ReportId) -> QueryResult<Option<Report>> {
    let row: Option<ReportRow> = Statement::<Untyped>::new(sql, vec![Bound::Id(id.as_uuid())])
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Report::from))
}

/// What moderators did with a report, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn steps(conn: &mut Connection, id: ReportId) -> QueryResult<Vec<Step>> {
    const STEPS: &str = "SELECT moderator_id, before, after, note, created_at FROM social.report_steps WHERE report_id = ? ORDER BY number";
    let rows: Vec<StepRow> = Statement::<Untyped>::new(STEPS, vec![Bound::Id(id.as_uuid())])
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Step::from).collect())
}

/// Puts a report into another state, and writes down who did. The caller holds its lock.
///
/// # Errors
/// When the database fails.
pub async fn step(conn: &mut Connection, id: ReportId, step: &Step) -> QueryResult<()> {
    const STEP: &str = "WITH stepped AS (
            UPDATE social.reports SET state = ?, updated_at = ? WHERE id = ? RETURNING id
        )
        INSERT INTO social.report_steps (report_id, moderator_id, before, after, note, created_at)
        SELECT id, ?, ?, ?, ?, ? FROM stepped";
    let values = vec![
        Bound::Text(step.after.name()),
        Bound::Time(step.at),
        Bound::Id(id.as_uuid()),
        Bound::Id(step.moderator.as_uuid()),
        Bound::Text(step.before.name()),
        Bound::Text(step.after.name()),
        Bound::Text(&step.note),
        Bound::Time(step.at),
    ];
    Statement::<()>::new(STEP, values).execute(conn).await?;
    Ok(())
}

/// Forgets who told of some subjects: a person who is gone. Returns how many reports that were.
///
/// # Errors
/// When the database fails.
pub async fn forget_reporter(
    conn: &mut Connection,
    reporter: UserId,
    most: i64,
) -> QueryResult<usize> {
    const FORGET: &str = "UPDATE social.reports SET reporter_id = NULL WHERE id IN (
        SELECT id FROM social.reports WHERE reporter_id = ? ORDER BY id LIMIT ? FOR NO KEY UPDATE)";
    let values = vec![Bound::Id(reporter.as_uuid()), Bound::Number(most)];
    Statement::<()>::new(FORGET, values).execute(conn).await
}

#[derive(QueryableByName)]
struct ReportRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    subject_kind: String,
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    owner_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    reporter_id: Option<Uuid>,
    #[diesel(sql_type = Text)]
    reason: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    updated_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct StepRow {
    #[diesel(sql_type = SqlUuid)]
    moderator_id: Uuid,
    #[diesel(sql_type = Text)]
    before: String,
    #[diesel(sql_type = Text)]
    after: String,
    #[diesel(sql_type = Text)]
    note: String,
    #[diesel(sql_type = Timestamptz)]
    created_at: DateTime<Utc>,
}

/// The schema allows no other state.
fn state(name: &str) -> ReportState {
    ReportState::from_name(name).unwrap_or(ReportState::Open)
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self {
            id: ReportId::from_uuid(row.id),
            subject: Subject {
                // The schema allows no other kind.
                kind: SubjectKind::from_name(&row.subject_kind).unwrap_or(SubjectKind::Post),
                id: row.subject_id,
                owner: UserId::from_uuid(row.owner_id),
            },
            reporter: row.reporter_id.map(UserId::from_uuid),
            reason: row.reason,
            description: row.description,
            state: state(&row.state),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

impl From<StepRow> for Step {
    fn from(row: StepRow) -> Self {
        Self {
            moderator: UserId::from_uuid(row.moderator_id),
            before: state(&row.before),
            after: state(&row.after),
            note: row.note,
            at: row.created_at,
        }
    }
}
