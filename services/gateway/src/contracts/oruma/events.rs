//! `/api/events` (O-026…O-041).

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use oruma_proto::events::v1 as proto;
use oruma_proto::media::v1::ImageFolder;
use oruma_service_runtime::Caller;

use super::body::Json;
use super::credentials::SignedInCaller;
use super::dto::category::{Categories, Category};
use super::dto::event::{
    AttendanceRequest, CreatedEvent, Event, EventRequest, EventsPage, Registered, Registration,
    Saved,
};
use super::dto::image::UploadedImage;
use super::dto::report::{Nothing, ReportRequest};
use super::error::{ApiError, ErrorBody};
use super::submission::Submission;
use super::uploads;
use crate::clients::read;
use crate::compose::{with_owner, with_owners};
use crate::edge::Edge;
use crate::failure::Failure;
use crate::forms::is_form;
use crate::query::Query;

/// Events by filters, soonest first.
#[utoipa::path(get, path = "/api/events", tag = "events", security(("bearer" = [])), params(
    ("category" = Option<String>, Query, description = "In any case"),
    ("university" = Option<String>, Query, description = "The name of a university"),
    ("date" = Option<String>, Query, description = "On this day, `YYYY-MM-DD` or an ISO time"),
    ("dateFrom" = Option<String>, Query, description = "On this day or later"),
    ("dateTo" = Option<String>, Query, description = "On this day or earlier"),
    ("location" = Option<String>, Query, description = "A part of the place"),
    ("status" = Option<String>, Query, description = "upcoming, ongoing, completed or cancelled"),
    ("tags" = Option<Vec<String>>, Query, description = "Any of these, repeated or with commas between"),
    ("sortBy" = Option<String>, Query, description = "date, popularity, recent or capacity (most free places first)"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of events", body = EventsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn list(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    list_of(&edge, &caller, filtered(&Query::of(&request))?).await
}

/// Events that have the words, best first, with the filters of the list.
#[utoipa::path(get, path = "/api/events/search", tag = "events", security(("bearer" = [])), params(
    ("q" = Option<String>, Query, description = "Words, \"phrases\", `or`, `-without`; without any, all events"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of events", body = EventsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn search(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let query = Query::of(&request);
    let message = proto::ListEventsRequest {
        query: query.text("q")?,
        ..filtered(&query)?
    };
    list_of(&edge, &caller, message).await
}

/// The events that a person organises.
#[utoipa::path(get, path = "/api/events/users/{userId}/events", tag = "events", security(("bearer" = [])), params(
    ("userId" = String, Path, description = "UUID"),
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of events", body = EventsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such person", body = ErrorBody),
))]
pub(super) async fn by_organizer(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    user_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let organizer_id = user_id.into_inner();
    edge.people.must_know(&caller, &organizer_id).await?;
    let message = proto::ListEventsRequest {
        organizer_id,
        ..filtered(&Query::of(&request))?
    };
    list_of(&edge, &caller, message).await
}

/// The events that the caller is registered for.
#[utoipa::path(get, path = "/api/events/registered", tag = "events", security(("bearer" = [])), params(
    ("cursor" = Option<String>, Query, description = "`nextCursor` of the page before"),
    ("limit" = Option<u32>, Query, description = "10 by default, 50 at the most"),
), responses(
    (status = 200, description = "A page of events", body = EventsPage),
    (status = 400, description = "A parameter is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn registered(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let message = proto::ListEventsRequest {
        registered: true,
        ..filtered(&Query::of(&request))?
    };
    list_of(&edge, &caller, message).await
}

fn filtered(query: &Query) -> Result<proto::ListEventsRequest, Failure> {
    Ok(proto::ListEventsRequest {
        query: String::new(),
        category: query.text("category")?,
        university: query.text("university")?,
        date: query.text("date")?,
        date_from: query.text("dateFrom")?,
        date_to: query.text("dateTo")?,
        location: query.text("location")?,
        status: query.text("status")?,
        tags: query.all("tags")?,
        sort_by: query.text("sortBy")?,
        organizer_id: String::new(),
        registered: false,
        saved: false,
        page_size: query.limit()?,
        page_token: query.text("cursor")?,
    })
}

async fn list_of(
    edge: &Edge,
    caller: &Caller,
    message: proto::ListEventsRequest,
) -> Result<HttpResponse, ApiError> {
    let events = &edge.clients.events;
    let page = read(async || {
        events
            .clone()
            .list_events(caller.send(message.clone()))
            .await
    })
    .await?;
    let proto::ListEventsResponse {
        events,
        next_page_token,
        total,
    } = page;
    let events = with_owners(edge, caller, events, |event| &event.organizer_id).await?;
    let page = EventsPage::new(events, next_page_token, total, &edge.config.public_url);
    Ok(HttpResponse::Ok().json(page))
}

