//! `RegistrationService`.

use std::sync::Arc;

use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::registration_service_server::RegistrationService;
use tonic::{Request, Response, Status};

use super::convert::{event_id, somebody};
use crate::app::{App, registrations};

/// Registrations.
pub(super) struct Registrations(pub(super) Arc<App>);

#[tonic::async_trait]
impl RegistrationService for Registrations {
    async fn register(
        &self,
        request: Request<proto::RegisterRequest>,
    ) -> Result<Response<proto::RegisterResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        let registered_count = registrations::register(&self.0, &caller, id).await?;
        Ok(Response::new(proto::RegisterResponse { registered_count }))
    }

    async fn unregister(
        &self,
        request: Request<proto::UnregisterRequest>,
    ) -> Result<Response<proto::UnregisterResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        let registered_count = registrations::unregister(&self.0, &caller, id).await?;
        Ok(Response::new(proto::UnregisterResponse {
            registered_count,
        }))
    }

    async fn list_registrations(
        &self,
        request: Request<proto::ListRegistrationsRequest>,
    ) -> Result<Response<proto::ListRegistrationsResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        let found = registrations::list(&self.0, &caller, id).await?;
        Ok(Response::new(proto::ListRegistrationsResponse {
            registrations: found.into_iter().map(Into::into).collect(),
        }))
    }

    async fn set_attendance(
        &self,
        request: Request<proto::SetAttendanceRequest>,
    ) -> Result<Response<proto::SetAttendanceResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetAttendanceRequest {
            event_id: id,
            user_id,
            attended,
        } = request.into_inner();
        let id = event_id(&id)?;
        let found = registrations::set_attendance(&self.0, &caller, id, &user_id, attended).await?;
        Ok(Response::new(proto::SetAttendanceResponse {
            registration: Some(found.into()),
        }))
    }
}
