//! Showing that an address is one's own.

use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Contract};

use crate::support::{Auth, PASSWORD_STRONG, Person, answered, guest, nobody, refused, strong};

const ADA: &str = "ada@uni.edu";

fn chat() -> Caller {
    nobody(Contract::Connectbest)
}

impl Auth {
    pub(crate) async fn join_chat(&self, name: &str, email: &str) -> Person {
        self.try_register(&chat(), strong(name, email))
            .await
            .unwrap()
    }

    pub(crate) async fn enter_chat(&self, email: &str) -> Result<Person, RpcError> {
        self.try_sign_in(&chat(), email, PASSWORD_STRONG).await
    }

    pub(crate) async fn verify(&self, email: &str, code: &str) -> Result<(), RpcError> {
        let (email, code) = (email.to_owned(), code.to_owned());
        let request = chat().send(proto::VerifyEmailRequest { email, code });
        answered(self.accounts().verify_email(request).await).map(drop)
    }

    async fn resend(&self, email: &str) -> Result<(), RpcError> {
        // Mails sort by their time.
        self.clock.advance(TimeDelta::milliseconds(1));
        let email = email.to_owned();
        let request = chat().send(proto::ResendVerificationRequest { email });
        answered(self.accounts().resend_verification(request).await).map(drop)
    }
}

fn invalid_code(result: Result<(), RpcError>) {
    let refusal = refused(result, ErrorCode::Invalid, "invalid_code");
    assert_eq!(refusal.violations[0].field, "code");
}

/// Six digits that are not these.
fn another(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// C-001, C-002, C-003: the code that came by mail opens the way in, which was closed until then; the first token holds at once.
#[tokio::test(flavor = "multi_thread")]
async fn sign_in_waits_for_the_code_that_was_sent() {
    let auth = Auth::start().await;
    let ada = auth.join_chat("Ada", ADA).await;
    assert!(!ada.user.email_verified);
    assert!(auth.is_active(ada.session).await);
    refused(
        auth.enter_chat(ADA).await,
        ErrorCode::Unauthenticated,
        "email_not_verified",
    );
    let wrong = auth.try_sign_in(&chat(), ADA, "Wr0ng-horse").await;
    refused(wrong, ErrorCode::Unauthenticated, "invalid_credentials");

    let code = auth.last_letter_to(ADA).await.code();
    auth.verify("ADA@uni.edu", &code).await.unwrap();
    assert!(auth.get_user(&ada.user.id).await.unwrap().email_verified);
    auth.enter_chat(ADA).await.unwrap();
    // Works once, and leaves nothing behind.
    invalid_code(auth.verify(ADA, &code).await);
    assert_eq!(auth.count("auth.email_codes").await, 0);
}

/// C-002, K-27: whether the address must be verified is the contract's property; one person goes in through both.
#[tokio::test(flavor = "multi_thread")]
async fn the_student_hub_asks_for_no_code() {
    let auth = Auth::start().await;
    auth.register("Ada", ADA).await;
    auth.sign_in(ADA).await;
    assert!(auth.letters_to(ADA).await.is_empty());
    let entered = auth
        .try_sign_in(&chat(), ADA, crate::support::PASSWORD)
        .await;
    refused(entered, ErrorCode::Unauthenticated, "email_not_verified");

    auth.resend(ADA).await.unwrap();
    let code = auth.last_letter_to(ADA).await.code();
    auth.verify(ADA, &code).await.unwrap();
    auth.try_sign_in(&chat(), ADA, crate::support::PASSWORD)
        .await
        .unwrap();

    auth.join_chat("Bob", "bob@uni.edu").await;
    auth.try_sign_in(&guest(), "bob@uni.edu", PASSWORD_STRONG)
        .await
        .unwrap();
}

/// C-001: ten minutes, to the second.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_holds_for_ten_minutes() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    let code = auth.last_letter_to(ADA).await.code();
    auth.clock.advance(TimeDelta::minutes(10));
    invalid_code(auth.verify(ADA, &code).await);
    auth.clock.advance(TimeDelta::seconds(-1));
    auth.verify(ADA, &code).await.unwrap();
}

/// Guessing is stopped by attempts: after five wrong ones even the right code is worth nothing, however slowly they came.
#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_guesses_kill_a_code() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    let code = auth.last_letter_to(ADA).await.code();
    let wrong = another(&code);
    let guesses = (0..20).map(|_| auth.verify(ADA, &wrong));
    for guess in join_all(guesses).await {
        invalid_code(guess);
    }
    invalid_code(auth.verify(ADA, &code).await);
    let row = auth.row("SELECT attempts FROM auth.email_codes").await;
    assert_eq!(row["attempts"], 5);

    auth.resend(ADA).await.unwrap();
    let fresh = auth.last_letter_to(ADA).await.code();
    for guess in [&*wrong, "", "12345", "abcdef"] {
        if guess != fresh {
            invalid_code(auth.verify(ADA, guess).await);
        }
    }
    auth.verify(ADA, &fresh).await.unwrap();
}

/// C-004: another code makes the one before worthless.
#[tokio::test(flavor = "multi_thread")]
async fn another_code_replaces_the_one_before() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    let first = auth.last_letter_to(ADA).await.code();
    auth.clock.advance(TimeDelta::minutes(9));
    auth.resend(ADA).await.unwrap();
    let letters = auth.letters_to(ADA).await;
    assert_eq!(letters.len(), 2);
    let second = letters[1].code();
    if first != second {
        invalid_code(auth.verify(ADA, &first).await);
    }
    // Ten minutes from now, not from the first one.
    auth.clock.advance(TimeDelta::minutes(9));
    auth.verify(ADA, &second).await.unwrap();
}

/// Of several that use a code at once, one wins.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_once_however_many_try() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    let code = auth.last_letter_to(ADA).await.code();
    let uses = join_all((0..8).map(|_| auth.verify(ADA, &code))).await;
    assert_eq!(uses.iter().filter(|used| used.is_ok()).count(), 1);
}

/// An address without account is answered like any other, and is counted like any other.
#[tokio::test(flavor = "multi_thread")]
async fn asking_again_tells_nothing_and_has_an_end() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    for address in [ADA, "nobody@uni.edu"] {
        let asked = join_all((0..8).map(|_| auth.resend(address))).await;
        assert_eq!(
            asked.iter().filter(|asked| asked.is_ok()).count(),
            5,
            "{address}"
        );
        refused(
            auth.resend(address).await,
            ErrorCode::Exhausted,
            "too_many_requests",
        );
    }
    assert_eq!(auth.letters_to(ADA).await.len(), 6);
    assert!(auth.letters_to("nobody@uni.edu").await.is_empty());
    invalid_code(auth.verify("nobody@uni.edu", "123456").await);
    auth.clock.advance(TimeDelta::minutes(61));
    auth.resend(ADA).await.unwrap();
    let outcomes: HashSet<String> = auth
        .rows("SELECT outcome FROM auth.access_log WHERE action = 'resend_verification'")
        .await
        .iter()
        .map(|row| row["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        outcomes,
        HashSet::from(["accepted".to_owned(), "too_many_requests".to_owned()])
    );
}

/// A person whose address is verified needs no code, and gets none.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_verified_gets_no_code() {
    let auth = Auth::start().await;
    auth.join_chat("Ada", ADA).await;
    let code = auth.last_letter_to(ADA).await.code();
    auth.verify(ADA, &code).await.unwrap();
    auth.resend(ADA).await.unwrap();
    assert_eq!(auth.letters_to(ADA).await.len(), 1);
}
