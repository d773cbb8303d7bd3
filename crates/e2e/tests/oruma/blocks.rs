//! Who wants nothing to do with whom: an addition to the contract.

use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::conversations::say;
use crate::posts::{text, written};
use crate::support::{both_ways, keys, refused};

both_ways!(
    a_block_hides_the_posts_of_both,
    a_block_ends_the_messages_of_both,
    blocks_are_listed,
    wrong_blocks_are_refused,
);

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

async fn block(api: &Client, person: &Member, other: &str) -> Answer {
    api.call_as(person, "PUT", &format!("/api/users/{other}/block"))
        .await
}

async fn unblock(api: &Client, person: &Member, other: &str) -> Answer {
    api.call_as(person, "DELETE", &format!("/api/users/{other}/block"))
        .await
}

/// K-19: neither sees a post of the other, however often it is said, until it is taken back.
async fn a_block_hides_the_posts_of_both(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, bob) = (api.newcomer().await, api.newcomer().await);
    let of_ada = written(&api, &ada, "by the one").await;
    let of_bob = written(&api, &bob, "by the other").await;
    for _ in 0..2 {
        drop(block(&api, &ada, &bob.id).await.must_be(204));
    }
    for (viewer, post) in [(&ada, &of_bob), (&bob, &of_ada)] {
        let address = format!("/api/posts/{}", text(post, "id"));
        refused(
            &api.get_as(viewer, &address).await,
            404,
            "post_not_found",
            &[],
        );
        let like = api
            .call_as(viewer, "POST", &format!("{address}/like"))
            .await;
        refused(&like, 404, "post_not_found", &[]);
        let author = format!("/api/users/{}/posts", text(post, "authorId"));
        let listed = api.get_as(viewer, &author).await.must_be(200).json();
        assert_eq!(listed["posts"], json!([]));
    }
    for _ in 0..2 {
        drop(unblock(&api, &ada, &bob.id).await.must_be(204));
    }
    let address = format!("/api/posts/{}", text(&of_ada, "id"));
    drop(api.get_as(&bob, &address).await.must_be(200));
}

/// K-19: neither writes to the other, in a conversation that there is or a new one; what was said stays readable.
async fn a_block_ends_the_messages_of_both(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, bob, eve) = (
        api.newcomer().await,
        api.newcomer().await,
        api.newcomer().await,
    );
    let message = say(&api, &ada, &bob, "before").await;
    for other in [&bob, &eve] {
        drop(block(&api, &ada, &other.id).await.must_be(204));
    }
    let write = async |from: &Member, to: &Member| {
        let body = json!({"receiverId": to.id, "content": "after"});
        api.post_as(from, "/api/messages", &body).await
    };
    // Messaging hears of it by the broker.
    eventually("nobody can write", || async {
        write(&bob, &ada).await.status == 403 && write(&eve, &ada).await.status == 403
    })
    .await;
    refused(&write(&ada, &bob).await, 403, "blocked", &[]);
    let open = json!({"participantId": ada.id});
    let opened = api.post_as(&eve, "/api/conversations", &open).await;
    // A message of before the block may have opened it.
    assert!([200, 403].contains(&opened.status), "{opened}");
    let history = format!(
        "/api/conversations/{}/messages",
        text(&message, "conversationId")
    );
    let shown = api.get_as(&bob, &history).await.must_be(200).json();
    let messages = shown["messages"].as_array().expect("a list");
    assert!(messages.iter().any(|shown| shown["id"] == message["id"]));
    drop(unblock(&api, &ada, &bob.id).await.must_be(204));
    eventually("both can write again", || async {
        write(&bob, &ada).await.status == 201
    })
    .await;
}

async fn blocks_are_listed(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, bob, eve) = (
        api.newcomer().await,
        api.newcomer().await,
        deployment.member().await,
    );
    drop(block(&api, &ada, &bob.id).await.must_be(204));
    drop(block(&api, &ada, &eve.id).await.must_be(204));
    let first = api
        .get_as(&ada, "/api/users/me/blocks?limit=1")
        .await
        .must_be(200)
        .json();
    assert_eq!(keys(&first), ["blocks", "hasMore", "nextCursor"]);
    let newest = &first["blocks"][0];
    assert_eq!(keys(newest), ["blockedAt", "user"]);
    assert_eq!(newest["user"]["id"], eve.id);
    let next = format!(
        "/api/users/me/blocks?limit=1&cursor={}",
        text(&first, "nextCursor")
    );
    let second: Value = api.get_as(&ada, &next).await.must_be(200).json();
    assert_eq!(
        (&second["blocks"][0]["user"]["id"], &second["hasMore"]),
        (&json!(bob.id), &json!(false))
    );
    let none = api
        .get_as(&bob, "/api/users/me/blocks")
        .await
        .must_be(200)
        .json();
    assert_eq!(none, json!({"blocks": [], "hasMore": false}));
}

async fn wrong_blocks_are_refused(deployment: &Deployment) {
    let (api, ada) = (deployment.client(), deployment.member().await);
    refused(
        &block(&api, ada, &ada.id).await,
        400,
        "validation_failed",
        &["userId"],
    );
    for nobody in [NOBODYS, "nonsense"] {
        refused(&block(&api, ada, nobody).await, 404, "user_not_found", &[]);
        refused(
            &unblock(&api, ada, nobody).await,
            404,
            "user_not_found",
            &[],
        );
    }
    let broken = api.get_as(ada, "/api/users/me/blocks?cursor=x").await;
    refused(&broken, 400, "validation_failed", &["cursor"]);
}
