//! Signing in with Google, for which a small provider stands in.

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use futures::future::join_all;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oruma_auth::google::GoogleConfig;
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::{Caller, Contract};
use secrecy::SecretString;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{
    Auth, PASSWORD, Person, Setup, answered, guest, invalid_fields, nobody, refused,
};

const CLIENT: &str = "oruma-tests";
const BACK: &str = "https://chat.example/connectbest/api/auth/callback/google";
const ADA: &str = "ada@uni.edu";

/// A provider with a key of its own.
struct Provider {
    server: MockServer,
    key: EncodingKey,
}

impl Provider {
    async fn start() -> Self {
        let server = MockServer::start().await;
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).unwrap();
        let point = pair.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let uri = server.uri();
        let jwks = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one",
            "x": part(&point[1..33]), "y": part(&point[33..]),
        }]});
        let discovery = json!({
            "issuer": uri, "authorization_endpoint": format!("{uri}/authorize"),
            "token_endpoint": format!("{uri}/token"), "jwks_uri": format!("{uri}/jwks"),
        });
        for (place, document) in [
            ("/.well-known/openid-configuration", discovery),
            ("/jwks", jwks),
        ] {
            Mock::given(method("GET"))
                .and(path(place))
                .respond_with(ResponseTemplate::new(200).set_body_json(document))
                .mount(&server)
                .await;
        }
        let key = EncodingKey::from_ec_der(document.as_ref());
        Self { server, key }
    }

    async fn auth(&self) -> Auth {
        let mut setup = Setup::new().await;
        setup.config.google = Some(GoogleConfig {
            client_id: CLIENT.to_owned(),
            client_secret: SecretString::from("quiet"),
            issuer: self.server.uri().parse().unwrap(),
        });
        setup.start().await
    }

    fn token(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("one".to_owned());
        jsonwebtoken::encode(&header, claims, &self.key).unwrap()
    }

    /// Has the next code be traded for these claims.
    async fn vouch(&self, claims: &Value) {
        self.answer(
            ResponseTemplate::new(200).set_body_json(json!({"id_token": self.token(claims)})),
        )
        .await;
    }

    async fn answer(&self, answer: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(path("/token"))
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&self.server)
            .await;
    }

    /// What Google says of Ada in answer to a beginning.
    fn ada(&self, auth: &Auth, began: &Began) -> Value {
        json!({
            "iss": self.server.uri(), "aud": CLIENT, "sub": "108", "exp": auth.app.clock.now().timestamp() + 3_600,
            "nonce": began.query["nonce"], "email": ADA, "email_verified": true, "name": "Ada Lovelace",
            "picture": "https://pictures.example/ada.png",
        })
    }

    /// The form of the last trade.
    async fn traded(&self) -> HashMap<String, String> {
        let requests = self.server.received_requests().await.unwrap();
        let last = requests
            .into_iter()
            .rfind(|request| request.url.path() == "/token")
            .unwrap();
        url::form_urlencoded::parse(&last.body)
            .into_owned()
            .collect()
    }
}

/// A sign-in that is under way.
struct Began {
    state: String,
    query: HashMap<String, String>,
}

fn chat() -> Caller {
    nobody(Contract::Connectbest)
}

impl Auth {
    async fn try_begin(&self, redirect_uri: &str) -> Result<Began, RpcError> {
        let redirect_uri = redirect_uri.to_owned();
        let request = chat().send(proto::BeginGoogleSignInRequest { redirect_uri });
        let answer = answered(self.sessions().begin_google_sign_in(request).await)?;
        let url: Url = answer.authorization_url.parse().unwrap();
        assert_eq!(url.path(), "/authorize");
        Ok(Began {
            state: answer.state,
            query: url.query_pairs().into_owned().collect(),
        })
    }

    async fn begin(&self) -> Began {
        self.try_begin(BACK).await.unwrap()
    }

    async fn finish(
        &self,
        caller: &Caller,
        state: &str,
        code: &str,
        second_factor: &str,
    ) -> Result<Person, RpcError> {
        let request = caller.send(proto::FinishGoogleSignInRequest {
            state: state.to_owned(),
            code: code.to_owned(),
            verification_code: second_factor.to_owned(),
        });
        let answer = answered(self.sessions().finish_google_sign_in(request).await)?;
        Ok(self.person(answer.user, answer.tokens, caller))
    }

