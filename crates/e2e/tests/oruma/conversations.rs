//! Conversations of two.

use oruma_e2e::{Client, Deployment, Member};
use serde_json::{Value, json};

use crate::support::{both_ways, keys, refused};

both_ways!(
    a_conversation_is_made_once,
    wrong_partners_are_refused,
    conversations_come_newest_activity_first,
    strangers_see_nothing,
);

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

/// The conversation of two people.
pub(crate) async fn conversation(api: &Client, one: &Member, other: &Member) -> String {
    let body = json!({"participantId": other.id});
    let answer = api.post_as(one, "/api/conversations", &body).await;
    assert!(matches!(answer.status, 200 | 201), "{answer}");
    answer.json()["id"].as_str().expect("an id").to_owned()
}

/// Sends a message.
pub(crate) async fn say(api: &Client, sender: &Member, receiver: &Member, text: &str) -> Value {
    let body = json!({"receiverId": receiver.id, "content": text});
    let answer = api.post_as(sender, "/api/messages", &body).await;
    answer.must_be(201).json()["message"].clone()
}

async fn listed(api: &Client, member: &Member) -> Vec<Value> {
    let answer = api
        .get_as(member, "/api/conversations")
        .await
        .must_be(200)
        .json();
    answer["conversations"].as_array().expect("a list").clone()
}

/// O-057, O-182: 201 for a new one, 200 with the same one from then on, from either side.
async fn a_conversation_is_made_once(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    let body = json!({"participantId": ben.id});
    let made = api
        .post_as(&ada, "/api/conversations", &body)
        .await
        .must_be(201)
        .json();
    assert_eq!(
        keys(&made),
        ["id", "participants", "unreadCount", "updatedAt"],
        "{made}"
    );
    assert_eq!(made["participants"], json!([ada.id, ben.id]));
    assert_eq!(made["unreadCount"], 0);
    let again = api
        .post_as(&ada, "/api/conversations", &body)
        .await
        .must_be(200)
        .json();
    assert_eq!(again["id"], made["id"]);
    let body = json!({"participantId": ada.id});
    let mirrored = api
        .post_as(&ben, "/api/conversations", &body)
        .await
        .must_be(200)
        .json();
    assert_eq!(mirrored["id"], made["id"]);
}

/// O-057: oneself is a 400, nobody a 404.
async fn wrong_partners_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let create = async |body: Value| api.post_as(member, "/api/conversations", &body).await;
    let answer = create(json!({"participantId": member.id})).await;
    refused(&answer, 400, "validation_failed", &["participantId"]);
    let answer = create(json!({})).await;
    refused(&answer, 400, "validation_failed", &["participantId"]);
    for unknown in [NOBODYS, "nonsense"] {
        let answer = create(json!({"participantId": unknown})).await;
        refused(&answer, 404, "user_not_found", &[]);
    }
    let answer = create(json!({"participantId": 7})).await;
    refused(&answer, 422, "wrong_type", &["participantId"]);
    let answer = api.post("/api/conversations", &json!({})).send().await;
    assert_eq!(answer.status, 401, "{answer}");
}

/// O-056, O-130: with the last message and how many are unread.
async fn conversations_come_newest_activity_first(deployment: &Deployment) {
    let api = deployment.client();
    let ada = api.newcomer().await;
    let (ben, cleo) = (api.newcomer().await, api.newcomer().await);
    say(&api, &ben, &ada, "first").await;
    say(&api, &cleo, &ada, "second").await;
    say(&api, &ben, &ada, "third").await;
    let conversations = listed(&api, &ada).await;
    assert_eq!(conversations.len(), 2);
    assert_eq!(conversations[0]["lastMessage"]["content"], "third");
    assert_eq!(conversations[0]["unreadCount"], 2);
    assert_eq!(conversations[1]["lastMessage"]["content"], "second");
    let page = api
        .get_as(&ada, "/api/conversations?limit=1")
        .await
        .must_be(200)
        .json();
    assert_eq!(page["hasMore"], true, "{page}");
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let path = format!("/api/conversations?limit=1&cursor={cursor}");
    let page = api.get_as(&ada, &path).await.must_be(200).json();
    assert_eq!(page["conversations"][0]["id"], conversations[1]["id"]);
    let broken = api.get_as(&ada, "/api/conversations?cursor=broken").await;
    refused(&broken, 400, "validation_failed", &["cursor"]);
}

/// O-058, O-061: 403 for a stranger, 404 where there is nothing.
async fn strangers_see_nothing(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, eve) = (
        api.newcomer().await,
        api.newcomer().await,
        api.newcomer().await,
    );
    let id = conversation(&api, &ada, &ben).await;
    for (method, path) in [("GET", "messages"), ("PUT", "read")] {
        let at = |id: &str| format!("/api/conversations/{id}/{path}");
        let answer = api.call_as(&eve, method, &at(&id)).await;
        refused(&answer, 403, "not_participant", &[]);
        for unknown in [NOBODYS, "nonsense"] {
            let answer = api.call_as(&eve, method, &at(unknown)).await;
            refused(&answer, 404, "conversation_not_found", &[]);
        }
    }
    assert!(listed(&api, &eve).await.is_empty());
}
