//! Signing in with Google, for which a small provider stands in.

use std::collections::HashMap;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oruma_e2e::{Answer, Client, Deployment, Person, Plan};
use serde_json::{Value, json};
use totp_rs::Totp;
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{both_ways, chat, claims, refused, verified};

both_ways!(without_google_there_is_no_way);

/// The front end of the chat.
const APP: &str = "https://chat.example/app";
const CLIENT: &str = "oruma-tests";

/// A provider with a key of its own.
struct Provider {
    server: MockServer,
    key: EncodingKey,
}

impl Provider {
    async fn start() -> Self {
        let (server, random) = (MockServer::start().await, SystemRandom::new());
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).expect("a key");
        let point = pair.public_key().as_ref();
        let part = |from, to| URL_SAFE_NO_PAD.encode(point.get(from..to).expect("a point"));
        let uri = server.uri();
        let jwks = json!({"keys": [{
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "one", "x": part(1, 33), "y": part(33, 65),
        }]});
        let discovery = json!({
            "issuer": uri, "authorization_endpoint": format!("{uri}/authorize"),
            "token_endpoint": format!("{uri}/token"), "jwks_uri": format!("{uri}/jwks"),
        });
        for (place, document) in [
            ("/.well-known/openid-configuration", discovery),
            ("/jwks", jwks),
        ] {
            let answer = ResponseTemplate::new(200).set_body_json(document);
            Mock::given(method("GET"))
                .and(path(place))
                .respond_with(answer)
                .mount(&server)
                .await;
        }
        let key = EncodingKey::from_ec_der(document.as_ref());
        Self { server, key }
    }

    async fn deployment(&self, plan: Plan) -> Deployment {
        plan.env("GOOGLE_CLIENT_ID", CLIENT)
            .env("GOOGLE_CLIENT_SECRET", "quiet")
            .env("GOOGLE_ISSUER_URL", &self.server.uri())
            .env("CONNECTBEST_APP_URL", APP)
            .start()
            .await
    }

    /// Has the next code be traded for the owner of an address.
    async fn vouch(&self, email: &str, nonce: &str) {
        let claims = json!({
            "iss": self.server.uri(), "aud": CLIENT, "sub": email, "exp": Utc::now().timestamp() + 3_600, "nonce": nonce,
            "email": email, "email_verified": true, "name": "Ada Lovelace", "picture": "https://pictures.example/ada.png",
        });
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("one".to_owned());
        let token = jsonwebtoken::encode(&header, &claims, &self.key).expect("a token");
        let answer = ResponseTemplate::new(200).set_body_json(json!({"id_token": token}));
        let trade = Mock::given(method("POST"))
            .and(path("/token"))
            .respond_with(answer);
        trade.up_to_n_times(1).mount(&self.server).await;
    }
}

/// A sign-in that is under way.
struct Began {
    query: HashMap<String, String>,
    /// What the browser keeps.
    cookie: String,
}

async fn begin(api: &Client) -> Began {
    let answer = api.get("/api/auth/google").send().await.must_be(302);
    let url: Url = answer.header("location").parse().expect("a URL");
    assert_eq!(url.path(), "/authorize");
    let set = answer.header("set-cookie");
    for attribute in [
        "HttpOnly",
        "SameSite=Lax",
        "Path=/connectbest/api/auth/callback/google",
    ] {
        assert!(set.contains(attribute), "{set}");
    }
    Began {
        query: url.query_pairs().into_owned().collect(),
        cookie: set.split(';').next().unwrap_or_default().to_owned(),
    }
}

/// What the browser is told on its way back: the names and values of the fragment.
fn told(answer: &Answer) -> HashMap<String, String> {
    let location = answer.header("location");
    let fragment = location
        .strip_prefix(APP)
        .and_then(|rest| rest.strip_prefix("/dashboard#"));
    let fragment = fragment.unwrap_or_else(|| panic!("{location}"));
    url::form_urlencoded::parse(fragment.as_bytes())
        .into_owned()
        .collect()
}

