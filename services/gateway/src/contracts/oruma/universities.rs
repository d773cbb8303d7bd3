//! `/api/universities` (O-064, O-065).

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::auth::v1 as proto;

use super::credentials::{AnyCaller, SignedInCaller};
use super::dto::university::{UniversitiesPage, UniversityDetail};
use super::error::{ApiError, ErrorBody};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;
use crate::query::Query;

/// Searches the directory by the start of a name and by words, forgiving accents and typing errors. Open to all.
#[utoipa::path(get, path = "/api/universities/search", tag = "universities", params(
    ("q" = Option<String>, Query, description = "Words or the start of a name; without any, all by name"),
    ("state" = Option<String>, Query, description = "Only this state, without regard to case"),
    ("type" = Option<String>, Query, description = "public, private, community, technical, hbcu, tribal, religious or for-profit"),
    ("limit" = Option<u32>, Query, description = "50 by default, 100 at the most"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
), responses(
    (status = 200, description = "A page of entries, best first, then by name", body = UniversitiesPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    AnyCaller(caller): AnyCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::SearchUniversitiesRequest {
        query: query.text("q")?,
        state: query.text("state")?,
        r#type: query.text("type")?,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    };
    let universities = &edge.clients.universities;
    let page = read(async || {
        universities
            .clone()
            .search_universities(caller.send(message.clone()))
            .await
    })
    .await?;
    Ok(HttpResponse::Ok().json(UniversitiesPage::from(page)))
}

/// One entry with all that the directory knows.
#[utoipa::path(get, path = "/api/universities/{id}", tag = "universities", security(("bearer" = [])), params(
    ("id" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The entry", body = UniversityDetail),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such entry", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let university_id = id.into_inner();
    let message = proto::GetUniversityRequest { university_id };
    let universities = &edge.clients.universities;
    let found = read(async || {
        universities
            .clone()
            .get_university(caller.send(message.clone()))
            .await
    })
    .await?
    .university;
    Ok(HttpResponse::Ok().json(UniversityDetail::from(found.ok_or_else(Failure::internal)?)))
}
