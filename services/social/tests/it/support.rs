//! What the tests stand on: a running service with a database, a clock, a broker and a media service of its own.

use std::ops::Deref;
use std::sync::Arc;

use oruma_broker::{Broker, InProcessBroker, Subscription};
use oruma_postgres::StoreError;
use oruma_proto::media::v1::ImageFolder;
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::block_service_client::BlockServiceClient;
use oruma_proto::social::v1::comment_service_client::CommentServiceClient;
use oruma_proto::social::v1::list_posts_request::Of;
use oruma_proto::social::v1::post_service_client::PostServiceClient;
use oruma_proto::social::v1::report_service_client::ReportServiceClient;
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
use oruma_social::app::App;
use oruma_social::config::Config;
use oruma_social::service::{MIGRATIONS, Service};
use oruma_test_kit::TestDatabase;

use serde_json::Value;

pub(crate) const CREDENTIAL: &str = "0123456789abcdef-of-the-social-tests";

/// What a service is made from, to be changed before it starts.
pub(crate) struct Setup {
    pub(crate) database: Arc<TestDatabase>,
    pub(crate) clock: Clock,
    pub(crate) hand: ClockHand,
    /// Every replica draws ids of its own.
    pub(crate) seed: u64,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::on(Arc::new(TestDatabase::create("social", MIGRATIONS).await))
    }

    /// On a database that exists: another replica, or the same after a restart.
    pub(crate) fn on(database: Arc<TestDatabase>) -> Self {
        let (clock, hand) = Clock::standing(start_time());
        Self {
            database,
            clock,
            hand,
            seed: 7,
        }
    }

    /// Starts the service. Its events stay in the outbox until the broker is released.
    pub(crate) async fn start(self) -> Social {
        let stop = Stop::new();
        let media = Media::of(ImageFolder::Posts);
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
            clock: self.clock,
            random: Random::seeded(self.seed),
        };
        let env = Env::of_pairs([
            ("DATABASE_URL", self.database.url()),
            ("INTERNAL_GRPC_TOKEN", CREDENTIAL),
        ]);
        let config = Config {
            database: self.database.config().clone(),
            ..Config::from_env(&env).unwrap()
        };
        let service = Service::build(config, surroundings, media_channel).unwrap();
        let app = service.app();
        service.start(&stop).await.unwrap();
        Social {
            stop,
            channel,
            app,
            broker,
            told,
            media,
            clock: self.hand,
            tables: Tables::of(&self.database),
            database: self.database,
        }
    }
}

/// A running service.
pub(crate) struct Social {
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

impl Deref for Social {
    type Target = Tables;

    fn deref(&self) -> &Tables {
        &self.tables
    }
}

impl Drop for Social {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

// === impl Social: posts ===

impl Social {
    /// Writes the views and searches that were collected.
    pub(crate) async fn write_analytics(&self) -> Result<(), StoreError> {
        let app = &self.app;
        app.analytics.write(&app.database, &app.clock).await
    }

    pub(crate) async fn start() -> Self {
        Setup::new().await.start().await
    }

    /// The way to the service without any credential.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    fn client(&self) -> GrpcClient {
        GrpcClient::new(self.channel(), credential(CREDENTIAL).shown())
    }

    pub(crate) fn posts(&self) -> PostServiceClient<GrpcClient> {
        PostServiceClient::new(self.client())
    }

    pub(crate) fn comments(&self) -> CommentServiceClient<GrpcClient> {
        CommentServiceClient::new(self.client())
    }

    pub(crate) async fn create(
        &self,
        caller: &Caller,
        request: proto::CreatePostRequest,
    ) -> Result<proto::Post, RpcError> {
        let answer = answered(self.posts().create_post(caller.send(request)).await)?;
        Ok(answer.post.unwrap())
    }

    /// Writes a post that says no more than its text.
    pub(crate) async fn post(&self, caller: &Caller, content: &str) -> proto::Post {
        self.create(caller, text(content)).await.unwrap()
    }

    pub(crate) async fn get(&self, caller: &Caller, id: &str) -> Result<proto::Post, RpcError> {
        let request = caller.send(proto::GetPostRequest {
            post_id: id.to_owned(),
        });
        let answer = answered(self.posts().get_post(request).await)?;
        Ok(answer.post.unwrap())
    }

    pub(crate) async fn update(
        &self,
        caller: &Caller,
        request: proto::UpdatePostRequest,
    ) -> Result<proto::Post, RpcError> {
        let answer = answered(self.posts().update_post(caller.send(request)).await)?;
        Ok(answer.post.unwrap())
    }

    pub(crate) async fn delete(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeletePostRequest {
            post_id: id.to_owned(),
        });
        answered(self.posts().delete_post(request).await).map(drop)
    }

