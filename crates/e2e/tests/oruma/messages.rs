//! Messages.

use oruma_e2e::Deployment;
use serde_json::{Value, json};

use crate::conversations::{conversation, say};
use crate::support::{both_ways, keys, refused};

both_ways!(
    a_message_has_the_fields_of_the_contract,
    messages_come_newest_first_page_by_page,
    wrong_messages_are_refused,
    reading_counts_only_for_the_receiver,
);

/// O-059, O-129, O-170: field by field; the conversation is made by the first message.
async fn a_message_has_the_fields_of_the_contract(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    let message = say(&api, &ada, &ben, "hello <b>").await;
    let fields = [
        "content",
        "conversationId",
        "id",
        "receiverId",
        "senderId",
        "status",
        "timestamp",
    ];
    assert_eq!(keys(&message), fields, "{message}");
    for (name, value) in [
        ("content", json!("hello <b>")),
        ("senderId", json!(ada.id)),
        ("receiverId", json!(ben.id)),
        ("status", json!("sent")),
        (
            "conversationId",
            json!(conversation(&api, &ben, &ada).await),
        ),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    let body = json!({"conversationId": message["conversationId"], "content": "again"});
    let again = api
        .post_as(&ada, "/api/messages", &body)
        .await
        .must_be(201)
        .json();
    assert_eq!(again["message"]["receiverId"], ben.id);
}

/// O-058.
async fn messages_come_newest_first_page_by_page(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    for count in 0..55 {
        say(&api, &ada, &ben, &count.to_string()).await;
    }
    let id = conversation(&api, &ada, &ben).await;
    let path = format!("/api/conversations/{id}/messages");
    let page = api.get_as(&ben, &path).await.must_be(200).json();
    let messages = page["messages"].as_array().expect("a list");
    assert_eq!(
        (messages.len(), &messages[0]["content"]),
        (50, &json!("54"))
    );
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let path = format!("{path}?cursor={cursor}");
    let page = api.get_as(&ben, &path).await.must_be(200).json();
    let rest = page["messages"].as_array().expect("a list");
    assert_eq!((rest.len(), &rest[4]["content"]), (5, &json!("0")));
    assert_eq!(page["hasMore"], false);
}

/// O-059, O-169, O-172, O-181: 400 for what is not valid, 403 for a stranger.
async fn wrong_messages_are_refused(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, eve) = (
        api.newcomer().await,
        api.newcomer().await,
        api.newcomer().await,
    );
    let id = conversation(&api, &ada, &ben).await;
    let send = async |body: Value| api.post_as(&ada, "/api/messages", &body).await;
    for content in ["", "   ", &"x".repeat(5_001)] {
        let answer = send(json!({"receiverId": ben.id, "content": content})).await;
        refused(&answer, 400, "validation_failed", &["content"]);
    }
    let answer = send(json!({"receiverId": ada.id, "content": "to myself"})).await;
    assert_eq!(answer.status, 400, "{answer}");
    let nobody = "00000000-0000-7000-8000-000000000000";
    let answer = send(json!({"receiverId": nobody, "content": "hello?"})).await;
    refused(&answer, 404, "user_not_found", &[]);
    let body = json!({"conversationId": id, "content": "let me in"});
    let answer = api.post_as(&eve, "/api/messages", &body).await;
    refused(&answer, 403, "not_participant", &[]);
}

/// O-060, O-061, O-174: only the receiver's mark counts; fetched is delivered.
async fn reading_counts_only_for_the_receiver(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    let message = say(&api, &ada, &ben, "read me").await;
    let id = message["id"].as_str().expect("an id");
    let conversation = message["conversationId"].as_str().expect("an id");
    let read = format!("/api/messages/{id}/read");
    let status = async || {
        let path = format!("/api/conversations/{conversation}/messages");
        let page = api.get_as(&ada, &path).await.must_be(200).json();
        page["messages"][0]["status"].clone()
    };
    assert_eq!(
        api.call_as(&ada, "PUT", &read).await.must_be(200).json(),
        json!({})
    );
    assert_eq!(status().await, "sent");
    let path = format!("/api/conversations/{conversation}/messages");
    let _ = api.get_as(&ben, &path).await.must_be(200);
    assert_eq!(status().await, "delivered");
    assert_eq!(
        api.call_as(&ben, "PUT", &read).await.must_be(200).json(),
        json!({})
    );
    assert_eq!(status().await, "read");
    let all = format!("/api/conversations/{conversation}/read");
    assert_eq!(
        api.call_as(&ben, "PUT", &all).await.must_be(200).json(),
        json!({})
    );
}