async fn come_back(api: &Client, state: &str, cookie: &str) -> HashMap<String, String> {
    let path = format!("/api/auth/callback/google?code=code&state={state}");
    let answer = api
        .get(&path)
        .header("cookie", cookie)
        .send()
        .await
        .must_be(302);
    assert_eq!(answer.header("cache-control"), "no-store");
    told(&answer)
}

#[tokio::test]
async fn standalone() {
    people_come_through_google(Deployment::standalone()).await;
}

#[tokio::test]
async fn distributed() {
    people_come_through_google(Deployment::distributed().gateways(2)).await;
}

/// C-009, C-122: somebody new gets an account and a token, in the fragment; only the browser that began comes back, once; a second factor is asked for here
/// too.
async fn people_come_through_google(plan: Plan) {
    let provider = Provider::start().await;
    let deployment = provider.deployment(plan).await;
    let api = chat(&deployment);
    let newcomer = Person::new();

    let began = begin(&api).await;
    let back = format!(
        "{}/connectbest/api/auth/callback/google",
        deployment.variable("PUBLIC_URL")
    );
    assert_eq!(began.query["redirect_uri"], back);
    let state = &began.query["state"];
    for cookie in ["", "oruma_google_state=another"] {
        assert_eq!(
            come_back(&api, state, cookie).await["error"],
            "invalid_state"
        );
    }
    provider.vouch(&newcomer.email, &began.query["nonce"]).await;
    let outcome = come_back(&api, state, &began.cookie).await;
    let token = outcome
        .get("token")
        .unwrap_or_else(|| panic!("{outcome:?}"));
    let me = api.me(token).await.must_be(200).json();
    let user = &me["user"];
    assert_eq!(
        (&user["email"], &user["role"]),
        (&json!(newcomer.email), &json!("user"))
    );
    assert_eq!(
        (&user["emailVerified"], &user["image"]),
        (&json!(true), &json!("https://pictures.example/ada.png"))
    );
    assert_eq!(claims(token)["aud"], "connectbest");
    assert_eq!(api.refresh(&outcome["refreshToken"]).await.status, 200);
    let again = come_back(&api, state, &began.cookie).await;
    assert_eq!(again["error"], "google_refused");
    assert!(!again.contains_key("token"));

    let denied = begin(&api).await;
    let path = format!(
        "/api/auth/callback/google?error=access_denied&state={}",
        denied.query["state"]
    );
    let answer = api
        .get(&path)
        .header("cookie", &denied.cookie)
        .send()
        .await
        .must_be(302);
    assert_eq!(told(&answer)["error"], "google_refused");

    let member = verified(&deployment, Person::new()).await;
    let made = api
        .post_as(&member, "/api/auth/2fa/totp", &json!({}))
        .await
        .must_be(200)
        .json();
    let code = Totp::from_url(made["otpauthUrl"].as_str().expect("a link"))
        .expect("a link")
        .generate_current()
        .to_string();
    let body = json!({"code": code, "method": "totp"});
    let done = api
        .post_as(&member, "/api/auth/2fa/verify", &body)
        .await
        .must_be(200)
        .json();
    let recovery = done["recoveryCodes"][0].as_str().expect("a code");
    let began = begin(&api).await;
    provider
        .vouch(&member.person.email, &began.query["nonce"])
        .await;
    let outcome = come_back(&api, &began.query["state"], &began.cookie).await;
    assert_eq!(outcome["error"], "second_factor_required");
    let finish = async |code: &str| {
        let body = json!({"state": outcome["state"], "verificationCode": code});
        api.post("/api/auth/callback/google", &body).send().await
    };
    refused(&finish("000000").await, 400, "invalid_second_factor", &[]);
    let entered: Value = finish(recovery).await.must_be(200).json();
    assert_eq!(entered["user"]["id"], member.id);
    refused(&finish(recovery).await, 401, "google_refused", &[]);
}

/// C-009: where Google is not configured, that is said.
async fn without_google_there_is_no_way(deployment: &Deployment) {
    let answer = chat(deployment).get("/api/auth/google").send().await;
    refused(&answer, 404, "google_is_off", &[]);
}