    /// Whether the caller likes the post now, and how many do.
    pub(crate) async fn like(
        &self,
        caller: &Caller,
        id: &str,
        liked: Option<bool>,
    ) -> Result<(bool, i64), RpcError> {
        let request = caller.send(proto::SetPostLikeRequest {
            post_id: id.to_owned(),
            liked,
        });
        let answer = answered(self.posts().set_post_like(request).await)?;
        Ok((answer.liked, answer.like_count))
    }

    /// Whether the caller has saved the post now, and how many have.
    pub(crate) async fn save(
        &self,
        caller: &Caller,
        id: &str,
        saved: Option<bool>,
    ) -> Result<(bool, i64), RpcError> {
        let request = caller.send(proto::SetPostSaveRequest {
            post_id: id.to_owned(),
            saved,
        });
        let answer = answered(self.posts().set_post_save(request).await)?;
        Ok((answer.saved, answer.save_count))
    }

    pub(crate) async fn list(
        &self,
        caller: &Caller,
        of: Option<Of>,
        page_size: i32,
        page_token: &str,
    ) -> Result<proto::ListPostsResponse, RpcError> {
        let request = caller.send(proto::ListPostsRequest {
            of,
            page_size,
            page_token: page_token.to_owned(),
        });
        answered(self.posts().list_posts(request).await)
    }

    /// The texts of the first 50 posts of a list.
    pub(crate) async fn texts(&self, caller: &Caller, of: Option<Of>) -> Vec<String> {
        let page = self.list(caller, of, 50, "").await.unwrap();
        page.posts.into_iter().map(|post| post.content).collect()
    }

    pub(crate) async fn search(
        &self,
        caller: &Caller,
        request: proto::SearchPostsRequest,
    ) -> Result<proto::SearchPostsResponse, RpcError> {
        answered(self.posts().search_posts(caller.send(request)).await)
    }

    /// The texts of the first 50 posts that are found.
    pub(crate) async fn found(&self, caller: &Caller, query: &str) -> Vec<String> {
        let page = self.search(caller, words(query)).await.unwrap();
        page.posts.into_iter().map(|post| post.content).collect()
    }

    pub(crate) async fn popular(
        &self,
        caller: &Caller,
        days: i32,
        page_size: i32,
    ) -> Result<Vec<proto::PopularSearch>, RpcError> {
        let request = caller.send(proto::ListPopularSearchesRequest { days, page_size });
        Ok(answered(self.posts().list_popular_searches(request).await)?.searches)
    }

    /// What is exported of a person: each part with its section.
    pub(crate) async fn export(&self, caller: &Caller) -> Result<Vec<(String, Value)>, RpcError> {
        let request = caller.send(proto::ExportContentRequest {});
        let mut stream = answered(self.posts().export_content(request).await)?;
        let mut parts = Vec::new();
        while let Some(part) = stream.message().await.map_err(RpcError::from)? {
            parts.push((part.section, serde_json::from_str(&part.items).unwrap()));
        }
        Ok(parts)
    }
}

// === impl Social: blocks and reports ===

impl Social {
    pub(crate) fn block_service(&self) -> BlockServiceClient<GrpcClient> {
        BlockServiceClient::new(self.client())
    }

    pub(crate) fn report_service(&self) -> ReportServiceClient<GrpcClient> {
        ReportServiceClient::new(self.client())
    }

    pub(crate) async fn block(
        &self,
        caller: &Caller,
        other: &str,
        blocked: bool,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::SetBlockRequest {
            user_id: other.to_owned(),
            blocked,
        });
        answered(self.block_service().set_block(request).await).map(drop)
    }

    pub(crate) async fn report(
        &self,
        caller: &Caller,
        post: &str,
        reason: &str,
    ) -> Result<(), RpcError> {
        let request = caller.send(proto::ReportPostRequest {
            post_id: post.to_owned(),
            reason: reason.to_owned(),
            description: String::new(),
        });
        answered(self.posts().report_post(request).await).map(drop)
    }

    pub(crate) async fn reports(
        &self,
        caller: &Caller,
        request: proto::ListReportsRequest,
    ) -> Result<proto::ListReportsResponse, RpcError> {
        answered(
            self.report_service()
                .list_reports(caller.send(request))
                .await,
        )
    }

    pub(crate) async fn decide(
        &self,
        caller: &Caller,
        report: &str,
        state: proto::ReportState,
        note: &str,
    ) -> Result<proto::Report, RpcError> {
        let request = caller.send(proto::DecideReportRequest {
            report_id: report.to_owned(),
            state: state.into(),
            note: note.to_owned(),
        });
        let answer = answered(self.report_service().decide_report(request).await)?;
        Ok(answer.report.unwrap())
    }
}

// === impl Social: comments ===

