//! Who may call at all, and on whose behalf.

use std::collections::BTreeSet;

use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::account_service_client::AccountServiceClient;
use oruma_proto::auth::v1::api_key_service_client::ApiKeyServiceClient;
use oruma_proto::auth::v1::second_factor_service_client::SecondFactorServiceClient;
use oruma_proto::auth::v1::session_service_client::SessionServiceClient;
use oruma_proto::auth::v1::university_service_client::UniversityServiceClient;
use oruma_proto::auth::v1::user_service_client::UserServiceClient;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::{Caller, Channel, Contract, ShowCredential};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::{Code, Request, Status};

use crate::support::{Auth, CREDENTIAL, credential, guest, nobody};

/// Calls that read and change only what the edge names, and don't ask on whose behalf.
const WITHOUT_CALLER: [&str; 9] = [
    "AuthenticateApiKey",
    "CheckSession",
    "GetUniversity",
    "GetUser",
    "ListRevokedSessions",
    "ListUserCards",
    "RecordActivity",
    "SearchUniversities",
    "SearchUsers",
];
/// Calls that need somebody who is signed in.
const FOR_SOMEBODY: [&str; 15] = [
    "ActivateUser",
    "ConfirmSecondFactor",
    "CreateApiKey",
    "DeleteAccount",
    "DisableSecondFactor",
    "EnableSms",
    "EnableTotp",
    "ExportAccount",
    "GetSecondFactor",
    "ListApiKeys",
    "RevokeApiKey",
    "SignOut",
    "SuspendUser",
    "UpdateProfile",
    "UpdateStatus",
];
/// Calls by which somebody gets in.
const FOR_ANYBODY: [&str; 9] = [
    "BeginGoogleSignIn",
    "FinishGoogleSignIn",
    "Refresh",
    "Register",
    "RequestPasswordReset",
    "ResendVerification",
    "ResetPassword",
    "SignIn",
    "VerifyEmail",
];

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

fn showing(auth: &Auth, secret: Option<&str>) -> InterceptedService<Channel, Shown> {
    let shown = secret.map(|secret| credential(secret).shown());
    InterceptedService::new(auth.channel(), Shown(shown))
}

/// Makes each call of each service with an empty message, and tells how it was answered.
async fn every_call(
    client: InterceptedService<Channel, Shown>,
    caller: Option<&Caller>,
) -> Vec<(&'static str, Result<(), Status>)> {
    let mut accounts = AccountServiceClient::new(client.clone());
    let mut sessions = SessionServiceClient::new(client.clone());
    let mut keys = ApiKeyServiceClient::new(client.clone());
    let mut factors = SecondFactorServiceClient::new(client.clone());
    let mut users = UserServiceClient::new(client.clone());
    let mut universities = UniversityServiceClient::new(client);
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
    call!(accounts.register("Register", RegisterRequest));
    call!(accounts.delete_account("DeleteAccount", DeleteAccountRequest));
    call!(accounts.export_account("ExportAccount", ExportAccountRequest));
    call!(accounts.suspend_user("SuspendUser", SuspendUserRequest));
    call!(accounts.activate_user("ActivateUser", ActivateUserRequest));
    call!(keys.create_api_key("CreateApiKey", CreateApiKeyRequest));
    call!(keys.list_api_keys("ListApiKeys", ListApiKeysRequest));
    call!(keys.revoke_api_key("RevokeApiKey", RevokeApiKeyRequest));
    call!(keys.authenticate_api_key("AuthenticateApiKey", AuthenticateApiKeyRequest));
    call!(accounts.verify_email("VerifyEmail", VerifyEmailRequest));
    call!(accounts.resend_verification("ResendVerification", ResendVerificationRequest));
    call!(accounts.request_password_reset("RequestPasswordReset", RequestPasswordResetRequest));
    call!(accounts.reset_password("ResetPassword", ResetPasswordRequest));
    call!(sessions.sign_in("SignIn", SignInRequest));
    call!(sessions.begin_google_sign_in("BeginGoogleSignIn", BeginGoogleSignInRequest));
    call!(sessions.finish_google_sign_in("FinishGoogleSignIn", FinishGoogleSignInRequest));
    call!(sessions.refresh("Refresh", RefreshRequest));
    call!(sessions.sign_out("SignOut", SignOutRequest));
    call!(sessions.check_session("CheckSession", CheckSessionRequest));
    call!(sessions.list_revoked_sessions("ListRevokedSessions", ListRevokedSessionsRequest));
    call!(factors.get_second_factor("GetSecondFactor", GetSecondFactorRequest));
    call!(factors.enable_sms("EnableSms", EnableSmsRequest));
    call!(factors.enable_totp("EnableTotp", EnableTotpRequest));
    call!(factors.confirm_second_factor("ConfirmSecondFactor", ConfirmSecondFactorRequest));
    call!(factors.disable_second_factor("DisableSecondFactor", DisableSecondFactorRequest));
    call!(users.get_user("GetUser", GetUserRequest));
    call!(users.list_user_cards("ListUserCards", ListUserCardsRequest));
    call!(users.search_users("SearchUsers", SearchUsersRequest));
    call!(users.update_profile("UpdateProfile", UpdateProfileRequest));
    call!(users.update_status("UpdateStatus", UpdateStatusRequest));
    call!(users.record_activity("RecordActivity", RecordActivityRequest));
    call!(universities.search_universities("SearchUniversities", SearchUniversitiesRequest));
    call!(universities.get_university("GetUniversity", GetUniversityRequest));
    answers
}

