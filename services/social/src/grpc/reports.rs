//! `ReportService`.

use std::sync::Arc;

use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::report_service_server::ReportService;
use tonic::{Request, Response, Status};

use super::convert::{administrator, report_id, report_state, report_with_steps, subject_kind};
use crate::app::{App, reports};
use crate::store::reports::Filter;

/// The moderators' queue.
pub(super) struct Reports(pub(super) Arc<App>);

#[tonic::async_trait]
impl ReportService for Reports {
    async fn list_reports(
        &self,
        request: Request<proto::ListReportsRequest>,
    ) -> Result<Response<proto::ListReportsResponse>, Status> {
        let caller = administrator(&request)?;
        let request = request.into_inner();
        let filter = Filter {
            state: report_state(request.state)?,
            kind: subject_kind(&request.subject_kind)?,
        };
        let (reports, next_page_token, total) = reports::list(
            &self.0,
            &caller,
            filter,
            request.page_size,
            &request.page_token,
        )
        .await?;
        Ok(Response::new(proto::ListReportsResponse {
            reports: reports.into_iter().map(Into::into).collect(),
            next_page_token,
            total,
        }))
    }

    async fn get_report(
        &self,
        request: Request<proto::GetReportRequest>,
    ) -> Result<Response<proto::GetReportResponse>, Status> {
        let caller = administrator(&request)?;
        let id = report_id(&request.into_inner().report_id)?;
        let (report, steps) = reports::get(&self.0, &caller, id).await?;
        Ok(Response::new(proto::GetReportResponse {
            report: Some(report_with_steps(report, steps)),
        }))
    }

    async fn decide_report(
        &self,
        request: Request<proto::DecideReportRequest>,
    ) -> Result<Response<proto::DecideReportResponse>, Status> {
        let caller = administrator(&request)?;
        let proto::DecideReportRequest {
            report_id: id,
            state,
            note,
        } = request.into_inner();
        let state = report_state(state);
        let (report, steps) =
            reports::decide(&self.0, &caller, report_id(&id)?, state, &note).await?;
        Ok(Response::new(proto::DecideReportResponse {
            report: Some(report_with_steps(report, steps)),
        }))
    }
}
