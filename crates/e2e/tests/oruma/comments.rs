//! Comments and replies.

use oruma_e2e::{Answer, Client, Deployment, Member};
use serde_json::{Value, json};

use crate::posts::{text, written};
use crate::support::{both_ways, keys, refused};

both_ways!(
    a_comment_has_the_fields_of_the_contract,
    replies_nest_one_level,
    wrong_comments_are_refused_by_field,
    comments_come_page_by_page,
    likes_of_comments_are_turned_over,
    only_its_author_removes_a_comment,
    counts_equal_the_rows_after_a_storm,
    unknown_comments_are_a_404,
);

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

async fn comment(api: &Client, author: &Member, post: &str, body: &Value) -> Answer {
    let path = format!("/api/posts/{post}/comments");
    api.post_as(author, &path, body).await
}

async fn said(api: &Client, author: &Member, post: &str, content: &str) -> Value {
    let answer = comment(api, author, post, &json!({"content": content})).await;
    answer.must_be(201).json()["comment"].clone()
}

async fn replied(api: &Client, author: &Member, post: &str, parent: &str, content: &str) -> Value {
    let body = json!({"content": content, "parentId": parent});
    let answer = comment(api, author, post, &body).await;
    answer.must_be(201).json()["comment"].clone()
}

async fn new_post(api: &Client, author: &Member) -> String {
    text(&written(api, author, "talk to me").await, "id").to_owned()
}

async fn count(api: &Client, viewer: &Member, post: &str) -> Value {
    let path = format!("/api/posts/{post}");
    api.get_as(viewer, &path).await.must_be(200).json()["comments"].clone()
}

/// O-018, O-019, O-133: field by field.
async fn a_comment_has_the_fields_of_the_contract(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let post = new_post(&api, author).await;
    let comment = said(&api, author, &post, "well said").await;
    let fields = [
        "author",
        "authorId",
        "content",
        "createdAt",
        "id",
        "liked",
        "likes",
        "postId",
        "repliesCount",
        "updatedAt",
        "username",
    ];
    assert_eq!(keys(&comment), fields, "{comment}");
    for (name, value) in [
        ("postId", json!(post)),
        ("authorId", json!(author.id)),
        ("author", json!(author.person.name)),
        ("content", json!("well said")),
        ("likes", json!(0)),
        ("liked", json!(false)),
    ] {
        assert_eq!(comment[name], value, "{name}");
    }
    let page = api
        .get_as(author, &format!("/api/posts/{post}/comments"))
        .await
        .must_be(200)
        .json();
    assert_eq!(keys(&page), ["comments", "hasMore"]);
    assert_eq!(page["comments"], json!([comment]));
    assert_eq!(count(&api, author, &post).await, 1);
}

/// O-018, O-019: a reply to a reply joins its thread.
async fn replies_nest_one_level(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let post = new_post(&api, author).await;
    let top = said(&api, author, &post, "top").await;
    let reply = replied(&api, author, &post, text(&top, "id"), "reply").await;
    assert_eq!(reply["parentId"], top["id"]);
    let deeper = replied(&api, author, &post, text(&reply, "id"), "deeper").await;
    assert_eq!(deeper["parentId"], top["id"]);
    let page = api
        .get_as(author, &format!("/api/posts/{post}/comments"))
        .await
        .must_be(200)
        .json();
    let listed = &page["comments"];
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    assert_eq!(listed[0]["repliesCount"], 2);
    assert_eq!(listed[0]["replies"], json!([reply, deeper]));
    let path = format!("/api/posts/{post}/comments?parentId={}", text(&top, "id"));
    let replies = api.get_as(author, &path).await.must_be(200).json();
    assert_eq!(replies["comments"], json!([reply, deeper]));
    assert_eq!(count(&api, author, &post).await, 3);
}

/// O-019.
async fn wrong_comments_are_refused_by_field(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let (post, other) = (new_post(&api, author).await, new_post(&api, author).await);
    let elsewhere = said(&api, author, &other, "elsewhere").await;
    for (body, field) in [
        (json!({}), "content"),
        (json!({"content": " "}), "content"),
        (json!({"content": "a".repeat(2_001)}), "content"),
        (json!({"content": "x", "parentId": "nonsense"}), "parentId"),
        (json!({"content": "x", "parentId": NOBODYS}), "parentId"),
        (
            json!({"content": "x", "parentId": elsewhere["id"]}),
            "parentId",
        ),
    ] {
        let answer = comment(&api, author, &post, &body).await;
        refused(&answer, 400, "validation_failed", &[field]);
    }
    let wrong = comment(&api, author, &post, &json!({"content": ["x"]})).await;
    refused(&wrong, 422, "wrong_type", &["content"]);
    assert_eq!(count(&api, author, &post).await, 0);
}

