//! Messages of channels: sent, read, changed, removed, answered and felt about.

use oruma_e2e::{Client, Deployment, Member};
use oruma_service_runtime::Clock;
use serde_json::{Value, json};

use crate::channels::{at, create, id, put};
use crate::support::{both_ways, chat, keys, member, refused};

both_ways!(
    a_message_has_the_fields_of_the_contract,
    messages_come_newest_first_page_by_page,
    wrong_messages_are_refused,
    only_authors_edit,
    authors_and_administrators_delete,
    a_thread_is_read_with_its_beginning,
    everybody_has_one_reaction,
    a_message_for_later_waits,
    a_repetition_sends_nothing_twice,
);

/// Says something in a channel.
pub(crate) async fn say(api: &Client, by: &Member, channel: &Value, content: &str) -> Value {
    send(api, by, channel, &json!({"content": content})).await
}

async fn send(api: &Client, by: &Member, channel: &Value, body: &Value) -> Value {
    let path = format!("{}/messages/send", at(channel));
    let answer = api.post_as(by, &path, body).await;
    answer.must_be(201).json()["message"].clone()
}

/// Where a message is.
pub(crate) fn of(channel: &Value, message: &Value) -> String {
    format!("{}/messages/{}", at(channel), id(message))
}

async fn page(api: &Client, by: &Member, channel: &Value, query: &str) -> Value {
    let path = format!("{}/messages?{query}", at(channel));
    api.get_as(by, &path).await.must_be(200).json()
}

fn contents(page: &Value) -> Vec<&str> {
    let messages = page["messages"].as_array().expect("a list");
    let texts = messages.iter().filter(|one| one["type"] == "text");
    texts
        .map(|one| one["content"].as_str().expect("a text"))
        .collect()
}

/// Two people and their channel.
async fn pair(deployment: &Deployment) -> (Client, Member, Member, Value) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    (api, ada, ben, channel)
}