/// The categories of events, the most used first.
#[utoipa::path(get, path = "/api/events/categories", tag = "events", security(("bearer" = [])), responses(
    (status = 200, description = "The categories", body = Categories),
    (status = 401, description = "Not signed in", body = ErrorBody),
))]
pub(super) async fn categories(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<HttpResponse, ApiError> {
    let events = &edge.clients.events;
    let found = read(async || {
        let message = caller.send(proto::ListEventCategoriesRequest {});
        events.clone().list_event_categories(message).await
    })
    .await?;
    let categories = found.categories.into_iter().map(Category::from).collect();
    Ok(HttpResponse::Ok().json(Categories { categories }))
}

/// Announces an event, with JSON or, to send a banner along, with a form.
#[utoipa::path(post, path = "/api/events", tag = "events", security(("bearer" = [])), params(
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repetition within 24 hours answer like the first time"),
), request_body(content(
    (EventRequest = "application/json"),
    (EventRequest = "multipart/form-data"),
)), responses(
    (status = 201, description = "The event", body = CreatedEvent),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type, or the key stood for another request", body = ErrorBody),
))]
pub(super) async fn create(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let Submission {
        fields,
        images,
        uploads,
    } = Submission::<EventRequest>::read(&edge, &caller, &request, payload).await?;
    let created = async {
        let message = caller.send(fields.into_create(images)?);
        let created = edge.clients.events.clone().create_event(message).await;
        Ok::<_, ApiError>(created?.into_inner().event)
    };
    let event = uploads.kept_if(created.await).await?;
    let event = with_owner(&edge, &caller, event, |event| &event.organizer_id).await?;
    Ok(HttpResponse::Created().json(CreatedEvent {
        event: Event::new(event, &edge.config.public_url),
    }))
}

/// One event.
#[utoipa::path(get, path = "/api/events/{eventId}", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The event", body = Event),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn get(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::GetEventRequest {
        event_id: event_id.into_inner(),
    };
    let events = &edge.clients.events;
    let found = read(async || events.clone().get_event(caller.send(message.clone())).await).await?;
    let event = with_owner(&edge, &caller, found.event, |event| &event.organizer_id).await?;
    Ok(HttpResponse::Ok().json(Event::new(event, &edge.config.public_url)))
}

/// Changes one's own event, or calls it off; what is absent stays.
#[utoipa::path(put, path = "/api/events/{eventId}", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), request_body(content(
    (EventRequest = "application/json"),
    (EventRequest = "multipart/form-data"),
)), responses(
    (status = 200, description = "The event now", body = Event),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's event", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
    (status = 409, description = "It was called off", body = ErrorBody),
    (status = 413, description = "A file is too large", body = ErrorBody),
    (status = 422, description = "A field has the wrong type", body = ErrorBody),
))]
pub(super) async fn update(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    event_id: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let event_id = event_id.into_inner();
    let events = &edge.clients.events;
    if is_form(&request) {
        // Whoever may not change it need not send files.
        let message = proto::CheckOrganizerRequest {
            event_id: event_id.clone(),
        };
        read(async || {
            events
                .clone()
                .check_organizer(caller.send(message.clone()))
                .await
        })
        .await?;
    }
    let Submission {
        fields,
        images,
        uploads,
    } = Submission::<EventRequest>::read(&edge, &caller, &request, payload).await?;
    let updated = async {
        let message = caller.send(fields.into_update(event_id, images)?);
        let updated = events.clone().update_event(message).await;
        Ok::<_, ApiError>(updated?.into_inner().event)
    };
    let event = uploads.kept_if(updated.await).await?;
    let event = with_owner(&edge, &caller, event, |event| &event.organizer_id).await?;
    Ok(HttpResponse::Ok().json(Event::new(event, &edge.config.public_url)))
}

/// Removes one's own event, with its registrations.
#[utoipa::path(delete, path = "/api/events/{eventId}", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 204, description = "The event is gone"),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's event", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn delete(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::DeleteEventRequest {
        event_id: event_id.into_inner(),
    });
    edge.clients.events.clone().delete_event(message).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Registers for an event; once is enough.
#[utoipa::path(post, path = "/api/events/{eventId}/register", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "What it is now", body = Registered),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
    (status = 409, description = "It is full, called off or over", body = ErrorBody),
))]
pub(super) async fn register(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::RegisterRequest {
        event_id: event_id.into_inner(),
    });
    let now = edge.clients.registrations.clone().register(message).await?;
    Ok(HttpResponse::Ok().json(Registered {
        registered: true,
        attendees_count: now.into_inner().registered_count,
    }))
}

