//! What a person shows besides the password, on every contract.

use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_auth::domain::second_factor::authenticator;
use oruma_auth::sms::{SmsConfig, SmsService};
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::SecondFactorMethod as Method;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Contract};
use secrecy::SecretString;
use totp_rs::Secret;
use wiremock::matchers::{basic_auth, body_string_contains, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{
    Auth, PASSWORD, Person, Setup, answered, guest, invalid_fields, nobody, refused,
};

const ADA: &str = "ada@uni.edu";
const PHONE: &str = "+14155550123";

impl Auth {
    async fn sign_in_with(
        &self,
        caller: &Caller,
        password: &str,
        code: &str,
    ) -> Result<Person, RpcError> {
        // Text messages sort by their time.
        self.clock.advance(TimeDelta::milliseconds(1));
        self.try_sign_in_with(caller, ADA, password, code).await
    }

    pub(crate) async fn enable_sms(
        &self,
        person: &Person,
        phone: &str,
        password: &str,
    ) -> Result<(), RpcError> {
        self.clock.advance(TimeDelta::milliseconds(1));
        let request = person.caller.send(proto::EnableSmsRequest {
            phone: phone.to_owned(),
            password: password.to_owned(),
            code: String::new(),
        });
        answered(self.second_factors().enable_sms(request).await).map(drop)
    }

    async fn enable_totp(
        &self,
        person: &Person,
        password: &str,
    ) -> Result<proto::EnableTotpResponse, RpcError> {
        let request = person.caller.send(proto::EnableTotpRequest {
            password: password.to_owned(),
            code: String::new(),
        });
        answered(self.second_factors().enable_totp(request).await)
    }

    async fn confirm(
        &self,
        person: &Person,
        method: Method,
        code: &str,
    ) -> Result<Vec<String>, RpcError> {
        let request = person.caller.send(proto::ConfirmSecondFactorRequest {
            method: method.into(),
            code: code.to_owned(),
        });
        let answer = answered(self.second_factors().confirm_second_factor(request).await)?;
        Ok(answer.recovery_codes)
    }

    async fn disable(&self, person: &Person, password: &str, code: &str) -> Result<(), RpcError> {
        let request = person.caller.send(proto::DisableSecondFactorRequest {
            password: password.to_owned(),
            code: code.to_owned(),
        });
        answered(self.second_factors().disable_second_factor(request).await).map(drop)
    }

    async fn standing(&self, person: &Person) -> proto::GetSecondFactorResponse {
        let request = person.caller.send(proto::GetSecondFactorRequest {});
        answered(self.second_factors().get_second_factor(request).await).unwrap()
    }

    /// What an authenticator program shows now.
    pub(crate) fn shown(&self, secret: &str) -> String {
        let secret = Secret::try_from_base32(secret).unwrap();
        let totp = authenticator(secret.as_bytes(), "Oruma", "ada").unwrap();
        let now = self.app.clock.now().timestamp();
        totp.generate(now.try_into().unwrap()).to_string()
    }

    /// Somebody with an authenticator program: its secret, and the recovery codes.
    pub(crate) async fn with_totp(&self) -> (Person, String, Vec<String>) {
        let ada = self.register("Ada", ADA).await;
        let enrolment = self.enable_totp(&ada, "").await.unwrap();
        let code = self.shown(&enrolment.secret);
        let recovery = self.confirm(&ada, Method::Totp, &code).await.unwrap();
        self.clock.advance(TimeDelta::seconds(30));
        (ada, enrolment.secret, recovery)
    }
}

fn required<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Unauthenticated, "second_factor_required");
}

fn wrong<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Unauthenticated, "invalid_second_factor");
}

fn locked<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Exhausted, "too_many_requests");
}

