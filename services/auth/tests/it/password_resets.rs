//! A new password for whoever reads the mails of an address.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::Contract;

use crate::support::{Auth, PASSWORD, answered, guest, invalid_fields, nobody, refused};

const ADA: &str = "ada@uni.edu";
const NEW: &str = "N3w-battery";

impl Auth {
    pub(crate) async fn request_reset(&self, email: &str) -> Result<(), RpcError> {
        // Mails sort by their time.
        self.clock.advance(TimeDelta::milliseconds(1));
        let email = email.to_owned();
        let message = proto::RequestPasswordResetRequest { email };
        let request = nobody(Contract::Connectbest).send(message);
        answered(self.accounts().request_password_reset(request).await).map(drop)
    }

    pub(crate) async fn reset(&self, token: &str, new_password: &str) -> Result<(), RpcError> {
        self.clock.advance(TimeDelta::milliseconds(1));
        let (token, new_password) = (token.to_owned(), new_password.to_owned());
        let message = proto::ResetPasswordRequest {
            token,
            new_password,
        };
        let request = nobody(Contract::Connectbest).send(message);
        answered(self.accounts().reset_password(request).await).map(drop)
    }
}

fn worthless(result: Result<(), RpcError>) {
    refused(result, ErrorCode::Invalid, "invalid_reset_token");
}

/// C-007, C-008: the link of the mail sets a new password and ends every sign-in on every contract, with its events.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_sets_a_new_password_and_ends_all_sign_ins() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", ADA).await;
    let elsewhere = auth
        .try_sign_in(&nobody(Contract::Socmel), ADA, PASSWORD)
        .await
        .unwrap();
    auth.request_reset("ADA@uni.edu").await.unwrap();
    let letter = auth.last_letter_to(ADA).await;
    assert!(
        letter
            .text
            .contains("http://localhost:3333/reset-password?token=")
    );
    let token = letter.token();
    assert_eq!(token.parse::<uuid::Uuid>().unwrap().get_version_num(), 4);

    auth.reset(&token, NEW).await.unwrap();
    for session in [ada.session, elsewhere.session] {
        assert!(!auth.is_active(session).await);
    }
    let ended = auth.refresh(&guest(), &ada.tokens.refresh_token).await;
    refused(ended, ErrorCode::Unauthenticated, "invalid_refresh_token");
    let revoked: Vec<String> = auth
        .outbox()
        .await
        .into_iter()
        .filter(|event| event.kind == "auth.session.revoked.v1")
        .map(|event| event.data["reason"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(revoked, ["password_reset"; 2]);

    let old = auth.try_sign_in(&guest(), ADA, PASSWORD).await;
    refused(old, ErrorCode::Unauthenticated, "invalid_credentials");
    auth.try_sign_in(&guest(), ADA, NEW).await.unwrap();
    // Who reads the mails of an address has shown that it is theirs.
    auth.try_sign_in(&nobody(Contract::Connectbest), ADA, NEW)
        .await
        .unwrap();
    worthless(auth.reset(&token, NEW).await);
    let told = auth.last_letter_to(ADA).await;
    assert!(told.text.contains("password was changed"));
}

/// C-007: one hour, to the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_holds_for_an_hour() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    auth.request_reset(ADA).await.unwrap();
    let token = auth.last_letter_to(ADA).await.token();
    auth.clock.advance(TimeDelta::hours(1));
    worthless(auth.reset(&token, NEW).await);
    auth.clock.advance(TimeDelta::seconds(-1));
    auth.reset(&token, NEW).await.unwrap();
}

/// C-008: a weak password is refused and leaves the link as good as it was; what is no token is worthless.
#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_uses_no_link_up() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    auth.request_reset(ADA).await.unwrap();
    let token = auth.last_letter_to(ADA).await.token();
    assert_eq!(
        invalid_fields(auth.reset(&token, "short").await),
        ["new_password"]
    );
    for wrong in ["", "no token", "6f2b8a44-0000-4000-8000-000000000000"] {
        worthless(auth.reset(wrong, NEW).await);
    }
    auth.reset(&token, NEW).await.unwrap();
}

/// Of several that use a link at once, one wins; a newer link makes the one before worthless.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_however_many_try() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    auth.request_reset(ADA).await.unwrap();
    let older = auth.last_letter_to(ADA).await.token();
    auth.clock.advance(TimeDelta::seconds(1));
    auth.request_reset(ADA).await.unwrap();
    let newer = auth.last_letter_to(ADA).await.token();
    assert_ne!(older, newer);
    worthless(auth.reset(&older, NEW).await);
    let uses = join_all((0..6).map(|_| auth.reset(&newer, NEW))).await;
    assert_eq!(uses.iter().filter(|used| used.is_ok()).count(), 1);
}

/// C-007: an address without account gets the same answer and nothing else, and asking has an end for both.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_answered_like_any_other() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    for address in [ADA, "nobody@uni.edu"] {
        for _ in 0..5 {
            auth.request_reset(address).await.unwrap();
        }
        refused(
            auth.request_reset(address).await,
            ErrorCode::Exhausted,
            "too_many_requests",
        );
    }
    assert!(auth.letters_to("nobody@uni.edu").await.is_empty());
    assert_eq!(auth.letters_to(ADA).await.len(), 5);
}

/// O-069: a deleted account leaves no code, link or mail, and no link opens it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_leaves_nothing_to_open_it() {
    let auth = Auth::start().await;
    let ada = auth.join_chat("Ada", ADA).await;
    auth.request_reset(ADA).await.unwrap();
    let token = auth.last_letter_to(ADA).await.token();
    auth.delete_account(&ada.caller).await.unwrap();
    for table in ["mails", "email_codes", "password_resets"] {
        assert_eq!(auth.count(&format!("auth.{table}")).await, 0, "{table}");
    }
    worthless(auth.reset(&token, NEW).await);
}

/// C-008: no sign-in that was checked against the old password outlives the new one, however close they come.
#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_outlives_the_password_that_it_was_checked_against() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    auth.request_reset(ADA).await.unwrap();
    let token = auth.last_letter_to(ADA).await.token();
    let caller = guest();
    let sign_ins = join_all((0..24).map(|_| auth.try_sign_in(&caller, ADA, PASSWORD)));
    let (sign_ins, reset) = futures::join!(sign_ins, auth.reset(&token, NEW));
    reset.unwrap();
    for entered in sign_ins.into_iter().flatten() {
        assert!(!auth.is_active(entered.session).await);
    }
    assert_eq!(
        auth.count("auth.sessions WHERE revoked_at IS NULL").await,
        0
    );
}
