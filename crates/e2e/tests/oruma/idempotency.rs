//! `Idempotency-Key`.

use oruma_e2e::{Answer, Client, Deployment, Member};
use serde_json::{Value, json};

use crate::posts::{text, written};
use crate::support::{both_ways, refused};

both_ways!(
    a_repetition_is_answered_like_the_first_time,
    the_same_key_for_another_body_is_refused,
    keys_belong_to_people_and_addresses,
    of_many_at_once_one_is_carried_out,
    a_toggle_is_turned_once,
    refusals_are_repeated_too,
    wrong_keys_are_refused,
    forms_have_keys_too,
);

async fn send(api: &Client, member: &Member, key: &str, path: &str, body: &Value) -> Answer {
    let call = api.post(path, body).bearer(&member.token);
    call.header("idempotency-key", key).send().await
}

async fn posts_of(api: &Client, member: &Member) -> usize {
    let path = format!("/api/users/{}/posts?limit=50", member.id);
    let page = api.get_as(member, &path).await.must_be(200).json();
    page["posts"].as_array().map_or(0, Vec::len)
}

/// K-15: status and body, through whichever gateway.
async fn a_repetition_is_answered_like_the_first_time(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let body = json!({"content": "once"});
    let first = send(&api, &member, "key", "/api/posts", &body)
        .await
        .must_be(201);
    assert_eq!(first.header("idempotency-replayed"), "");
    for _ in 0..3 {
        let again = send(&api, &member, "key", "/api/posts", &body)
            .await
            .must_be(201);
        assert_eq!(again.body, first.body);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
    }
    assert_eq!(posts_of(&api, &member).await, 1);
}

/// K-15.
async fn the_same_key_for_another_body_is_refused(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let _ = send(
        &api,
        &member,
        "key",
        "/api/posts",
        &json!({"content": "one"}),
    )
    .await
    .must_be(201);
    let other = send(
        &api,
        &member,
        "key",
        "/api/posts",
        &json!({"content": "two"}),
    )
    .await;
    refused(&other, 422, "idempotency_key_reused", &[]);
    assert_eq!(posts_of(&api, &member).await, 1);
}

/// K-15.
async fn keys_belong_to_people_and_addresses(deployment: &Deployment) {
    let api = deployment.client();
    let (one, other) = (api.newcomer().await, api.newcomer().await);
    let body = json!({"content": "the same"});
    let first = send(&api, &one, "key", "/api/posts", &body)
        .await
        .must_be(201)
        .json();
    let second = send(&api, &other, "key", "/api/posts", &body)
        .await
        .must_be(201)
        .json();
    assert_ne!(first["post"]["id"], second["post"]["id"]);
    let comments = format!("/api/posts/{}/comments", text(&first["post"], "id"));
    let comment = send(&api, &one, "key", &comments, &body)
        .await
        .must_be(201)
        .json();
    assert_eq!(comment["comment"]["content"], "the same");
}

/// K-15: the others are told to wait, or get the answer.
async fn of_many_at_once_one_is_carried_out(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let body = json!({"content": "once"});
    let sent = (0..10).map(|_| send(&api, &member, "key", "/api/posts", &body));
    for answer in futures::future::join_all(sent).await {
        if answer.status != 201 {
            refused(&answer, 409, "idempotency_key_in_use", &[]);
            assert_ne!(answer.header("retry-after"), "");
        }
    }
    assert_eq!(posts_of(&api, &member).await, 1);
    let after = send(&api, &member, "key", "/api/posts", &body)
        .await
        .must_be(201);
    assert_eq!(after.header("idempotency-replayed"), "true");
}

/// O-016, K-15: a like that is sent twice by a bad line stays a like.
async fn a_toggle_is_turned_once(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let path = format!(
        "/api/posts/{}/like",
        text(&written(&api, member, "like me").await, "id")
    );
    for _ in 0..2 {
        let call = api.call("POST", &path).bearer(&member.token);
        let answer = call
            .header("idempotency-key", "key")
            .send()
            .await
            .must_be(200);
        assert_eq!(answer.json(), json!({"liked": true, "likesCount": 1}));
    }
}

/// K-15.
async fn refusals_are_repeated_too(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    for replayed in ["", "true"] {
        let answer = send(&api, &member, "key", "/api/posts", &json!({"content": ""})).await;
        refused(&answer, 400, "validation_failed", &["content"]);
        assert_eq!(answer.header("idempotency-replayed"), replayed);
    }
}

/// K-15.
async fn wrong_keys_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for wrong in ["", &"k".repeat(256)] {
        let answer = send(&api, member, wrong, "/api/posts", &json!({"content": "x"})).await;
        refused(&answer, 400, "validation_failed", &["Idempotency-Key"]);
    }
}

/// O-012, K-15: with files.
async fn forms_have_keys_too(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let boundary = "b0undary";
    let form = |content: &str| {
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\n{content}\r\n--{boundary}--\r\n"
        )
    };
    let sent = async |content: &str| {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let call = api
            .call("POST", "/api/posts")
            .text(&form(content))
            .header("content-type", &kind);
        call.header("idempotency-key", "form")
            .bearer(&member.token)
            .send()
            .await
    };
    let first = sent("once").await.must_be(201);
    let again = sent("once").await.must_be(201);
    assert_eq!(again.body, first.body);
    refused(&sent("twice").await, 422, "idempotency_key_reused", &[]);
    assert_eq!(posts_of(&api, &member).await, 1);
}