/// C-002, C-010, K-02: from the moment that it is switched on, no contract lets the person in without a code; a text message brings it.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_by_text_message_is_asked_for_on_every_contract() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", ADA).await;
    auth.execute("UPDATE auth.users SET email_verified_at = now()")
        .await;
    auth.enable_sms(&ada, PHONE, "").await.unwrap();
    assert!(auth.is_active(ada.session).await);
    for contract in [
        Contract::Oruma,
        Contract::Connectbest,
        Contract::Social,
        Contract::Socmel,
        Contract::Dubai,
    ] {
        let caller = nobody(contract);
        required(auth.sign_in_with(&caller, PASSWORD, "").await);
        let code = auth.last_letter_to(PHONE).await.code();
        auth.sign_in_with(&caller, PASSWORD, &code).await.unwrap();
        wrong(auth.sign_in_with(&caller, PASSWORD, &code).await);
    }
}

/// C-010: the first code, which came when it was switched on, is as good as one asked for later, until that one replaces it.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_text_message_holds_until_the_next() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", ADA).await;
    assert_eq!(
        invalid_fields(auth.enable_sms(&ada, "0151 123", "").await),
        ["phone"]
    );
    auth.enable_sms(&ada, PHONE, "").await.unwrap();
    let letter = auth.last_letter_to(PHONE).await;
    assert!(letter.body().contains("is your Oruma code"));
    auth.sign_in_with(&guest(), PASSWORD, &letter.code())
        .await
        .unwrap();

    auth.enable_sms(&ada, PHONE, "").await.unwrap();
    let older = auth.last_letter_to(PHONE).await.code();
    required(auth.sign_in_with(&guest(), PASSWORD, "").await);
    let newer = auth.last_letter_to(PHONE).await.code();
    if older != newer {
        wrong(auth.sign_in_with(&guest(), PASSWORD, &older).await);
    }
    auth.clock.advance(TimeDelta::minutes(10));
    wrong(auth.sign_in_with(&guest(), PASSWORD, &newer).await);
    let standing = auth.standing(&ada).await;
    assert!(standing.sms && !standing.totp);
    assert_eq!(standing.phone, PHONE);
}

/// An authenticator program holds once a code of it was shown, and each of its codes works once, even for several at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_an_authenticator_works_once() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", ADA).await;
    let enrolment = auth.enable_totp(&ada, "").await.unwrap();
    assert!(enrolment.otpauth_url.starts_with("otpauth://totp/Oruma:"));
    auth.sign_in_with(&guest(), PASSWORD, "").await.unwrap();
    let code = auth.shown(&enrolment.secret);
    let recovery = auth.confirm(&ada, Method::Totp, &code).await.unwrap();
    assert_eq!(recovery.iter().collect::<HashSet<_>>().len(), 10);
    wrong(auth.sign_in_with(&guest(), PASSWORD, &code).await);

    auth.clock.advance(TimeDelta::seconds(30));
    required(auth.sign_in_with(&guest(), PASSWORD, "").await);
    let code = auth.shown(&enrolment.secret);
    let caller = guest();
    let uses = (0..6).map(|_| auth.try_sign_in_with(&caller, ADA, PASSWORD, &code));
    let admitted = join_all(uses)
        .await
        .into_iter()
        .filter(Result::is_ok)
        .count();
    assert_eq!(admitted, 1);
}

/// K-02: a wrong password is answered alike whether there is a second factor or not, with a code or without; and uses no code up.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_says_nothing_of_the_second_factor() {
    let auth = Auth::start().await;
    let (_, secret, _) = auth.with_totp().await;
    auth.register("Bob", "bob@uni.edu").await;
    let code = auth.shown(&secret);
    let mut answers = HashSet::new();
    for email in [ADA, "bob@uni.edu", "nobody@uni.edu"] {
        for code in ["", "000000", &code] {
            let answer = auth
                .try_sign_in_with(&guest(), email, "wr0ng-horse", code)
                .await;
            answers.insert(format!("{:?}", answer.unwrap_err()));
        }
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    auth.sign_in_with(&guest(), PASSWORD, &code).await.unwrap();
}

