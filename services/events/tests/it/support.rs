//! What the tests stand on: a running service with a database, a clock, a broker and a media service of its own.

use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use oruma_broker::{Broker, InProcessBroker, Subscription};
use oruma_events::app::App;
use oruma_events::config::Config;
use oruma_events::service::{MIGRATIONS, Service};
use oruma_proto::events::v1 as proto;
use oruma_proto::events::v1::event_service_client::EventServiceClient;
use oruma_proto::events::v1::registration_service_client::RegistrationServiceClient;
use oruma_proto::media::v1::ImageFolder;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service::Surroundings;
use oruma_service_runtime::{
    Caller, Channel, Clock, ClockHand, Env, GrpcClient, GrpcListener, Random, Stop, in_process,
};
pub(crate) use oruma_service_test_kit::{
    MIT, NOTHING, STANFORD, admin, answered, credential, guest, id_of, invalid_fields, naming,
    person_of, refused, start_time, student, time, user_id,
};
use oruma_service_test_kit::{Media, Tables, Told};
use oruma_test_kit::TestDatabase;

use serde_json::Value;

pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-events-tests";

/// A running service.
pub(crate) struct Events {
    stop: Stop,
    channel: Channel,
    pub(crate) app: Arc<App>,
    pub(crate) broker: Arc<InProcessBroker>,
    /// What subscribers of all events were told.
    pub(crate) told: Told,
    pub(crate) media: Media,
    pub(crate) clock: ClockHand,
    tables: Tables,
    pub(crate) database: Arc<TestDatabase>,
}

impl Deref for Events {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

// === impl Events: running ===

impl Events {
    pub(crate) async fn start() -> Self {
        Self::on(
            Arc::new(TestDatabase::create("events", MIGRATIONS).await),
            7,
        )
        .await
    }

    /// Starts the service on a database, with a seed of its own for each replica. Its events stay in the outbox until the broker is released.
    pub(crate) async fn on(database: Arc<TestDatabase>, seed: u64) -> Self {
        let (clock, hand) = Clock::standing(start_time());
        let stop = Stop::new();
        let media = Media::of(ImageFolder::Events);
        let (listener, channel) = in_process();
        let broker = Arc::new(InProcessBroker::holding(None));
        let told = Told::default();
        let everything = Subscription::once("tests.everything", ["#"]);
        broker
            .subscribe(everything, Arc::new(told.clone()))
            .await
            .unwrap();
        let media_channel = media.serve(credential(CREDENTIAL), &stop);
        let surroundings = Surroundings {
            listener: GrpcListener::InProcess(listener),
            broker: Arc::clone(&broker) as Arc<dyn Broker>,
            clock,
            random: Random::seeded(seed),
        };
        let env = Env::of_pairs([
            ("DATABASE_URL", database.url()),
            ("INTERNAL_GRPC_TOKEN", CREDENTIAL),
        ]);
        let config = Config {
            database: database.config().clone(),
            ..Config::from_env(&env).unwrap()
        };
        let service = Service::build(config, surroundings, media_channel).unwrap();
        let app = service.app();
        service.start(&stop).await.unwrap();
        Self {
            stop,
            channel,
            app,
            broker,
            told,
            media,
            clock: hand,
            tables: Tables::of(&database),
            database,
        }
    }

    /// The way to the service without any credential.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::new(self.channel(), credential(CREDENTIAL).shown())
    }

    pub(crate) fn events(&self) -> EventServiceClient<GrpcClient> {
        EventServiceClient::new(self.client())
    }

    pub(crate) fn registrations(&self) -> RegistrationServiceClient<GrpcClient> {
        RegistrationServiceClient::new(self.client())
    }

    /// Writes the views and searches that were collected.
    pub(crate) async fn write_analytics(&self) {
        let app = &self.app;
        app.analytics
            .write(&app.database, &app.clock)
            .await
            .unwrap();
    }
}

// === impl Events: calls ===

impl Events {
    pub(crate) async fn try_create(
        &self,
        caller: &Caller,
        request: proto::CreateEventRequest,
    ) -> Result<proto::Event, RpcError> {
        let answer = answered(self.events().create_event(caller.send(request)).await)?;
        Ok(answer.event.unwrap())
    }

    pub(crate) async fn create(
        &self,
        caller: &Caller,
        request: proto::CreateEventRequest,
    ) -> proto::Event {
        self.try_create(caller, request).await.unwrap()
    }

    pub(crate) async fn get(&self, caller: &Caller, id: &str) -> Result<proto::Event, RpcError> {
        let request = caller.send(proto::GetEventRequest {
            event_id: id.to_owned(),
        });
        let answer = answered(self.events().get_event(request).await)?;
        Ok(answer.event.unwrap())
    }