/// O-018: oldest first.
async fn comments_come_page_by_page(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let post = new_post(&api, author).await;
    let mut expected = Vec::new();
    for nth in 0..7 {
        expected.push(said(&api, author, &post, &format!("comment {nth}")).await["id"].clone());
    }
    let mut seen = Vec::new();
    let mut path = format!("/api/posts/{post}/comments?limit=3");
    loop {
        let page = api.get_as(author, &path).await.must_be(200).json();
        let comments = page["comments"].as_array().expect("a list");
        seen.extend(comments.iter().map(|comment| comment["id"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/posts/{post}/comments?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, expected);
    let broken = api
        .get_as(author, &format!("/api/posts/{post}/comments?cursor=x"))
        .await;
    refused(&broken, 400, "validation_failed", &["cursor"]);
}

/// O-020.
async fn likes_of_comments_are_turned_over(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let post = new_post(&api, author).await;
    let path = format!(
        "/api/comments/{}/like",
        text(&said(&api, author, &post, "like me").await, "id")
    );
    for (person, liked, count) in [(author, true, 1), (&other, true, 2), (author, false, 1)] {
        let answer = api.call_as(person, "POST", &path).await.must_be(200);
        assert_eq!(answer.json(), json!({"liked": liked, "likesCount": count}));
    }
    let page = api
        .get_as(&other, &format!("/api/posts/{post}/comments"))
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&page["comments"][0]["liked"], &page["comments"][0]["likes"]),
        (&json!(true), &json!(1))
    );
}

/// O-021: the replies go along; the author of the post may not remove what others say.
async fn only_its_author_removes_a_comment(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let post = new_post(&api, author).await;
    let top = said(&api, &other, &post, "theirs").await;
    let reply = replied(&api, author, &post, text(&top, "id"), "mine").await;
    let path = format!("/api/comments/{}", text(&top, "id"));
    refused(
        &api.call_as(author, "DELETE", &path).await,
        403,
        "not_author",
        &[],
    );
    let answer = api.call_as(&other, "DELETE", &path).await.must_be(204);
    assert!(answer.body.is_empty());
    for gone in [&top, &reply] {
        let path = format!("/api/comments/{}", text(gone, "id"));
        refused(
            &api.call_as(author, "DELETE", &path).await,
            404,
            "comment_not_found",
            &[],
        );
    }
    assert_eq!(count(&api, author, &post).await, 0);
}

/// O-019, O-021, O-185: many write and remove at once.
async fn counts_equal_the_rows_after_a_storm(deployment: &Deployment) {
    let (api, author) = (deployment.client(), deployment.member().await);
    let post = new_post(&api, author).await;
    let lives = (0..12).map(|nth| {
        let (api, post) = (&api, &post);
        async move {
            let top = said(api, author, post, &format!("top {nth}")).await;
            let reply = replied(api, author, post, text(&top, "id"), "reply").await;
            let gone = match nth % 3 {
                0 => Some(&top),
                1 => Some(&reply),
                _ => None,
            };
            if let Some(gone) = gone {
                let path = format!("/api/comments/{}", text(gone, "id"));
                let _ = api.call_as(author, "DELETE", &path).await.must_be(204);
            }
        }
    });
    futures::future::join_all(lives).await;
    let page = api
        .get_as(author, &format!("/api/posts/{post}/comments?limit=50"))
        .await
        .must_be(200)
        .json();
    let comments = page["comments"].as_array().expect("a list");
    let replies = |comment: &Value| comment["replies"].as_array().map_or(0, Vec::len);
    let rows = comments.len() + comments.iter().map(replies).sum::<usize>();
    assert_eq!(rows, 4 + 8);
    assert_eq!(count(&api, author, &post).await, rows);
}

/// O-020, O-021.
async fn unknown_comments_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [NOBODYS, "nonsense"] {
        let like = api
            .call_as(member, "POST", &format!("/api/comments/{id}/like"))
            .await;
        refused(&like, 404, "comment_not_found", &[]);
        let removal = api
            .call_as(member, "DELETE", &format!("/api/comments/{id}"))
            .await;
        refused(&removal, 404, "comment_not_found", &[]);
    }
}
