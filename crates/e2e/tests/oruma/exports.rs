//! What is kept of a person, for that person.

use oruma_e2e::Deployment;
use serde_json::json;

use crate::posts::{text, written};
use crate::support::{both_ways, keys, refused};
use crate::uploads::picture_of;

both_ways!(
    an_export_has_all_that_is_kept,
    exports_are_their_owners_alone
);

/// O-071: account, posts, comments, likes, saves, views, pictures; nothing of others.
async fn an_export_has_all_that_is_kept(deployment: &Deployment) {
    let (api, other) = (deployment.client(), deployment.member().await);
    let member = api.newcomer().await;
    let mine = written(&api, &member, "my own words").await;
    let theirs = written(&api, other, "words of somebody else").await;
    let theirs = text(&theirs, "id");
    let comments = format!("/api/posts/{theirs}/comments");
    let _ = api
        .post_as(&member, &comments, &json!({"content": "my comment"}))
        .await
        .must_be(201);
    for mark in ["like", "save"] {
        let path = format!("/api/posts/{theirs}/{mark}");
        let _ = api.call_as(&member, "POST", &path).await.must_be(200);
    }
    let picture = picture_of(&api, &member).await;
    let answer = api
        .post_as(&member, "/api/users/me/export", &json!({}))
        .await
        .must_be(201)
        .json();
    assert_eq!(keys(&answer), ["expiresAt", "id", "status", "url"]);
    assert_eq!(answer["status"], "ready");
    let document = api.get_as(&member, text(&answer, "url")).await.must_be(200);
    assert_eq!(document.header("cache-control"), "no-store");
    assert!(
        document
            .header("content-disposition")
            .contains("attachment")
    );
    let document = document.json();
    assert_eq!(document["account"]["profile"]["email"], member.person.email);
    assert_eq!(document["posts"][0]["id"], mine["id"]);
    assert_eq!(document["comments"][0]["content"], "my comment");
    for marks in ["postLikes", "postSaves"] {
        assert_eq!(document[marks][0]["postId"], theirs, "{marks}");
    }
    let whole = document.to_string();
    assert!(whole.contains(text(&picture, "id")));
    assert!(!whole.contains("words of somebody else") && !whole.contains(&other.person.email));
}

/// O-071: for anybody else there is no such export.
async fn exports_are_their_owners_alone(deployment: &Deployment) {
    let (api, other) = (deployment.client(), deployment.member().await);
    let member = api.newcomer().await;
    let answer = api
        .post_as(&member, "/api/users/me/export", &json!({}))
        .await
        .must_be(201)
        .json();
    let url = text(&answer, "url");
    refused(&api.get_as(other, url).await, 404, "export_not_found", &[]);
    refused(
        &api.get_as(&member, &format!("{url}x")).await,
        404,
        "export_not_found",
        &[],
    );
    refused(
        &api.get_as(&member, "/api/users/me/export/nonsense").await,
        404,
        "export_not_found",
        &[],
    );
    refused(&api.get(url).send().await, 401, "missing_token", &[]);
}
