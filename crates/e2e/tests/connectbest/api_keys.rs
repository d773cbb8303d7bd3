//! Keys by which programs act for a person.

use oruma_e2e::Deployment;
use serde_json::{Value, json};

use crate::support::{both_ways, chat, keys, member, refused};

both_ways!(
    a_program_acts_for_its_person,
    a_key_opens_no_door,
    a_revoked_key_is_worthless
);

/// C-070, C-190: a key is shown once, and does what its owner may, in either header.
async fn a_program_acts_for_its_person(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let body = json!({"name": "Report", "expiresInDays": 30});
    let made = api
        .post_as(&member, "/api/api-keys", &body)
        .await
        .must_be(201);
    assert_eq!(made.header("cache-control"), "no-store");
    let made = made.json();
    assert_eq!(keys(&made), ["apiKey", "key"]);
    let fields = [
        "createdAt",
        "expiresAt",
        "id",
        "lastUsedAt",
        "name",
        "prefix",
        "revokedAt",
    ];
    assert_eq!(keys(&made["apiKey"]), fields);
    assert_eq!(made["apiKey"]["revokedAt"], Value::Null);
    let key = made["key"].as_str().expect("a key");
    assert!(key.starts_with("oruma_"));

    let me = api
        .get("/api/auth/me")
        .header("x-api-key", key)
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(me["user"]["id"], member.id);
    assert_eq!(api.me(key).await.must_be(200).json(), me);
    let body = json!({"statusMessage": "By a program"});
    let call = api.call("PUT", "/api/users/profile").json(&body);
    let changed = call
        .header("x-api-key", key)
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(changed["user"]["statusMessage"], "By a program");

    let listed = api.get_as(&member, "/api/api-keys").await.must_be(200);
    assert!(!String::from_utf8_lossy(&listed.body).contains(key));
    assert_eq!(listed.json()["apiKeys"].as_array().map(Vec::len), Some(1));
    let other = crate::support::member(deployment).await;
    let path = format!(
        "/api/api-keys/{}",
        made["apiKey"]["id"].as_str().expect("an id")
    );
    refused(
        &api.call_as(&other, "DELETE", &path).await,
        404,
        "api_key_not_found",
        &[],
    );
    for (wrong, field) in [
        (json!({}), "name"),
        (json!({"name": "x", "expiresInDays": 0}), "expiresInDays"),
    ] {
        refused(
            &api.post_as(&member, "/api/api-keys", &wrong).await,
            400,
            "validation_failed",
            &[field],
        );
    }
}

/// C-190: a key manages no keys, no second factor and no sign-ins, and is nothing on the other contract.
async fn a_key_opens_no_door(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let made = api
        .post_as(&member, "/api/api-keys", &json!({"name": "Report"}))
        .await
        .must_be(201)
        .json();
    let key = made["key"].as_str().expect("a key");
    let path = format!(
        "/api/api-keys/{}",
        made["apiKey"]["id"].as_str().expect("an id")
    );
    for (method, path) in [
        ("POST", "/api/api-keys"),
        ("GET", "/api/api-keys"),
        ("DELETE", &*path),
        ("GET", "/api/auth/2fa"),
        ("POST", "/api/auth/2fa/enable"),
        ("POST", "/api/auth/2fa/totp"),
        ("POST", "/api/auth/2fa/verify"),
        ("POST", "/api/auth/2fa/disable"),
        ("POST", "/api/auth/logout"),
    ] {
        let answer = api
            .call(method, path)
            .json(&json!({}))
            .bearer(key)
            .send()
            .await;
        refused(&answer, 403, "api_key_not_allowed", &[]);
    }
    refused(
        &deployment.client().me(key).await,
        401,
        "invalid_token",
        &[],
    );
    let answer = api
        .get("/api/auth/me")
        .header("x-api-key", "oruma_nonsense")
        .send()
        .await;
    refused(&answer, 401, "invalid_api_key", &[]);
}

/// C-070: a key that was revoked opens nothing more, on every gateway.
async fn a_revoked_key_is_worthless(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let made = api
        .post_as(&member, "/api/api-keys", &json!({"name": "Report"}))
        .await
        .must_be(201)
        .json();
    let key = made["key"].as_str().expect("a key");
    assert_eq!(api.me(key).await.status, 200);
    let path = format!(
        "/api/api-keys/{}",
        made["apiKey"]["id"].as_str().expect("an id")
    );
    let answer = api.call_as(&member, "DELETE", &path).await.must_be(200);
    assert_eq!(answer.json(), json!({"success": true}));
    for _ in 0..2 {
        refused(&api.me(key).await, 401, "invalid_api_key", &[]);
    }
}