/// C-025, C-193: every field is there, also where there is nothing to say.
async fn a_message_has_the_fields_of_the_contract(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    let message = say(&api, &ada, &channel, "<script> & ü").await;
    let fields = [
        "attachments",
        "channelId",
        "content",
        "createdAt",
        "editedAt",
        "id",
        "isEdited",
        "isPinned",
        "linkPreview",
        "parentMessageId",
        "reactions",
        "scheduledFor",
        "threadCount",
        "type",
        "user",
        "userId",
        "voiceNote",
    ];
    assert_eq!(keys(&message), fields);
    let user = json!({"id": ada.id, "name": ada.person.name, "avatar": null});
    for (name, value) in [
        ("channelId", channel["id"].clone()),
        ("content", json!("<script> & ü")),
        ("userId", json!(ada.id)),
        ("user", user),
        ("attachments", json!([])),
        ("reactions", json!([])),
        ("threadCount", json!(0)),
        ("isPinned", json!(false)),
        ("isEdited", json!(false)),
        ("editedAt", Value::Null),
        ("linkPreview", Value::Null),
        ("scheduledFor", Value::Null),
        ("voiceNote", Value::Null),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    let listed = page(&api, &ben, &channel, "limit=1").await;
    assert_eq!(listed["messages"], json!([message]));
}

/// C-024, C-138.
async fn messages_come_newest_first_page_by_page(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    for count in 0..7 {
        say(&api, &ada, &channel, &count.to_string()).await;
    }
    let newest = page(&api, &ben, &channel, "limit=3").await;
    assert_eq!(
        (contents(&newest), &newest["hasMore"]),
        (vec!["6", "5", "4"], &json!(true))
    );
    let last = id(&newest["messages"][2]);
    let before = page(&api, &ben, &channel, &format!("limit=2&before={last}")).await;
    assert_eq!(
        (contents(&before), &before["hasMore"]),
        (vec!["3", "2"], &json!(true))
    );
    let from = id(&before["messages"][0]);
    let after = page(&api, &ben, &channel, &format!("limit=2&after={from}")).await;
    assert_eq!(
        (contents(&after), &after["hasMore"]),
        (vec!["5", "4"], &json!(true))
    );
    let end = page(&api, &ben, &channel, &format!("after={from}")).await;
    assert_eq!(
        (contents(&end), &end["hasMore"]),
        (vec!["6", "5", "4"], &json!(false))
    );
    let path = format!("{}/messages?before=nonsense", at(&channel));
    assert_eq!(api.get_as(&ben, &path).await.status, 400);
    let path = format!("{}/messages?limit=0", at(&channel));
    refused(
        &api.get_as(&ben, &path).await,
        400,
        "validation_failed",
        &["limit"],
    );
}

/// C-144.
async fn wrong_messages_are_refused(deployment: &Deployment) {
    let (api, ada, _, channel) = pair(deployment).await;
    let path = format!("{}/messages/send", at(&channel));
    let send = async |body: Value| api.post_as(&ada, &path, &body).await;
    for content in ["", "   ", &"x".repeat(5_001)] {
        refused(
            &send(json!({"content": content})).await,
            400,
            "validation_failed",
            &["content"],
        );
    }
    refused(
        &send(json!({})).await,
        400,
        "validation_failed",
        &["content"],
    );
    let wrong = json!({"content": "x", "scheduledFor": "tomorrow"});
    refused(
        &send(wrong).await,
        400,
        "validation_failed",
        &["scheduledFor"],
    );
    let nowhere = json!({"content": "x", "parentMessageId": channel["id"]});
    refused(&send(nowhere).await, 404, "message_not_found", &[]);
    assert_eq!(send(json!({"content": 7})).await.status, 422);
}

/// C-026, C-146.
async fn only_authors_edit(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    let message = say(&api, &ben, &channel, "first").await;
    let path = of(&channel, &message);
    let change = json!({"content": "second"});
    refused(
        &put(&api, &ada, &path, &change).await,
        403,
        "not_message_author",
        &[],
    );
    let edited = put(&api, &ben, &path, &change).await.must_be(200).json()["message"].clone();
    assert_eq!(
        (&edited["content"], &edited["isEdited"]),
        (&json!("second"), &json!(true))
    );
    assert!(edited["editedAt"].is_string());
    refused(
        &put(&api, &ben, &path, &json!({"content": ""})).await,
        400,
        "validation_failed",
        &["content"],
    );
    // The message belongs to its channel, and to no other.
    let other = create(&api, &ben, "private", &[]).await;
    let elsewhere = of(&other, &message);
    refused(
        &put(&api, &ben, &elsewhere, &change).await,
        404,
        "message_not_found",
        &[],
    );
}

/// C-027, C-147: what is gone is nowhere any more.
async fn authors_and_administrators_delete(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    let mine = say(&api, &ada, &channel, "of the administrator").await;
    let theirs = say(&api, &ben, &channel, "of a member").await;
    let refusal = api.call_as(&ben, "DELETE", &of(&channel, &mine)).await;
    refused(&refusal, 403, "not_message_author", &[]);
    let deleted = api.call_as(&ada, "DELETE", &of(&channel, &theirs)).await;
    assert_eq!(deleted.must_be(200).json(), json!({"success": true}));
    assert_eq!(
        contents(&page(&api, &ben, &channel, "").await),
        ["of the administrator"]
    );
    let again = api.call_as(&ada, "DELETE", &of(&channel, &theirs)).await;
    refused(&again, 404, "message_not_found", &[]);
    let react = format!("{}/reactions", of(&channel, &theirs));
    let reacted = api.post_as(&ada, &react, &json!({"emoji": "👍"})).await;
    refused(&reacted, 404, "message_not_found", &[]);
}

/// C-032, C-143, C-150.
async fn a_thread_is_read_with_its_beginning(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    let parent = say(&api, &ada, &channel, "a question").await;
    for answer in ["one", "two"] {
        let body = json!({"content": answer, "parentMessageId": parent["id"]});
        let reply = send(&api, &ben, &channel, &body).await;
        assert_eq!(reply["parentMessageId"], parent["id"]);
    }
    let path = format!("{}/thread", of(&channel, &parent));
    let answer = api.get_as(&ada, &path).await.must_be(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let thread = answer.json();
    assert_eq!(keys(&thread), ["parentMessage", "replies", "total"]);
    assert_eq!(
        (&thread["parentMessage"]["id"], &thread["total"]),
        (&parent["id"], &json!(2))
    );
    assert_eq!(thread["parentMessage"]["threadCount"], 2);
    let replies = thread["replies"].as_array().expect("a list");
    let texts: Vec<_> = replies.iter().map(|one| &one["content"]).collect();
    assert_eq!(texts, ["one", "two"]);
    // Of the channel itself they are no part.
    assert_eq!(
        contents(&page(&api, &ada, &channel, "").await),
        ["a question"]
    );
    let stranger = member(deployment).await;
    refused(
        &api.get_as(&stranger, &path).await,
        403,
        "not_participant",
        &[],
    );
}

/// C-028, C-029, C-148.
async fn everybody_has_one_reaction(deployment: &Deployment) {
    let (api, ada, ben, channel) = pair(deployment).await;
    let message = say(&api, &ada, &channel, "well?").await;
    let path = format!("{}/reactions", of(&channel, &message));
    for emoji in ["👍", "🎉"] {
        let answer = api.post_as(&ben, &path, &json!({"emoji": emoji})).await;
        let reaction = answer.must_be(200).json()["reaction"].clone();
        assert_eq!(
            keys(&reaction),
            ["createdAt", "emoji", "messageId", "userId", "userName"]
        );
        assert_eq!(
            (&reaction["messageId"], &reaction["emoji"]),
            (&message["id"], &json!(emoji))
        );
    }
    let felt =
        async || page(&api, &ada, &channel, "limit=1").await["messages"][0]["reactions"].clone();
    assert_eq!(
        felt().await,
        json!([{"emoji": "🎉", "userId": ben.id, "userName": ben.person.name}])
    );
    for nonsense in ["", "x", "👍👍", ":smile:"] {
        let answer = api.post_as(&ben, &path, &json!({"emoji": nonsense})).await;
        refused(&answer, 400, "validation_failed", &["emoji"]);
    }
    for _ in 0..2 {
        let gone = api.call_as(&ben, "DELETE", &path).await.must_be(200).json();
        assert_eq!(gone, json!({"success": true}));
    }
    assert_eq!(felt().await, json!([]));
    let stranger = member(deployment).await;
    let answer = api.post_as(&stranger, &path, &json!({"emoji": "👍"})).await;
    refused(&answer, 403, "not_participant", &[]);
}

/// C-142: it says when, and is not yet there.
async fn a_message_for_later_waits(deployment: &Deployment) {
    let (api, ada, _, channel) = pair(deployment).await;
    let time =
        (Clock::system().now() + chrono::TimeDelta::hours(1)).format("%Y-%m-%dT%H:%M:%S.000Z");
    let body = json!({"content": "later", "scheduledFor": time.to_string()});
    let message = send(&api, &ada, &channel, &body).await;
    assert_eq!(message["scheduledFor"], time.to_string());
    assert!(contents(&page(&api, &ada, &channel, "").await).is_empty());
}

async fn a_repetition_sends_nothing_twice(deployment: &Deployment) {
    let (api, ada, _, channel) = pair(deployment).await;
    let path = format!("{}/messages/send", at(&channel));
    let send = async |content: &str| {
        let call = api.post(&path, &json!({"content": content}));
        let call = call.bearer(&ada.token).header("idempotency-key", "once");
        call.send().await
    };
    let first = send("hello").await.must_be(201).json();
    assert_eq!(send("hello").await.must_be(201).json(), first);
    assert_eq!(send("other").await.status, 422);
    assert_eq!(contents(&page(&api, &ada, &channel, "").await), ["hello"]);
}
