//! `/api/admin/reports`: the moderators' queue, an addition to the contract.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::social::v1 as proto;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::report::{DecisionRequest, Report, ReportsPage, people_of, state_number};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// The moderators' queue: reports on posts, events and items, oldest first. For administrators.
#[utoipa::path(get, path = "/api/admin/reports", tag = "moderation", security(("bearer" = [])), params(
    ("state" = Option<String>, Query, description = "open, actioned or dismissed; any when missing"),
    ("type" = Option<String>, Query, description = "post, event or item; any when missing"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "20 by default, 100 at the most"),
), responses(
    (status = 200, description = "A page of reports", body = ReportsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "The caller is no administrator", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListReportsRequest {
        state: state_number(&query.text("state")?),
        subject_kind: query.text("type")?,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let reports = &edge.clients.reports;
    let page = read(async || {
        reports
            .clone()
            .list_reports(caller.send(message.clone()))
            .await
    })
    .await?;
    let shown = with_people(&edge, &caller, page.reports).await?;
    Ok(HttpResponse::Ok().json(ReportsPage::new(shown, page.total, page.next_page_token)))
}

/// One report, with what moderators did. For administrators.
#[utoipa::path(get, path = "/api/admin/reports/{reportId}", tag = "moderation", security(("bearer" = [])), params(
    ("reportId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The report", body = Report),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "The caller is no administrator", body = ErrorBody),
    (status = 404, description = "There is no such report", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    report_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetReportRequest {
        report_id: report_id.into_inner(),
    };
    let reports = &edge.clients.reports;
    let found = read(async || {
        reports
            .clone()
            .get_report(caller.send(message.clone()))
            .await
    })
    .await?;
    show(&edge, &caller, found.report).await
}

/// Decides on a report, or opens it again; who did so and why stays in its trail. For administrators.
#[utoipa::path(put, path = "/api/admin/reports/{reportId}", tag = "moderation", security(("bearer" = [])), params(
    ("reportId" = String, Path, description = "UUID"),
), request_body = DecisionRequest, responses(
    (status = 200, description = "The report now", body = Report),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "The caller is no administrator", body = ErrorBody),
    (status = 404, description = "There is no such report", body = ErrorBody),
    (status = 409, description = "It is in that state already", body = ErrorBody),
))]
pub(super) async fn decide(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    report_id: Path<String>,
    Json(DecisionRequest { state: name, note }): Json<DecisionRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DecideReportRequest {
        report_id: report_id.into_inner(),
        state: state_number(&name.unwrap_or_default()),
        note: note.unwrap_or_default(),
    });
    let decided = edge.clients.reports.clone().decide_report(message).await?;
    show(&edge, &caller, decided.into_inner().report).await
}

async fn show(
    edge: &Edge,
    caller: &Caller,
    report: Option<proto::Report>,
) -> Result<HttpResponse, ApiError> {
    let shown = with_people(edge, caller, report.into_iter().collect()).await?;
    let report = shown.into_iter().next().ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(report))
}

/// Reports with the cards of all whom they name, asked for at once.
async fn with_people(
    edge: &Edge,
    caller: &Caller,
    reports: Vec<proto::Report>,
) -> Result<Vec<Report>, Failure> {
    let people = reports.iter().flat_map(people_of);
    let cards = edge.people.cards(caller, people).await?;
    let shown = reports
        .into_iter()
        .map(|report| Report::new(report, &cards));
    shown.collect::<Option<_>>().ok_or_else(Failure::internal)
}