/// Takes a registration back.
#[utoipa::path(post, path = "/api/events/{eventId}/unregister", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "What it is now", body = Registered),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn unregister(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::UnregisterRequest {
        event_id: event_id.into_inner(),
    });
    let now = edge
        .clients
        .registrations
        .clone()
        .unregister(message)
        .await?;
    Ok(HttpResponse::Ok().json(Registered {
        registered: false,
        attendees_count: now.into_inner().registered_count,
    }))
}

/// All registrations of one's own event, oldest first.
#[utoipa::path(get, path = "/api/events/{eventId}/registrations", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "The registrations", body = Vec<Registration>),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's event", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn registrations(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = proto::ListRegistrationsRequest {
        event_id: event_id.into_inner(),
    };
    let registrations = &edge.clients.registrations;
    let found = read(async || {
        registrations
            .clone()
            .list_registrations(caller.send(message.clone()))
            .await
    })
    .await?;
    let list: Vec<Registration> = found.registrations.into_iter().map(Into::into).collect();
    Ok(HttpResponse::Ok().json(list))
}

/// Notes who was there.
#[utoipa::path(put, path = "/api/events/{eventId}/registrations/{userId}", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
    ("userId" = String, Path, description = "UUID"),
), request_body = AttendanceRequest, responses(
    (status = 200, description = "The registration now", body = Registration),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 403, description = "Somebody else's event", body = ErrorBody),
    (status = 404, description = "There is no such event, or the person is not registered", body = ErrorBody),
))]
pub(super) async fn attend(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    path: Path<(String, String)>,
    Json(AttendanceRequest { attended }): Json<AttendanceRequest>,
) -> Result<HttpResponse, ApiError> {
    let (event_id, user_id) = path.into_inner();
    let attended = attended.ok_or_else(|| Failure::invalid("attended", "is required"))?;
    let message = caller.send(proto::SetAttendanceRequest {
        event_id,
        user_id,
        attended,
    });
    let now = edge
        .clients
        .registrations
        .clone()
        .set_attendance(message)
        .await?;
    let registration = now
        .into_inner()
        .registration
        .ok_or_else(Failure::internal)?;
    Ok(HttpResponse::Ok().json(Registration::from(registration)))
}

/// Saves an event for later, or takes that back.
#[utoipa::path(post, path = "/api/events/{eventId}/save", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "What it is now", body = Saved),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn save(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::SetEventSaveRequest {
        event_id: event_id.into_inner(),
        saved: None,
    });
    let now = edge.clients.events.clone().set_event_save(message).await?;
    let proto::SetEventSaveResponse { saved, save_count } = now.into_inner();
    Ok(HttpResponse::Ok().json(Saved {
        saved,
        saves_count: save_count,
    }))
}

/// Notes that the caller has looked at an event; each person counts once.
#[utoipa::path(post, path = "/api/events/{eventId}/view", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), responses(
    (status = 200, description = "Noted", body = Nothing),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn view(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ViewEventRequest {
        event_id: event_id.into_inner(),
    });
    edge.clients.events.clone().view_event(message).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}

/// Tells moderators of an event.
#[utoipa::path(post, path = "/api/events/{eventId}/report", tag = "events", security(("bearer" = [])), params(
    ("eventId" = String, Path, description = "UUID"),
), request_body = ReportRequest, responses(
    (status = 200, description = "Noted", body = Nothing),
    (status = 400, description = "A field is not valid", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 404, description = "There is no such event", body = ErrorBody),
))]
pub(super) async fn report(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    event_id: Path<String>,
    Json(ReportRequest {
        reason,
        description,
    }): Json<ReportRequest>,
) -> Result<HttpResponse, ApiError> {
    let message = caller.send(proto::ReportEventRequest {
        event_id: event_id.into_inner(),
        reason: reason.unwrap_or_default(),
        description: description.unwrap_or_default(),
    });
    edge.clients.events.clone().report_event(message).await?;
    Ok(HttpResponse::Ok().json(Nothing {}))
}

/// Uploads the banner of an event.
#[utoipa::path(post, path = "/api/events/upload/image", tag = "uploads", security(("bearer" = [])), request_body(
    content = String, content_type = "multipart/form-data", description = "The file in the field `image`: JPG, PNG or WebP, up to 10 MB",
), responses(
    (status = 200, description = "Where it is", body = UploadedImage),
    (status = 400, description = "No picture, or none of these kinds", body = ErrorBody),
    (status = 401, description = "Not signed in", body = ErrorBody),
    (status = 413, description = "The file is too large", body = ErrorBody),
    (status = 429, description = "Too many uploads", body = ErrorBody),
))]
pub(super) async fn upload_image(
    edge: Data<Edge>,
    SignedInCaller(caller): SignedInCaller,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    uploads::take(&edge, &caller, ImageFolder::Events, &request, payload).await
}
