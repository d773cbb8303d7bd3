//! Who may call at all, and on whose behalf.

use std::collections::BTreeSet;

use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::block_service_client::BlockServiceClient;
use oruma_proto::social::v1::comment_service_client::CommentServiceClient;
use oruma_proto::social::v1::list_posts_request::Of;
use oruma_proto::social::v1::post_service_client::PostServiceClient;
use oruma_proto::social::v1::report_service_client::ReportServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Channel, Role, ShowCredential};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::support::{
    CREDENTIAL, MIT, Social, admin, change, credential, guest, id_of, not_author, person_of,
    refused, student,
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

fn showing(social: &Social, secret: Option<&str>) -> InterceptedService<Channel, Shown> {
    let shown = secret.map(|secret| credential(secret).shown());
    InterceptedService::new(social.channel(), Shown(shown))
}

/// Makes each call of each service with an empty message, and tells how it was answered.
async fn every_call(
    client: InterceptedService<Channel, Shown>,
    caller: Option<&Caller>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut posts = PostServiceClient::new(client.clone());
    let mut comments = CommentServiceClient::new(client.clone());
    let mut blocks = BlockServiceClient::new(client.clone());
    let mut reports = ReportServiceClient::new(client);
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
    call!(posts.create_post("CreatePost", CreatePostRequest));
    call!(posts.get_post("GetPost", GetPostRequest));
    call!(posts.check_post_author("CheckPostAuthor", CheckPostAuthorRequest));
    call!(posts.update_post("UpdatePost", UpdatePostRequest));
    call!(posts.delete_post("DeletePost", DeletePostRequest));
    call!(posts.set_post_like("SetPostLike", SetPostLikeRequest));
    call!(posts.set_post_save("SetPostSave", SetPostSaveRequest));
    call!(posts.list_posts("ListPosts", ListPostsRequest));
    call!(posts.search_posts("SearchPosts", SearchPostsRequest));
    call!(posts.report_post("ReportPost", ReportPostRequest));
    call!(posts.list_popular_searches("ListPopularSearches", ListPopularSearchesRequest));
    call!(posts.export_content("ExportContent", ExportContentRequest));
    call!(comments.create_comment("CreateComment", CreateCommentRequest));
    call!(comments.list_comments("ListComments", ListCommentsRequest));
    call!(comments.set_comment_like("SetCommentLike", SetCommentLikeRequest));
    call!(comments.delete_comment("DeleteComment", DeleteCommentRequest));
    call!(blocks.set_block("SetBlock", SetBlockRequest));
    call!(blocks.list_blocks("ListBlocks", ListBlocksRequest));
    call!(reports.list_reports("ListReports", ListReportsRequest));
    call!(reports.get_report("GetReport", GetReportRequest));
    call!(reports.decide_report("DecideReport", DecideReportRequest));
    answers
}

/// The calls made here are all that there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_service_is_tried() {
    let declared: BTreeSet<&str> =
        include_str!("../../../../proto/oruma/social/v1/social_service.proto")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next())
            .collect();
    let social = Social::start().await;
    let answers = every_call(showing(&social, None), None).await;
    let tried: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, declared);
}

/// O-011 to O-024: without the credential of the installation nothing is answered, whoever the caller says to be.
#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_the_credential_are_answered() {
    let social = Social::start().await;
    let longer = format!("{CREDENTIAL}X");
    for secret in [
        None,
        Some(longer.as_str()),
        Some("another-credential-of-32-characters"),
    ] {
        for caller in [None, Some(&admin())] {
            for (name, answer) in every_call(showing(&social, secret), caller).await {
                let status = answer.unwrap_err();
                assert_eq!(status.code(), Code::Unauthenticated, "{name}");
                assert_eq!(status.message(), "the call shows no internal credential");
            }
        }
    }
}

/// O-011 to O-024: nobody is refused by every call, before any field is judged and before it is said what is there.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_by_every_call() {
    let social = Social::start().await;
    let answers = every_call(showing(&social, Some(CREDENTIAL)), Some(&guest())).await;
    for (name, answer) in answers {
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::Unauthenticated, "{name}");
        assert_eq!(RpcError::from(status).reason, "not_signed_in", "{name}");
    }
    let wrong = Some(Of::AuthorId("nonsense".to_owned()));
    let refusal = social.list(&guest(), wrong, -1, "nonsense").await;
    refused(refusal, ErrorCode::Unauthenticated, "not_signed_in");
}

/// An edge that doesn't say on whose behalf it calls has a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_no_caller_is_a_mistake() {
    let social = Social::start().await;
    let answers = every_call(showing(&social, Some(CREDENTIAL)), None).await;
    for (name, answer) in answers {
        let status = answer.expect_err(name);
        assert_eq!(status.code(), Code::InvalidArgument, "{name}");
        assert_eq!(status.message(), "the call names no caller");
    }
}

/// O-014, O-015, O-177: strangers change and remove nothing, administrators remove and don't change, the author does both.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_author_changes_and_administrators_also_remove() {
    let social = Social::start().await;
    let ada = student(1);
    for remover in [ada.clone(), admin()] {
        let post = social.post(&ada, "mine").await;
        let mut new_text = change(&post);
        new_text.content = Some("hacked".to_owned());
        for stranger in [student(2), person_of(3, MIT, Role::User), admin()] {
            not_author(social.update(&stranger, new_text.clone()).await);
            // Said before what is wrong with the change.
            let mut wrong = new_text.clone();
            wrong.content = Some(String::new());
            not_author(social.update(&stranger, wrong).await);
            if stranger != admin() {
                not_author(social.delete(&stranger, &post.id).await);
            }
        }
        assert_eq!(social.get(&ada, &post.id).await.unwrap(), post);
        social.update(&ada, new_text).await.unwrap();
        social.delete(&remover, &post.id).await.unwrap();
        let last = social.outbox().await.pop().unwrap();
        assert_eq!(last.data["deletedBy"], id_of(&remover));
        assert_eq!(last.data["authorId"], id_of(&ada));
    }
}

/// O-187: what people search for is for administrators to see.
#[tokio::test(flavor = "multi_thread")]
async fn popular_searches_are_for_administrators() {
    let social = Social::start().await;
    let refusal = social.popular(&student(1), 0, 0).await;
    refused(refusal, ErrorCode::Forbidden, "admin_only");
    assert!(social.popular(&admin(), 0, 0).await.unwrap().is_empty());
}
