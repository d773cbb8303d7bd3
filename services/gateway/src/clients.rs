//! The services behind the edge.

use std::time::Duration;

use oruma_proto::auth::v1::account_service_client::AccountServiceClient;
use oruma_proto::auth::v1::api_key_service_client::ApiKeyServiceClient;
use oruma_proto::auth::v1::second_factor_service_client::SecondFactorServiceClient;
use oruma_proto::auth::v1::session_service_client::SessionServiceClient;
use oruma_proto::auth::v1::university_service_client::UniversityServiceClient;
use oruma_proto::auth::v1::user_service_client::UserServiceClient;
use oruma_proto::events::v1::event_service_client::EventServiceClient;
use oruma_proto::events::v1::registration_service_client::RegistrationServiceClient;
use oruma_proto::marketplace::v1::item_service_client::ItemServiceClient;
use oruma_proto::media::v1::file_service_client::FileServiceClient;
use oruma_proto::media::v1::image_service_client::ImageServiceClient;
use oruma_proto::messaging::v1::channel_service_client::ChannelServiceClient;
use oruma_proto::messaging::v1::conversation_service_client::ConversationServiceClient;
use oruma_proto::messaging::v1::message_service_client::MessageServiceClient;
use oruma_proto::messaging::v1::notification_service_client::NotificationServiceClient;
use oruma_proto::social::v1::block_service_client::BlockServiceClient;
use oruma_proto::social::v1::comment_service_client::CommentServiceClient;
use oruma_proto::social::v1::post_service_client::PostServiceClient;
use oruma_proto::social::v1::report_service_client::ReportServiceClient;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::{Channel, GrpcClient, InternalCredential};
use tonic::{Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::service::Channels;

/// A service that takes longer to say that it is well is not.
const HEALTH_DEADLINE: Duration = Duration::from_secs(2);

/// How often a read that was lost on the way is asked again.
const MORE_TRIES: u32 = 3;
/// Pause before the first of them; each next is twice as long, and up to half as long again.
const PAUSE: Duration = Duration::from_millis(40);

/// Asks for something that only reads, and asks again where the call was lost on the way: a service that is replaced or restarted is no
/// reason to refuse a reader. What a service itself refused is not asked again.
///
/// # Errors
/// The refusal, or the last loss.
pub(crate) async fn read<T>(
    mut ask: impl AsyncFnMut() -> Result<Response<T>, Status>,
) -> Result<T, Status> {
    for attempt in 0..MORE_TRIES {
        match ask().await {
            Err(status) if RpcError::was_lost(&status) => pause_before_again(attempt).await,
            settled => return settled.map(Response::into_inner),
        }
    }
    ask().await.map(Response::into_inner)
}

/// The same for work that moves between threads: the compiler can't yet tell that of an asynchronous closure.
///
/// # Errors
/// As [`read`].
pub(crate) async fn read_in_job<T, F>(mut ask: impl FnMut() -> F) -> Result<T, Status>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    for attempt in 0..MORE_TRIES {
        match ask().await {
            Err(status) if RpcError::was_lost(&status) => pause_before_again(attempt).await,
            settled => return settled.map(Response::into_inner),
        }
    }
    ask().await.map(Response::into_inner)
}

async fn pause_before_again(attempt: u32) {
    let pause = PAUSE * 2_u32.pow(attempt);
    tokio::time::sleep(pause.mul_f64(rand::random_range(1.0..1.5))).await;
}

