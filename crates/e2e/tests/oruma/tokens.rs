//! Access tokens: which are believed.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use oruma_e2e::{Deployment, INTERNAL_TOKEN, JWT_SECRET, Member};
use oruma_service_runtime::{Clock, Random};
use serde_json::{Value, json};

use crate::support::{both_ways, claims, refused};

both_ways!(
    protected_routes_want_a_token,
    forged_tokens_are_refused,
    expired_tokens_are_refused,
    tokens_of_other_contracts_are_refused,
    unsound_claims_are_refused,
);

/// A token with the claims of a real one, changed, signed with the key of the deployment or another.
fn forge(change: impl FnOnce(&mut Value), algorithm: Algorithm, secret: &str) -> String {
    let now = Clock::system().now().timestamp();
    let mut claims = json!({
        "userId": "018f6b1e-0000-7000-8000-000000000001", "email": "ada@mit.edu", "university": "MIT", "role": "user",
        "sid": "018f6b1e-0000-7000-8000-000000000002", "jti": "018f6b1e-0000-7000-8000-000000000003",
        "aud": "oruma", "iat": now - 60, "exp": now + 3_600,
    });
    change(&mut claims);
    let key = EncodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::encode(&Header::new(algorithm), &claims, &key).expect("a token is signed")
}

/// The token of a member with other claims, rightly signed.
fn resigned(member: &Member, change: impl FnOnce(&mut Value)) -> String {
    let claims = claims(&member.token);
    forge(
        |forged| {
            *forged = claims;
            change(forged);
        },
        Algorithm::HS256,
        JWT_SECRET,
    )
}

/// Somebody of the same university whom nobody has registered: enough for what only counts people.
pub(crate) fn somebody(like: &Member) -> Member {
    let id = Random::system().id(Clock::system().now()).to_string();
    Member {
        token: resigned(like, |claims| claims["userId"] = json!(id)),
        id,
        ..like.clone()
    }
}

/// The same person as an administrator, by a token.
pub(crate) fn admin(member: &Member) -> Member {
    Member {
        token: resigned(member, |claims| claims["role"] = json!("admin")),
        ..member.clone()
    }
}

/// O-002, O-005, O-075: no token, or what is no bearer token, is a 401 that says how to come in.
async fn protected_routes_want_a_token(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let answer = api.get("/api/auth/me").send().await;
    refused(&answer, 401, "missing_token", &[]);
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    for other in ["Basic YTpi", "Bearer", &member.token, "Token abc", ""] {
        let answer = api
            .get("/api/auth/me")
            .header("authorization", other)
            .send()
            .await;
        refused(&answer, 401, "missing_token", &[]);
    }
    for nonsense in [
        "",
        " ",
        ".",
        "..",
        "a.b.c",
        "null",
        "undefined",
        INTERNAL_TOKEN,
        &"x".repeat(4_000),
    ] {
        let answer = api.me(nonsense).await;
        assert_eq!(answer.status, 401, "{nonsense}");
        assert!(
            ["invalid_token", "missing_token"]
                .contains(&answer.json()["error"].as_str().unwrap_or_default())
        );
    }
    // A refresh token is no access token.
    refused(
        &api.me(&member.refresh_token).await,
        401,
        "invalid_token",
        &[],
    );
    // In the query it counts for sockets alone.
    let query = format!("/api/auth/me?token={}", member.token);
    refused(&api.get(&query).send().await, 401, "missing_token", &[]);
}

/// O-075, O-110, O-111: another key, another algorithm, none at all, or changed claims.
async fn forged_tokens_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let same = |_: &mut Value| {};
    let parts: Vec<&str> = member.token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        panic!("no JWT");
    };
    let other = forge(
        |claims| claims["role"] = json!("admin"),
        Algorithm::HS256,
        JWT_SECRET,
    );
    let stolen = other.split('.').nth(1).expect("a payload");
    for forged in [
        forge(
            same,
            Algorithm::HS256,
            "another-secret-0123456789-abcdefghijkl",
        ),
        forge(same, Algorithm::HS256, INTERNAL_TOKEN),
        forge(same, Algorithm::HS512, JWT_SECRET),
        forge(same, Algorithm::HS384, JWT_SECRET),
        // {"alg":"none","typ":"JWT"} and {"alg":"None"}
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.{signature}"),
        format!("eyJhbGciOiJOb25lIn0.{payload}."),
        format!("{header}.{stolen}.{signature}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
        format!("{header}.{payload}.{signature}x"),
        format!("{}.{}.{}", signature, payload, header),
    ] {
        refused(&api.me(&forged).await, 401, "invalid_token", &[]);
    }
}

/// O-075, O-112, O-151: a token that was good once.
async fn expired_tokens_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let now = Clock::system().now().timestamp();
    for ago in [0, 1, 86_400] {
        let expired = resigned(member, |claims| claims["exp"] = json!(now - ago));
        refused(&api.me(&expired).await, 401, "token_expired", &[]);
    }
    let good = resigned(member, |claims| claims["exp"] = json!(now + 60));
    assert_eq!(api.me(&good).await.must_be(200).json()["id"], member.id);
}

/// K-33, K-47: a token is good for one contract.
async fn tokens_of_other_contracts_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for audience in [
        json!("connectbest"),
        json!("social"),
        json!("socmel"),
        json!("dubai"),
        json!(""),
        json!([]),
        Value::Null,
    ] {
        let foreign = resigned(member, |claims| claims["aud"] = audience);
        refused(&api.me(&foreign).await, 401, "invalid_token", &[]);
    }
    let nobodys = resigned(member, |claims| {
        claims.as_object_mut().expect("claims").remove("aud");
    });
    refused(&api.me(&nobodys).await, 401, "invalid_token", &[]);
}

/// O-004, O-193, O-206: claims that were never issued are refused even with the right signature, and a role is not taken from thin air.
async fn unsound_claims_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for (claim, value) in [
        ("userId", json!("nobody")),
        ("userId", json!(7)),
        ("sid", json!("x")),
        ("sid", Value::Null),
        ("exp", json!("tomorrow")),
        ("exp", Value::Null),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("jti", json!("")),
    ] {
        let unsound = resigned(member, |claims| claims[claim] = value.clone());
        let answer = api.me(&unsound).await;
        assert_eq!(answer.status, 401, "{claim}: {value}");
    }
}
