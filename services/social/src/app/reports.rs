//! Telling moderators, and what they make of it.

use chrono::{DateTime, Utc};
use diesel_async::AsyncConnection;
use oruma_engagement as engagement;
use oruma_ids::{PageSize, PostId, ReportId, UserId};
use oruma_postgres::StoreError;
use oruma_service_runtime::Caller;
use oruma_text::{Faults, Lines};
use uuid::Uuid;

use super::App;
use crate::domain::report::{Report, ReportState, Step, Subject, SubjectKind};
use crate::domain::viewer::Viewer;
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::reports::{Filter, NewReport, Position};

const REPORTS: PageSize = PageSize {
    default: 20,
    most: 100,
};

/// Tells moderators of a post. Whoever did so before is heard no second time.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::PostNotFound`]; [`Error::Invalid`] naming every field at fault.
pub async fn report_post(
    app: &App,
    caller: &Caller,
    id: PostId,
    reason: &str,
    description: &str,
) -> Result<(), Error> {
    let viewer = Viewer::of(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let post = store::posts::lock(conn, id, &viewer)
            .await?
            .ok_or(Error::PostNotFound)?;
        let words = engagement::Report::judge(reason, description, app.config.reports)
            .map_err(Error::Invalid)?;
        let new = NewReport {
            id: ReportId::from_uuid(app.random.id(now)),
            subject: Subject {
                kind: SubjectKind::Post,
                id: id.as_uuid(),
                owner: post.author,
            },
            reporter: viewer.user,
            words: &words,
            created_at: now,
        };
        if store::reports::insert(conn, &new).await? {
            let event = outbox::post_reported(app, &post, viewer.user, &words, now);
            app.outbox.append(conn, &event).await?;
        }
        Ok(())
    })
    .await
}

/// What another service tells of a report that it took.
#[derive(Debug)]
pub struct Told {
    /// What it is about.
    pub subject: Subject,
    /// Who told.
    pub reporter: UserId,
    /// Why.
    pub words: engagement::Report,
    /// When.
    pub at: DateTime<Utc>,
}

/// Puts a report of another service into the queue; once an event.
///
/// # Errors
/// When the database fails.
pub async fn collect(app: &App, told: &Told, event: Uuid) -> Result<(), StoreError> {
    let new = NewReport {
        id: ReportId::from_uuid(app.random.id(app.clock.now())),
        subject: told.subject,
        reporter: told.reporter,
        words: &told.words,
        created_at: told.at,
    };
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if app.reported.first_time(conn, event).await? {
            store::reports::insert(conn, &new).await?;
        }
        Ok(())
    })
    .await
}

/// A page of the queue, oldest first, and how many reports the list has in all.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::AdminOnly`]; [`Error::Invalid`] for a negative page size or a broken page token.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    page_size: i32,
    page_token: &str,
) -> Result<(Vec<Report>, String, i64), Error> {
    moderator(caller)?;
    let size = REPORTS.of(page_size)?;
    let name = format!("reports {filter:?}");
    let after = app.cursors.after(&name, page_token)?;
    let mut conn = app.database.reader().await?;
    let rows = store::reports::list(&mut conn, filter, after, i64::from(size) + 1).await?;
    let total = store::reports::count(&mut conn, filter).await?;
    let (reports, next) = app.cursors.page(&name, rows, size, Position::of);
    Ok((reports, next, total))
}

/// One report, with what moderators did, oldest first.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::AdminOnly`]; [`Error::ReportNotFound`].
pub async fn get(app: &App, caller: &Caller, id: ReportId) -> Result<(Report, Vec<Step>), Error> {
    moderator(caller)?;
    let mut conn = app.database.reader().await?;
    let report = store::reports::find(&mut conn, id)
        .await?
        .ok_or(Error::ReportNotFound)?;
    let steps = store::reports::steps(&mut conn, id).await?;
    Ok((report, steps))
}

/// Decides on a report, or opens it again. The state is said as it could be read: that it is none comes after that the report is there.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::AdminOnly`]; [`Error::ReportNotFound`]; [`Error::Invalid`]; [`Error::AlreadyDecided`] when it is in that state.
pub async fn decide(
    app: &App,
    caller: &Caller,
    id: ReportId,
    after: Result<Option<ReportState>, Error>,
    note: &str,
) -> Result<(Report, Vec<Step>), Error> {
    let moderator = moderator(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let report = store::reports::lock(conn, id)
            .await?
            .ok_or(Error::ReportNotFound)?;
        let after = after?.ok_or_else(|| Error::invalid("state", "is required"))?;
        let note = judge_note(app, note)?;
        if report.state == after {
            return Err(Error::AlreadyDecided);
        }
        let step = Step {
            moderator,
            before: report.state,
            after,
            note,
            at: now,
        };
        store::reports::step(conn, id, &step).await?;
        let event = outbox::report_decided(app, &report, &step);
        app.outbox.append(conn, &event).await?;
        let report = Report {
            state: after,
            updated_at: now,
            ..report
        };
        Ok((report, store::reports::steps(conn, id).await?))
    })
    .await
}

fn judge_note(app: &App, note: &str) -> Result<String, Error> {
    let mut faults = Faults::default();
    let note = faults.text("note", note, Lines::Many, app.config.reports.description);
    faults.or(note).map_err(Error::Invalid)
}

fn moderator(caller: &Caller) -> Result<UserId, Error> {
    let viewer = Viewer::of(caller)?;
    viewer.must_moderate()?;
    Ok(viewer.user)
}