/// One client a gRPC service; clones share connections.
pub struct Clients {
    /// Joining and leaving.
    pub accounts: AccountServiceClient<GrpcClient>,
    /// Sign-ins.
    pub sessions: SessionServiceClient<GrpcClient>,
    /// What people show besides the password.
    pub second_factors: SecondFactorServiceClient<GrpcClient>,
    /// Keys by which programs act for people.
    pub api_keys: ApiKeyServiceClient<GrpcClient>,
    /// People.
    pub users: UserServiceClient<GrpcClient>,
    /// The universities directory.
    pub universities: UniversityServiceClient<GrpcClient>,
    /// Posts.
    pub posts: PostServiceClient<GrpcClient>,
    /// Comments on posts.
    pub comments: CommentServiceClient<GrpcClient>,
    /// Who wants nothing to do with whom.
    pub blocks: BlockServiceClient<GrpcClient>,
    /// What moderators were told.
    pub reports: ReportServiceClient<GrpcClient>,
    /// Events that people organise.
    pub events: EventServiceClient<GrpcClient>,
    /// Who comes to them.
    pub registrations: RegistrationServiceClient<GrpcClient>,
    /// Things that people sell.
    pub items: ItemServiceClient<GrpcClient>,
    /// Conversations.
    pub conversations: ConversationServiceClient<GrpcClient>,
    /// Channels.
    pub channels: ChannelServiceClient<GrpcClient>,
    /// Messages.
    pub messages: MessageServiceClient<GrpcClient>,
    /// What people may want to know.
    pub notifications: NotificationServiceClient<GrpcClient>,
    /// Files of any kind.
    pub files: FileServiceClient<GrpcClient>,
    /// Pictures.
    pub images: ImageServiceClient<GrpcClient>,
    services: Vec<(&'static str, HealthClient<Channel>)>,
}

impl Clients {
    pub(crate) fn new(channels: Channels, credential: &InternalCredential) -> Self {
        let Channels {
            auth,
            social,
            events,
            marketplace,
            messaging,
            media,
        } = channels;
        let shown = || credential.shown();
        Self {
            accounts: AccountServiceClient::with_interceptor(auth.clone(), shown()),
            sessions: SessionServiceClient::with_interceptor(auth.clone(), shown()),
            second_factors: SecondFactorServiceClient::with_interceptor(auth.clone(), shown()),
            api_keys: ApiKeyServiceClient::with_interceptor(auth.clone(), shown()),
            users: UserServiceClient::with_interceptor(auth.clone(), shown()),
            universities: UniversityServiceClient::with_interceptor(auth.clone(), shown()),
            posts: PostServiceClient::with_interceptor(social.clone(), shown()),
            comments: CommentServiceClient::with_interceptor(social.clone(), shown()),
            blocks: BlockServiceClient::with_interceptor(social.clone(), shown()),
            reports: ReportServiceClient::with_interceptor(social.clone(), shown()),
            events: EventServiceClient::with_interceptor(events.clone(), shown()),
            registrations: RegistrationServiceClient::with_interceptor(events.clone(), shown()),
            items: ItemServiceClient::with_interceptor(marketplace.clone(), shown()),
            conversations: ConversationServiceClient::with_interceptor(messaging.clone(), shown()),
            channels: ChannelServiceClient::with_interceptor(messaging.clone(), shown()),
            messages: MessageServiceClient::with_interceptor(messaging.clone(), shown()),
            notifications: NotificationServiceClient::with_interceptor(messaging.clone(), shown()),
            files: FileServiceClient::with_interceptor(media.clone(), shown()),
            images: ImageServiceClient::with_interceptor(media.clone(), shown()),
            services: vec![
                ("auth", HealthClient::new(auth)),
                ("social", HealthClient::new(social)),
                ("events", HealthClient::new(events)),
                ("marketplace", HealthClient::new(marketplace)),
                ("messaging", HealthClient::new(messaging)),
                ("media", HealthClient::new(media)),
            ],
        }
    }

    /// Which services can work now.
    pub(crate) async fn health(&self) -> Vec<(&'static str, bool)> {
        let checks = self.services.iter().map(|(name, client)| async move {
            let mut client = client.clone();
            let mut request = Request::new(HealthCheckRequest::default());
            request.set_timeout(HEALTH_DEADLINE);
            let answer = client.check(request).await;
            let serving = answer.is_ok_and(|answer| {
                answer.into_inner().status == i32::from(ServingStatus::Serving)
            });
            (*name, serving)
        });
        futures::future::join_all(checks).await
    }
}