/// Guessing is stopped by attempts: five wrong codes lock the second factor, twice as long with each five more, on every contract together.
#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_the_second_factor_longer_and_longer() {
    let auth = Auth::start().await;
    let (ada, secret, recovery) = auth.with_totp().await;
    for minutes in [15, 30, 60] {
        for contract in [
            Contract::Oruma,
            Contract::Social,
            Contract::Dubai,
            Contract::Socmel,
            Contract::Oruma,
        ] {
            wrong(
                auth.sign_in_with(&nobody(contract), PASSWORD, "not it")
                    .await,
            );
        }
        auth.clock
            .advance(TimeDelta::minutes(minutes) - TimeDelta::seconds(1));
        let right = auth.shown(&secret);
        locked(auth.sign_in_with(&guest(), PASSWORD, &right).await);
        locked(auth.sign_in_with(&guest(), PASSWORD, &recovery[0]).await);
        locked(auth.disable(&ada, PASSWORD, "").await);
        auth.clock.advance(TimeDelta::seconds(1));
    }
    auth.sign_in_with(&guest(), PASSWORD, &auth.shown(&secret))
        .await
        .unwrap();
}

/// Of many guesses at once no more than five are looked at.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_counted_too() {
    let auth = Auth::start().await;
    auth.with_totp().await;
    let caller = guest();
    let guesses = (0..20).map(|_| auth.try_sign_in_with(&caller, ADA, PASSWORD, "000000"));
    let answers = join_all(guesses).await;
    let looked_at = answers
        .iter()
        .filter(|answer| {
            answer
                .as_ref()
                .is_err_and(|error| error.reason == "invalid_second_factor")
        })
        .count();
    assert_eq!(looked_at, 5);
}

/// Whoever lost the phone has codes for that, each good once.
#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_works_once() {
    let auth = Auth::start().await;
    let (ada, _, recovery) = auth.with_totp().await;
    let typed = recovery[0].to_uppercase().replace('-', " ");
    auth.sign_in_with(&guest(), PASSWORD, &typed).await.unwrap();
    wrong(auth.sign_in_with(&guest(), PASSWORD, &recovery[0]).await);
    assert_eq!(auth.standing(&ada).await.recovery_codes_left, 9);
    auth.disable(&ada, "", &recovery[1]).await.unwrap();
    auth.sign_in_with(&guest(), PASSWORD, "").await.unwrap();
    assert_eq!(auth.count("auth.recovery_codes").await, 0);
}

/// Who only holds a token changes no second factor that is on: that takes the password or a code.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_changed_with_a_proof_only() {
    let auth = Auth::start().await;
    let (ada, _, _) = auth.with_totp().await;
    let needed = |result| {
        refused(result, ErrorCode::Invalid, "proof_required");
    };
    needed(auth.disable(&ada, "", "").await);
    needed(auth.enable_sms(&ada, PHONE, "").await);
    needed(auth.enable_totp(&ada, "").await.map(drop));
    let wrong = auth.disable(&ada, "wr0ng-horse", "").await;
    refused(wrong, ErrorCode::Invalid, "wrong_password");
    refused(
        auth.disable(&ada, "", "000000").await,
        ErrorCode::Invalid,
        "invalid_code",
    );
    required(auth.sign_in_with(&guest(), PASSWORD, "").await);

    auth.enable_sms(&ada, PHONE, PASSWORD).await.unwrap();
    let code = auth.last_letter_to(PHONE).await.code();
    assert!(
        auth.confirm(&ada, Method::Sms, &code)
            .await
            .unwrap()
            .is_empty()
    );
    needed(auth.enable_sms(&ada, "+14155550199", "").await);
    auth.disable(&ada, PASSWORD, "").await.unwrap();
    let standing = auth.standing(&ada).await;
    assert_eq!(
        (standing.totp, standing.sms, standing.recovery_codes_left),
        (false, false, 0)
    );
    auth.sign_in_with(&guest(), PASSWORD, "").await.unwrap();
}

