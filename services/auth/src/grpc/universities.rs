//! `UniversityService`.

use std::sync::Arc;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::university_service_server::UniversityService;
use tonic::{Request, Response, Status};

use crate::app::universities::UniversityQuery;
use crate::app::{App, universities};
use crate::error::Error;

/// The universities directory.
pub(super) struct Universities(pub(super) Arc<App>);

#[tonic::async_trait]
impl UniversityService for Universities {
    async fn search_universities(
        &self,
        request: Request<proto::SearchUniversitiesRequest>,
    ) -> Result<Response<proto::SearchUniversitiesResponse>, Status> {
        let found = universities::search(&self.0, &query(request.into_inner())).await?;
        Ok(Response::new(proto::SearchUniversitiesResponse {
            universities: found.entries.into_iter().map(Into::into).collect(),
            total: found.total,
            next_page_token: found.next_page_token,
        }))
    }

    async fn get_university(
        &self,
        request: Request<proto::GetUniversityRequest>,
    ) -> Result<Response<proto::GetUniversityResponse>, Status> {
        let id = request.into_inner().university_id;
        let id = id.parse().map_err(|_| Error::UniversityNotFound)?;
        let (university, detail) = universities::get(&self.0, id).await?;
        let mut university = proto::University::from(university);
        university.detail = Some(detail.into());
        Ok(Response::new(proto::GetUniversityResponse {
            university: Some(university),
        }))
    }
}

fn query(request: proto::SearchUniversitiesRequest) -> UniversityQuery {
    let proto::SearchUniversitiesRequest {
        query,
        state,
        r#type,
        page_size,
        page_token,
    } = request;
    UniversityQuery {
        text: query,
        state,
        kind: r#type,
        page_size,
        page_token,
    }
}