    /// The whole way of Ada.
    async fn enter_by_google(&self, provider: &Provider) -> Result<Person, RpcError> {
        let began = self.begin().await;
        provider.vouch(&provider.ada(self, &began)).await;
        self.finish(&chat(), &began.state, "code", "").await
    }
}

fn failed<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Unauthenticated, "google_refused");
}

/// C-009: somebody new gets an account that is verified; the next time it is the same one, by whatever address.
#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_gets_an_account() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let ada = auth.enter_by_google(&provider).await.unwrap();
    assert_eq!(
        (&*ada.user.display_name, &*ada.user.email),
        ("Ada Lovelace", ADA)
    );
    assert!(ada.user.email_verified && auth.is_active(ada.session).await);
    assert_eq!(ada.user.avatar_url, "https://pictures.example/ada.png");
    assert_eq!(auth.kinds_for(&ada).await[0], "auth.user.registered.v1");
    assert!(auth.letters_to(ADA).await.is_empty());
    refused(
        auth.try_sign_in(&guest(), ADA, PASSWORD).await,
        ErrorCode::Unauthenticated,
        "invalid_credentials",
    );

    let began = auth.begin().await;
    let mut claims = provider.ada(&auth, &began);
    claims["email"] = json!("ada@new.example");
    provider.vouch(&claims).await;
    let again = auth
        .finish(&chat(), &began.state, "code", "")
        .await
        .unwrap();
    assert_eq!((again.id, &*again.user.email), (ada.id, ADA));
    auth.delete_account(&ada.caller).await.unwrap();
    assert_eq!(auth.count("auth.google_accounts").await, 0);
}

/// C-009: the code is traded with the verifier of the challenge, and our secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_traded_with_its_verifier() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let began = auth.begin().await;
    assert_eq!(began.query["state"], began.state);
    assert_eq!(began.query["scope"], "openid email profile");
    assert_eq!(began.query["code_challenge_method"], "S256");
    provider.vouch(&provider.ada(&auth, &began)).await;
    auth.finish(&chat(), &began.state, "the code", "")
        .await
        .unwrap();
    let traded = provider.traded().await;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(traded["code_verifier"].as_bytes()));
    assert_eq!(challenge, began.query["code_challenge"]);
    assert_eq!(
        (&*traded["code"], &*traded["redirect_uri"]),
        ("the code", BACK)
    );
    assert_eq!(
        (&*traded["client_id"], &*traded["client_secret"]),
        (CLIENT, "quiet")
    );
}

/// C-009: a state is good once, for ten minutes, through the contract that it was made for.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_good_once() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let began = auth.begin().await;
    failed(auth.finish(&chat(), "not the state", "code", "").await);
    failed(
        auth.finish(&nobody(Contract::Social), &began.state, "code", "")
            .await,
    );
    for _ in 0..4 {
        provider.vouch(&provider.ada(&auth, &began)).await;
    }
    let caller = chat();
    let tries = join_all((0..4).map(|_| auth.finish(&caller, &began.state, "code", ""))).await;
    assert_eq!(tries.iter().filter(|tried| tried.is_ok()).count(), 1);

    let late = auth.begin().await;
    auth.clock.advance(TimeDelta::minutes(10));
    failed(auth.finish(&chat(), &late.state, "code", "").await);
    let stored = format!(
        "{:?}",
        auth.rows("SELECT * FROM auth.google_sign_ins").await
    );
    assert!(!stored.contains(&late.state) && !stored.contains(&late.query["nonce"]));
}

/// C-009: an identity that is not for us, not from there, too old, of another sign-in, or of an address that nobody verified, lets nobody in.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_whole_identity_is_believed() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    for (claim, value) in [
        ("aud", json!("another client")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(auth.app.clock.now().timestamp() - 61)),
        ("nonce", json!("another")),
        ("email_verified", json!(false)),
        ("email", Value::Null),
        ("sub", json!("")),
    ] {
        let began = auth.begin().await;
        let mut claims = provider.ada(&auth, &began);
        claims[claim] = value;
        provider.vouch(&claims).await;
        failed(auth.finish(&chat(), &began.state, "code", "").await);
    }
    let began = auth.begin().await;
    let forged = Provider::start().await.token(&provider.ada(&auth, &began));
    let answer = ResponseTemplate::new(200).set_body_json(json!({"id_token": forged}));
    provider.answer(answer).await;
    failed(auth.finish(&chat(), &began.state, "code", "").await);
    assert_eq!(auth.count("auth.users").await, 0);
}