/// No more than ten text messages an hour; the last one that was sent holds nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn text_messages_have_an_end() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", ADA).await;
    auth.enable_sms(&ada, PHONE, "").await.unwrap();
    for _ in 0..12 {
        required(auth.sign_in_with(&guest(), PASSWORD, "").await);
    }
    locked(auth.enable_sms(&ada, PHONE, "").await);
    let letters = auth.letters_to(PHONE).await;
    assert_eq!(letters.len(), 10);
    auth.sign_in_with(&guest(), PASSWORD, &letters[9].code())
        .await
        .unwrap();
}

/// A suspension is told before any second factor, and the password of a link opens nothing without a code.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_no_second_factor() {
    let auth = Auth::start().await;
    let (_, secret, _) = auth.with_totp().await;
    auth.request_reset(ADA).await.unwrap();
    let token = auth.last_letter_to(ADA).await.token();
    auth.reset(&token, "N3w-battery").await.unwrap();
    required(auth.sign_in_with(&guest(), "N3w-battery", "").await);
    let code = auth.shown(&secret);
    auth.execute("UPDATE auth.users SET suspended_at = now()")
        .await;
    let suspended = auth.sign_in_with(&guest(), "N3w-battery", &code).await;
    refused(suspended, ErrorCode::Forbidden, "account_suspended");
}

/// O-069, O-071: an export names the second factor without its secrets; a deleted account leaves none.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_exported_without_secrets_and_deleted() {
    let auth = Auth::start().await;
    let (ada, secret, recovery) = auth.with_totp().await;
    let request = ada.caller.send(proto::ExportAccountRequest {});
    let document = answered(auth.accounts().export_account(request).await)
        .unwrap()
        .document;
    assert!(document.contains(r#""authenticator":true"#), "{document}");
    let mut stored = document;
    for table in ["second_factors", "recovery_codes", "access_log", "outbox"] {
        for row in auth.rows(&format!("SELECT * FROM auth.{table}")).await {
            stored.push_str(&row.to_string());
        }
    }
    for hidden in [&secret, &recovery[0], &recovery[0].replace('-', "")] {
        assert!(!stored.contains(hidden));
    }
    auth.delete_account(&ada.caller).await.unwrap();
    assert_eq!(auth.count("auth.second_factors").await, 0);
    assert_eq!(auth.count("auth.recovery_codes").await, 0);
}

/// C-010: text messages go to the service of `SMS_API_URL` as Twilio takes them, again until it does.
#[tokio::test(flavor = "multi_thread")]
async fn a_text_message_is_posted_to_the_service() {
    let server = MockServer::start().await;
    let url = "/2010-04-01/Accounts/AC1/Messages.json";
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path(url))
        .and(basic_auth("AC1", "token"))
        .and(body_string_contains("To=%2B14155550123"))
        .and(body_string_contains("From=Oruma"))
        .respond_with(ResponseTemplate::new(201))
        .expect(1)
        .mount(&server)
        .await;
    let mut setup = Setup::new().await;
    setup.config.sms = SmsConfig::Http(SmsService {
        url: format!("{}{url}", server.uri()).parse().unwrap(),
        login: Some(("AC1".to_owned(), SecretString::from("token"))),
        from: "Oruma".to_owned(),
    });
    let auth = setup.start().await;
    let ada = auth.register("Ada", ADA).await;
    auth.enable_sms(&ada, PHONE, "").await.unwrap();
    oruma_test_kit::eventually("the message was refused", || async {
        auth.count("auth.mails WHERE attempts > 0 AND due_at < created_at + interval '5 minutes'")
            .await
            == 1
    })
    .await;
    auth.clock.advance(TimeDelta::seconds(3));
    auth.app.mails_waiting.notify_one();
    auth.mails_sent().await;
    let bodies = server.received_requests().await.unwrap();
    let body = String::from_utf8(bodies[1].body.clone()).unwrap();
    let (_, text) = body.split_once("Body=").unwrap();
    auth.sign_in_with(&guest(), PASSWORD, &text[..6])
        .await
        .unwrap();
}