impl Social {
    pub(crate) async fn try_comment(
        &self,
        caller: &Caller,
        post: &str,
        parent: &str,
        content: &str,
    ) -> Result<proto::Comment, RpcError> {
        let request = caller.send(proto::CreateCommentRequest {
            post_id: post.to_owned(),
            parent_id: parent.to_owned(),
            content: content.to_owned(),
        });
        let answer = answered(self.comments().create_comment(request).await)?;
        Ok(answer.comment.unwrap())
    }

    pub(crate) async fn comment(
        &self,
        caller: &Caller,
        post: &str,
        content: &str,
    ) -> proto::Comment {
        self.try_comment(caller, post, "", content).await.unwrap()
    }

    pub(crate) async fn reply(
        &self,
        caller: &Caller,
        parent: &proto::Comment,
        content: &str,
    ) -> proto::Comment {
        self.try_comment(caller, &parent.post_id, &parent.id, content)
            .await
            .unwrap()
    }

    pub(crate) async fn list_comments(
        &self,
        caller: &Caller,
        post: &str,
        parent: &str,
        page_size: i32,
        page_token: &str,
    ) -> Result<proto::ListCommentsResponse, RpcError> {
        let request = caller.send(proto::ListCommentsRequest {
            post_id: post.to_owned(),
            parent_id: parent.to_owned(),
            page_size,
            page_token: page_token.to_owned(),
        });
        answered(self.comments().list_comments(request).await)
    }

    /// The first 50 comments of a post.
    pub(crate) async fn comments_of(&self, caller: &Caller, post: &str) -> Vec<proto::Comment> {
        self.list_comments(caller, post, "", 50, "")
            .await
            .unwrap()
            .comments
    }

    pub(crate) async fn like_comment(
        &self,
        caller: &Caller,
        id: &str,
        liked: Option<bool>,
    ) -> Result<(bool, i64), RpcError> {
        let request = caller.send(proto::SetCommentLikeRequest {
            comment_id: id.to_owned(),
            liked,
        });
        let answer = answered(self.comments().set_comment_like(request).await)?;
        Ok((answer.liked, answer.like_count))
    }

    pub(crate) async fn delete_comment(&self, caller: &Caller, id: &str) -> Result<(), RpcError> {
        let request = caller.send(proto::DeleteCommentRequest {
            comment_id: id.to_owned(),
        });
        answered(self.comments().delete_comment(request).await).map(drop)
    }
}

// === impl Social: what is behind ===

/// Every post and comment whose counters differ from its rows, and every placeholder that holds nothing.
const WRONG: &str = "
    SELECT p.id FROM social.posts p WHERE (p.like_count, p.save_count, p.view_count, p.comment_count) IS DISTINCT FROM (
        (SELECT count(*) FROM social.post_likes l WHERE l.post_id = p.id), (SELECT count(*) FROM social.post_saves s WHERE s.post_id = p.id),
        (SELECT count(*) FROM social.post_views v WHERE v.post_id = p.id), (SELECT count(*) FROM social.comments c WHERE c.post_id = p.id))
    UNION ALL
    SELECT c.id FROM social.comments c WHERE (c.like_count, c.reply_count) IS DISTINCT FROM (
        (SELECT count(*) FROM social.comment_likes l WHERE l.comment_id = c.id),
        (SELECT count(*) FROM social.comments r WHERE r.parent_id = c.id)) OR (c.author_id IS NULL AND c.reply_count = 0)";

impl Social {
    /// Every counter must be the number of its rows.
    pub(crate) async fn assert_counters(&self) {
        assert_eq!(self.rows(WRONG).await, Vec::<Value>::new());
    }
}

/// A post that says no more than its text.
pub(crate) fn text(content: &str) -> proto::CreatePostRequest {
    proto::CreatePostRequest {
        content: content.to_owned(),
        ..Default::default()
    }
}

/// A change of a post that changes nothing yet.
pub(crate) fn change(post: &proto::Post) -> proto::UpdatePostRequest {
    proto::UpdatePostRequest {
        post_id: post.id.clone(),
        ..Default::default()
    }
}

/// A search for words, of as many posts as a page can have.
pub(crate) fn words(query: &str) -> proto::SearchPostsRequest {
    proto::SearchPostsRequest {
        query: query.to_owned(),
        page_size: 50,
        ..Default::default()
    }
}

pub(crate) fn list_of(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The refusal must be that there is no such post for the caller.
#[track_caller]
pub(crate) fn no_post<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "post_not_found");
}

/// The refusal must be that there is no such comment for the caller.
#[track_caller]
pub(crate) fn no_comment<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "comment_not_found");
}

/// The refusal must be that the thing is somebody else's.
#[track_caller]
pub(crate) fn not_author<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_author");
}