    pub(crate) async fn check(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::CheckOrganizerRequest {
            event_id: id.to_owned(),
        });
        answered(self.events().check_organizer(request).await).map(drop)
    }

    pub(crate) async fn update(
        &self,
        caller: &Caller,
        request: proto::UpdateEventRequest,
    ) -> Result<proto::Event, RpcError> {
        let answer = answered(self.events().update_event(caller.send(request)).await)?;
        Ok(answer.event.unwrap())
    }

    pub(crate) async fn cancel(
        &self,
        caller: &Caller,
        event: &proto::Event,
    ) -> Result<proto::Event, RpcError> {
        let request = proto::UpdateEventRequest {
            status: Some("cancelled".to_owned()),
            ..change(event)
        };
        self.update(caller, request).await
    }

    pub(crate) async fn delete(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteEventRequest {
            event_id: id.to_owned(),
        });
        answered(self.events().delete_event(request).await).map(drop)
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        request: proto::ListEventsRequest,
    ) -> Result<proto::ListEventsResponse, RpcError> {
        answered(self.events().list_events(caller.send(request)).await)
    }

    pub(crate) async fn categories(
        &self,
        caller: &Caller,
    ) -> Result<Vec<proto::EventCategory>, RpcError> {
        let request = caller.send(proto::ListEventCategoriesRequest {});
        Ok(answered(self.events().list_event_categories(request).await)?.categories)
    }

    /// Whether the caller has the event saved now, and how many have.
    pub(crate) async fn save(
        &self,
        caller: &Caller,
        id: &str,
        saved: Option<bool>,
    ) -> Result<(bool, i64), RpcError> {
        let request = caller.send(proto::SetEventSaveRequest {
            event_id: id.to_owned(),
            saved,
        });
        let answer = answered(self.events().set_event_save(request).await)?;
        Ok((answer.saved, answer.save_count))
    }

    pub(crate) async fn view(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::ViewEventRequest {
            event_id: id.to_owned(),
        });
        answered(self.events().view_event(request).await).map(drop)
    }

    pub(crate) async fn report(
        &self,
        caller: &Caller,
        id: &str,
        reason: &str,
        description: &str,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::ReportEventRequest {
            event_id: id.to_owned(),
            reason: reason.to_owned(),
            description: description.to_owned(),
        });
        answered(self.events().report_event(request).await).map(drop)
    }

    pub(crate) async fn export(&self, caller: &Caller) -> Value {
        let request = caller.send(proto::ExportEventsRequest {});
        let answer = answered(self.events().export_events(request).await).unwrap();
        serde_json::from_str(&answer.document).unwrap()
    }

    /// How many are registered then.
    pub(crate) async fn register(&self, caller: &Caller, id: &str) -> Result<i64, RpcError> {
        let request = caller.send(proto::RegisterRequest {
            event_id: id.to_owned(),
        });
        let answer = answered(self.registrations().register(request).await)?;
        Ok(answer.registered_count)
    }

    /// How many are registered then.
    pub(crate) async fn unregister(&self, caller: &Caller, id: &str) -> Result<i64, RpcError> {
        let request = caller.send(proto::UnregisterRequest {
            event_id: id.to_owned(),
        });
        let answer = answered(self.registrations().unregister(request).await)?;
        Ok(answer.registered_count)
    }

    pub(crate) async fn list_registrations(
        &self,
        caller: &Caller,
        id: &str,
    ) -> Result<Vec<proto::Registration>, RpcError> {
        let request = caller.send(proto::ListRegistrationsRequest {
            event_id: id.to_owned(),
        });
        Ok(answered(self.registrations().list_registrations(request).await)?.registrations)
    }

    pub(crate) async fn attend(
        &self,
        caller: &Caller,
        id: &str,
        user: &str,
        attended: bool,
    ) -> Result<proto::Registration, RpcError> {
        let request = caller.send(proto::SetAttendanceRequest {
            event_id: id.to_owned(),
            user_id: user.to_owned(),
            attended,
        });
        let answer = answered(self.registrations().set_attendance(request).await)?;
        Ok(answer.registration.unwrap())
    }
}

// === impl Events: what is behind ===

/// Every event whose counters differ from its rows.
const WRONG: &str = "
    SELECT e.id FROM events.events e WHERE (e.registered_count, e.save_count, e.view_count) IS DISTINCT FROM (
        (SELECT count(*) FROM events.registrations r WHERE r.event_id = e.id AND r.status <> 'cancelled'),
        (SELECT count(*) FROM events.event_saves s WHERE s.event_id = e.id),
        (SELECT count(*) FROM events.event_views v WHERE v.event_id = e.id))";

impl Events {
    /// Every counter must be the number of its rows.
    pub(crate) async fn assert_counters(&self) {
        assert_eq!(self.rows(WRONG).await, Vec::<Value>::new());
    }
}

/// An event next month, in UTC, without limit.
pub(crate) fn party() -> proto::CreateEventRequest {
    proto::CreateEventRequest {
        title: "Party".to_owned(),
        description: "With cake".to_owned(),
        category: "Social".to_owned(),
        date: "2027-02-01".to_owned(),
        start_time: "18:00".to_owned(),
        end_time: "20:00".to_owned(),
        location: "Canteen".to_owned(),
        ..Default::default()
    }
}

/// An event for so many.
pub(crate) fn party_for(capacity: i32) -> proto::CreateEventRequest {
    proto::CreateEventRequest {
        capacity: Some(capacity),
        ..party()
    }
}

/// A change of an event that changes nothing yet.
pub(crate) fn change(event: &proto::Event) -> proto::UpdateEventRequest {
    proto::UpdateEventRequest {
        event_id: event.id.clone(),
        ..Default::default()
    }
}

/// A list of as many events as a page can have.
pub(crate) fn all() -> proto::ListEventsRequest {
    proto::ListEventsRequest {
        page_size: 50,
        ..Default::default()
    }
}

pub(crate) fn list_of(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The refusal must be that there is no such event.
#[track_caller]
pub(crate) fn no_event<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "event_not_found");
}

/// The refusal must be that the event is somebody else's.
#[track_caller]
pub(crate) fn not_organizer<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_organizer");
}

/// The refusal must be that the event is not in the state for it.
#[track_caller]
pub(crate) fn conflict<T: std::fmt::Debug>(result: Result<T, RpcError>, reason: &str) {
    refused(result, ErrorCode::Conflict, reason);
}

/// Calls again while the service has too much to do, as a client would.
pub(crate) async fn patiently<T, F>(call: impl Fn() -> F) -> Result<T, RpcError>
where
    F: Future<Output = Result<T, RpcError>>,
{
    loop {
        match call().await {
            Err(busy) if busy.code == ErrorCode::Unavailable => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            answer => return answer,
        }
    }
}

/// The time of a text.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}