/// C-009: a provider that knows no code, is down, or sends us elsewhere, is no way in.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_lets_nobody_in() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let elsewhere = Provider::start().await;
    for (answer, unavailable) in [
        (ResponseTemplate::new(400), false),
        (ResponseTemplate::new(503), true),
        (ResponseTemplate::new(200).set_body_string("<html>"), true),
        (
            ResponseTemplate::new(200).set_body_string("x".repeat(300_000)),
            true,
        ),
        (
            ResponseTemplate::new(307)
                .insert_header("location", format!("{}/token", elsewhere.server.uri())),
            true,
        ),
    ] {
        let began = auth.begin().await;
        provider.answer(answer).await;
        let tried = auth.finish(&chat(), &began.state, "code", "").await;
        if unavailable {
            refused(tried, ErrorCode::Unavailable, "google_unavailable");
        } else {
            failed(tried);
        }
    }
    assert!(
        elsewhere
            .server
            .received_requests()
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        invalid_fields(auth.try_begin("javascript:x").await.map(|_| ())),
        ["redirect_uri"]
    );
    let off = Auth::start().await.try_begin(BACK).await.map(|_| ());
    refused(off, ErrorCode::NotFound, "google_is_off");
}

/// C-009: a verified account is joined as it is; one that nobody had verified loses the password and sign-ins that may be somebody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_joined_by_its_address() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let squatter = auth.register("Squatter", "ADA@uni.edu").await;
    let ada = auth.enter_by_google(&provider).await.unwrap();
    assert_eq!(ada.id, squatter.id);
    assert!(!auth.is_active(squatter.session).await);
    assert!(auth.try_sign_in(&guest(), ADA, PASSWORD).await.is_err());

    let other = provider.auth().await;
    let member = other.register("Ada", ADA).await;
    other
        .execute("UPDATE auth.users SET email_verified_at = now()")
        .await;
    assert_eq!(
        other.enter_by_google(&provider).await.unwrap().id,
        member.id
    );
    assert!(other.is_active(member.session).await);
    other.sign_in(ADA).await;
}

/// C-002, C-009: neither a suspension nor a second factor is passed by through Google; the same state takes the code of the latter.
#[tokio::test(flavor = "multi_thread")]
async fn google_is_no_way_around() {
    let provider = Provider::start().await;
    let auth = provider.auth().await;
    let (ada, secret, _) = auth.with_totp().await;
    let began = auth.begin().await;
    provider.vouch(&provider.ada(&auth, &began)).await;
    let required = auth.finish(&chat(), &began.state, "code", "").await;
    refused(
        required,
        ErrorCode::Unauthenticated,
        "second_factor_required",
    );
    let wrong = auth.finish(&chat(), &began.state, "", "000000").await;
    refused(wrong, ErrorCode::Unauthenticated, "invalid_second_factor");
    failed(
        auth.finish(
            &nobody(Contract::Dubai),
            &began.state,
            "",
            &auth.shown(&secret),
        )
        .await,
    );
    let entered = auth
        .finish(&chat(), &began.state, "", &auth.shown(&secret))
        .await
        .unwrap();
    assert_eq!(entered.id, ada.id);
    auth.clock.advance(TimeDelta::seconds(30));
    failed(
        auth.finish(&chat(), &began.state, "", &auth.shown(&secret))
            .await,
    );

    auth.execute("UPDATE auth.users SET suspended_at = now()")
        .await;
    let began = auth.begin().await;
    provider.vouch(&provider.ada(&auth, &began)).await;
    let out = auth
        .finish(&chat(), &began.state, "code", &auth.shown(&secret))
        .await;
    refused(out, ErrorCode::Forbidden, "account_suspended");
}
