//! `EventService`.

use std::sync::Arc;

use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::event_service_server::EventService;
use tonic::{Request, Response, Status};

use super::convert::{asked, event, event_id, somebody};
use crate::app::{App, events, export, lists, marks};
use crate::domain::event::SeenEvent;

/// Events.
pub(super) struct Events(pub(super) Arc<App>);

impl Events {
    fn shown(&self, seen: SeenEvent) -> Option<proto::Event> {
        Some(event(seen, self.0.clock.now()))
    }
}

#[tonic::async_trait]
impl EventService for Events {
    async fn create_event(
        &self,
        request: Request<proto::CreateEventRequest>,
    ) -> Result<Response<proto::CreateEventResponse>, Status> {
        let caller = somebody(&request)?;
        let seen = events::create(&self.0, &caller, request.into_inner().into()).await?;
        let event = self.shown(seen);
        Ok(Response::new(proto::CreateEventResponse { event }))
    }

    async fn get_event(
        &self,
        request: Request<proto::GetEventRequest>,
    ) -> Result<Response<proto::GetEventResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        let event = self.shown(events::get(&self.0, &caller, id).await?);
        Ok(Response::new(proto::GetEventResponse { event }))
    }

    async fn check_organizer(
        &self,
        request: Request<proto::CheckOrganizerRequest>,
    ) -> Result<Response<proto::CheckOrganizerResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        events::check_organizer(&self.0, &caller, id).await?;
        Ok(Response::new(proto::CheckOrganizerResponse {}))
    }

    async fn update_event(
        &self,
        request: Request<proto::UpdateEventRequest>,
    ) -> Result<Response<proto::UpdateEventResponse>, Status> {
        let caller = somebody(&request)?;
        let request = request.into_inner();
        let id = event_id(&request.event_id)?;
        let seen = events::update(&self.0, &caller, id, request.into()).await?;
        let event = self.shown(seen);
        Ok(Response::new(proto::UpdateEventResponse { event }))
    }

    async fn delete_event(
        &self,
        request: Request<proto::DeleteEventRequest>,
    ) -> Result<Response<proto::DeleteEventResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        events::delete(&self.0, &caller, id).await?;
        Ok(Response::new(proto::DeleteEventResponse {}))
    }

    async fn list_events(
        &self,
        request: Request<proto::ListEventsRequest>,
    ) -> Result<Response<proto::ListEventsResponse>, Status> {
        let caller = somebody(&request)?;
        let (asked, page_size, page_token) = asked(request.into_inner());
        let page = lists::list(&self.0, &caller, asked, page_size, &page_token).await?;
        let now = self.0.clock.now();
        Ok(Response::new(proto::ListEventsResponse {
            events: page
                .events
                .into_iter()
                .map(|seen| event(seen, now))
                .collect(),
            next_page_token: page.next,
            total: page.total,
        }))
    }

    async fn list_event_categories(
        &self,
        request: Request<proto::ListEventCategoriesRequest>,
    ) -> Result<Response<proto::ListEventCategoriesResponse>, Status> {
        let caller = somebody(&request)?;
        let categories = lists::categories(&self.0, &caller).await?;
        Ok(Response::new(proto::ListEventCategoriesResponse {
            categories: categories.into_iter().map(Into::into).collect(),
        }))
    }

    async fn set_event_save(
        &self,
        request: Request<proto::SetEventSaveRequest>,
    ) -> Result<Response<proto::SetEventSaveResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::SetEventSaveRequest {
            event_id: id,
            saved,
        } = request.into_inner();
        let marked = marks::save(&self.0, &caller, event_id(&id)?, saved).await?;
        Ok(Response::new(proto::SetEventSaveResponse {
            saved: marked.is_set,
            save_count: marked.count,
        }))
    }

    async fn view_event(
        &self,
        request: Request<proto::ViewEventRequest>,
    ) -> Result<Response<proto::ViewEventResponse>, Status> {
        let caller = somebody(&request)?;
        let id = event_id(&request.into_inner().event_id)?;
        marks::view(&self.0, &caller, id).await?;
        Ok(Response::new(proto::ViewEventResponse {}))
    }

    async fn report_event(
        &self,
        request: Request<proto::ReportEventRequest>,
    ) -> Result<Response<proto::ReportEventResponse>, Status> {
        let caller = somebody(&request)?;
        let proto::ReportEventRequest {
            event_id: id,
            reason,
            description,
        } = request.into_inner();
        marks::report(&self.0, &caller, event_id(&id)?, &reason, &description).await?;
        Ok(Response::new(proto::ReportEventResponse {}))
    }

    async fn export_events(
        &self,
        request: Request<proto::ExportEventsRequest>,
    ) -> Result<Response<proto::ExportEventsResponse>, Status> {
        let caller = somebody(&request)?;
        let document = export::document(&self.0, &caller).await?;
        Ok(Response::new(proto::ExportEventsResponse { document }))
    }
}
