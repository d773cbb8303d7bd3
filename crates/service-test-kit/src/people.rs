//! An auth service that knows the cards of a few people.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use oruma_ids::UserId;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::user_service_server::{UserService, UserServiceServer};
use oruma_service_runtime::{
    Channel, GrpcListener, GrpcServer, InternalCredential, Stop, in_process,
};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Whom the service knows, and how often it was asked.
#[derive(Clone, Default)]
pub struct People(Arc<Known>);

#[derive(Default)]
struct Known {
    cards: Mutex<HashMap<String, proto::UserCard>>,
    asked: AtomicUsize,
    away: AtomicBool,
}

impl People {
    /// Knows nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves until `stop`, and returns the way there.
    pub fn serve(&self, credential: InternalCredential, stop: &Stop) -> Channel {
        let (listener, channel) = in_process();
        let server = GrpcServer {
            listener: GrpcListener::InProcess(listener),
            credential,
            routes: Routes::default().add_service(UserServiceServer::new(self.clone())),
            readiness: Box::new(|| async { true }.boxed()),
        };
        stop.spawn("auth of the tests", server.serve(stop.token()));
        channel
    }

    /// Makes somebody known, by the names that they have from now on.
    pub fn know(&self, user: UserId, handle: &str, display_name: &str, timezone: &str) {
        let card = proto::UserCard {
            id: user.to_string(),
            handle: handle.to_owned(),
            display_name: display_name.to_owned(),
            timezone: timezone.to_owned(),
            version: 1,
            ..proto::UserCard::default()
        };
        self.0.cards.lock().unwrap().insert(user.to_string(), card);
    }

    /// From now on the service can't be used, or can be again.
    pub fn be_away(&self, away: bool) {
        self.0.away.store(away, Ordering::SeqCst);
    }

    /// How often cards were asked for.
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }
}

fn not_asked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not asked by those who need names"))
}

#[tonic::async_trait]
impl UserService for People {
    async fn list_user_cards(
        &self,
        request: Request<proto::ListUserCardsRequest>,
    ) -> Result<Response<proto::ListUserCardsResponse>, Status> {
        if self.0.away.load(Ordering::SeqCst) {
            return Err(Status::unavailable("away"));
        }
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        let asked = request.into_inner().user_ids;
        assert!(asked.len() <= 500);
        let known = self.0.cards.lock().unwrap();
        let cards = asked.iter().filter_map(|id| known.get(id).cloned());
        Ok(Response::new(proto::ListUserCardsResponse {
            cards: cards.collect(),
        }))
    }

    async fn get_user(
        &self,
        _: Request<proto::GetUserRequest>,
    ) -> Result<Response<proto::GetUserResponse>, Status> {
        not_asked()
    }

    async fn search_users(
        &self,
        _: Request<proto::SearchUsersRequest>,
    ) -> Result<Response<proto::SearchUsersResponse>, Status> {
        not_asked()
    }

    async fn update_profile(
        &self,
        _: Request<proto::UpdateProfileRequest>,
    ) -> Result<Response<proto::UpdateProfileResponse>, Status> {
        not_asked()
    }

    async fn update_status(
        &self,
        _: Request<proto::UpdateStatusRequest>,
    ) -> Result<Response<proto::UpdateStatusResponse>, Status> {
        not_asked()
    }

    async fn record_activity(
        &self,
        _: Request<proto::RecordActivityRequest>,
    ) -> Result<Response<proto::RecordActivityResponse>, Status> {
        not_asked()
    }
}