/// The tables above and the calls made here are all that there are.
#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_the_service_is_tried() {
    let declared: BTreeSet<&str> =
        include_str!("../../../../proto/oruma/auth/v1/auth_service.proto")
            .lines()
            .filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next())
            .collect();
    let auth = Auth::start().await;
    let answers = every_call(showing(&auth, None), None).await;
    let tried: BTreeSet<&str> = answers.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, declared);
    let sorted: BTreeSet<&str> = [WITHOUT_CALLER.as_slice(), &FOR_SOMEBODY, &FOR_ANYBODY]
        .concat()
        .into_iter()
        .collect();
    assert_eq!(sorted, declared);
}

/// O-002, O-075: without the credential of the installation nothing is answered, whoever the caller says to be.
#[tokio::test(flavor = "multi_thread")]
async fn only_holders_of_the_credential_are_answered() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let last_wrong = format!("{}X", &CREDENTIAL[..CREDENTIAL.len() - 1]);
    let longer = format!("{CREDENTIAL}X");
    for secret in [
        None,
        Some(last_wrong.as_str()),
        Some(longer.as_str()),
        Some("another-credential-of-32-characters"),
    ] {
        for caller in [None, Some(&ada.caller)] {
            for (name, answer) in every_call(showing(&auth, secret), caller).await {
                let status = answer.unwrap_err();
                assert_eq!(status.code(), Code::Unauthenticated, "{name}");
                assert_eq!(status.message(), "the call shows no internal credential");
            }
        }
    }
    assert!(auth.is_active(ada.session).await);
    assert_eq!(auth.count("auth.access_log").await, 1);
}

/// O-002, O-075: nobody can't do what only somebody may.
#[tokio::test(flavor = "multi_thread")]
async fn calls_that_need_somebody_refuse_nobody() {
    let auth = Auth::start().await;
    let answers = every_call(showing(&auth, Some(CREDENTIAL)), Some(&guest())).await;
    for (name, answer) in answers {
        let reason = answer.err().map(|status| RpcError::from(status).reason);
        let not_signed_in = reason.as_deref() == Some("not_signed_in");
        assert_eq!(
            not_signed_in,
            FOR_SOMEBODY.contains(&name),
            "{name}: {reason:?}"
        );
    }
}

/// O-075: what needs somebody is refused before anything else is looked at.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_before_the_fields_are_judged() {
    let auth = Auth::start().await;
    let request = guest().send(proto::UpdateProfileRequest {
        display_name: Some(String::new()),
        ..Default::default()
    });
    let status = auth.users().update_profile(request).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

/// O-002: an edge that doesn't say on whose behalf it calls has a fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_names_no_caller_is_a_mistake() {
    let auth = Auth::start().await;
    let answers = every_call(showing(&auth, Some(CREDENTIAL)), None).await;
    for (name, answer) in answers {
        let named_none = answer.is_err_and(|status| {
            status.code() == Code::InvalidArgument && status.message() == "the call names no caller"
        });
        assert_eq!(named_none, !WITHOUT_CALLER.contains(&name), "{name}");
    }
}

/// O-002: neither does one whose word can't be read.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_cannot_be_read_is_a_mistake() {
    let auth = Auth::start().await;
    for unreadable in [b"\xff\xff\xff".as_slice(), b""] {
        let mut request = Request::new(proto::DeleteAccountRequest {});
        let value = tonic::metadata::MetadataValue::from_bytes(unreadable);
        request.metadata_mut().insert_bin("oruma-caller-bin", value);
        let status = auth.accounts().delete_account(request).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
}

/// O-002, O-069: the person of a call is the one whom the edge names, through whichever contract.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_made_on_behalf_of_its_caller() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    let elsewhere = Caller {
        signed_in: ada.caller.signed_in,
        ..nobody(Contract::Social)
    };
    auth.delete_account(&elsewhere).await.unwrap();
    assert!(auth.get_user(&ada.user.id).await.is_err());
    assert!(auth.get_user(&bob.user.id).await.is_ok());
}
