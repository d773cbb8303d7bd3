//! Who may call at all, and on whose behalf.

use std::collections::BTreeSet;

use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::event_service_client::EventServiceClient;
use oruma_proto::events::v1::registration_service_client::RegistrationServiceClient;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::{Caller, Channel, Role, ShowCredential};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::support::{
    CREDENTIAL, Events, MIT, admin, change, credential, guest, id_of, not_organizer, party,
    person_of, student,
};

/// Shows a credential, or none.
#[derive(Clone)]
struct Shown(Option<ShowCredential>);

impl Interceptor for Shown {
    fn call(&mut self, request: Request<()>) -> Result<Request<()>, Status> {
        match &mut self.0 {
            Some(credential) => credential.call(request),
            None => Ok(request),
        }
    }
}

fn showing(events: &Events, secret: Option<&str>) -> InterceptedService<Channel, Shown> {
    let shown = secret.map(|secret| credential(secret).shown());
    InterceptedService::new(events.channel(), Shown(shown))
}

/// Makes each call of each service with an empty message, and tells how it was answered.
async fn every_call(
    client: InterceptedService<Channel, Shown>,
    caller: Option<&Caller>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut events = EventServiceClient::new(client.clone());
    let mut registrations = RegistrationServiceClient::new(client);
    let mut answers = Vec::new();
    macro_rules! call {
        ($client:ident . $method:ident ( $name:literal, $message:ident )) => {{
            let message = proto::$message::default();
            let request = match caller {
                Some(caller) => caller.send(message),
                None => Request::new(message),
            };
            answers.push(($name, $client.$method(request).await.map(drop)));
        }};
    }
    call!(events.create_event("CreateEvent", CreateEventRequest));
    call!(events.get_event("GetEvent", GetEventRequest));
    call!(events.check_organizer("CheckOrganizer", CheckOrganizerRequest));
    call!(events.update_event("UpdateEvent", UpdateEventRequest));
    call!(events.delete_event("DeleteEvent", DeleteEventRequest));
    call!(events.list_events("ListEvents", ListEventsRequest));
    call!(events.list_event_categories("ListEventCategories", ListEventCategoriesRequest));
    call!(events.set_event_save("SetEventSave", SetEventSaveRequest));
    call!(events.view_event("ViewEvent", ViewEventRequest));
    call!(events.report_event("ReportEvent", ReportEventRequest));
    call!(events.export_events("ExportEvents", ExportEventsRequest));
    call!(registrations.register("Register", RegisterRequest));
    call!(registrations.unregister("Unregister", UnregisterRequest));
    call!(registrations.list_registrations("ListRegistrations", ListRegistrationsRequest));
    call!(registrations.set_attendance("SetAttendance", SetAttendanceRequest));
    answers
}

/// The calls made here are all that there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_service_is_tried() {
    let declared: BTreeSet<&str> =
        include_str!("../../../../proto/oruma/events/v1/events_service.proto")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next())
            .collect();
    let events = Events::start().await;
    let answers = every_call(showing(&events, None), None).await;
    let tried: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, declared);
}

/// O-026 to O-041: without the credential of the installation nothing is answered, whoever the caller says to be.
#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_the_credential_are_answered() {
    let events = Events::start().await;
    for secret in [None, Some("another-credential-of-32-characters")] {
        for (name, answer) in every_call(showing(&events, secret), Some(&admin())).await {
            assert_eq!(answer.unwrap_err().code(), Code::Unauthenticated, "{name}");
        }
    }
}

/// O-026 to O-041: nobody is refused by every call, before any field is judged and before it is said what is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_by_every_call() {
    let events = Events::start().await;
    let answers = every_call(showing(&events, Some(CREDENTIAL)), Some(&guest())).await;
    for (name, answer) in answers {
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::Unauthenticated, "{name}");
        assert_eq!(RpcError::from(status).reason, "not_signed_in", "{name}");
    }
}

/// O-029, O-030, O-038, O-164: strangers manage nothing, administrators see and remove, the organiser does all.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_organizer_changes_and_administrators_also_remove() {
    let events = Events::start().await;
    let (ada, bob) = (student(1), student(2));
    for remover in [ada.clone(), admin()] {
        let event = events.create(&ada, party()).await;
        events.register(&bob, &event.id).await.unwrap();
        let before = events.get(&ada, &event.id).await.unwrap();
        let mut new_title = change(&event);
        new_title.title = Some("hacked".to_owned());
        for stranger in [bob.clone(), person_of(3, MIT, Role::User), admin()] {
            not_organizer(events.check(&stranger, &event.id).await);
            not_organizer(events.update(&stranger, new_title.clone()).await);
            not_organizer(events.cancel(&stranger, &event).await);
            // Said before what is wrong with the change.
            let mut wrong = new_title.clone();
            wrong.title = Some(String::new());
            not_organizer(events.update(&stranger, wrong).await);
            let attended = events
                .attend(&stranger, &event.id, &id_of(&bob), true)
                .await;
            not_organizer(attended);
            if stranger == admin() {
                let found = events.list_registrations(&stranger, &event.id).await;
                assert_eq!(found.unwrap().len(), 1);
            } else {
                not_organizer(events.list_registrations(&stranger, &event.id).await);
                not_organizer(events.delete(&stranger, &event.id).await);
            }
        }
        assert_eq!(events.get(&ada, &event.id).await.unwrap(), before);
        events.check(&ada, &event.id).await.unwrap();
        events.update(&ada, new_title).await.unwrap();
        let found = events.list_registrations(&ada, &event.id).await;
        assert_eq!(found.unwrap().len(), 1);
        events.delete(&remover, &event.id).await.unwrap();
        let last = events.outbox_json().await.pop().unwrap();
        assert_eq!(last["data"]["deletedBy"], id_of(&remover));
        assert_eq!(last["data"]["organizerId"], id_of(&ada));
    }
}
