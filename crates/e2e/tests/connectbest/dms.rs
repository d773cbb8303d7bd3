//! Direct conversations, within the contract and across two.

use oruma_e2e::{Deployment, Member, Socket};
use serde_json::{Value, json};

use crate::channels::id;
use crate::messages::say;
use crate::support::{both_ways, chat, keys, member, refused};

both_ways!(
    a_direct_conversation_has_the_fields_of_the_contract,
    one_person_speaks_two_contracts,
    what_only_the_chat_has_does_not_disturb_the_hub,
);

async fn open(deployment: &Deployment, by: &Member, with: &Member) -> Value {
    let api = chat(deployment);
    let answer = api
        .post_as(by, "/api/dms", &json!({"userId": with.id}))
        .await;
    answer.must_be(200).json()["dm"].clone()
}

/// C-063, C-064, C-069, C-177.
async fn a_direct_conversation_has_the_fields_of_the_contract(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let ada = api.signed_in(&ada.person).await;
    let dm = open(deployment, &ada, &ben).await;
    assert_eq!(
        keys(&dm),
        [
            "createdAt",
            "id",
            "lastMessage",
            "participants",
            "unreadCount"
        ]
    );
    let of = |who: &Member, status: &str| json!({"userId": who.id, "name": who.person.name, "avatar": null, "status": status});
    // Only one of them has signed in.
    let both = [of(&ada, "online"), of(&ben, "offline")];
    assert_eq!(dm["participants"], json!(both));
    assert_eq!(
        (&dm["lastMessage"], &dm["unreadCount"]),
        (&Value::Null, &json!(0))
    );
    assert_eq!(
        open(deployment, &ben, &ada).await["id"],
        dm["id"],
        "there is one for both"
    );
    let message = say(&api, &ada, &dm, "hello").await;
    let listed = api.get_as(&ben, "/api/dms").await.must_be(200).json()["dms"].clone();
    assert_eq!(listed.as_array().expect("a list").len(), 1);
    assert_eq!(
        keys(&listed[0]),
        [
            "createdAt",
            "id",
            "lastMessage",
            "participant",
            "unreadCount"
        ]
    );
    assert_eq!(listed[0]["participant"], of(&ada, "online"));
    assert_eq!(
        (&listed[0]["lastMessage"], &listed[0]["unreadCount"]),
        (&message, &json!(1))
    );
    let path = format!("/api/chat/channels/{}/messages", id(&dm));
    let page = api.get_as(&ben, &path).await.must_be(200).json();
    assert_eq!(page["messages"], json!([message]));
    let listed = api.get_as(&ben, "/api/dms").await.must_be(200).json();
    assert_eq!(listed["dms"][0]["unreadCount"], 0);
    let stranger = member(deployment).await;
    refused(
        &api.get_as(&stranger, &path).await,
        403,
        "not_participant",
        &[],
    );
    refused(
        &api.post_as(&ada, "/api/dms", &json!({})).await,
        400,
        "validation_failed",
        &["userId"],
    );
    let alone = api
        .post_as(&ada, "/api/dms", &json!({"userId": ada.id}))
        .await;
    refused(&alone, 400, "validation_failed", &["userId"]);
    let nobody = json!({"userId": "00000000-0000-7000-8000-000000000000"});
    refused(
        &api.post_as(&ada, "/api/dms", &nobody).await,
        404,
        "user_not_found",
        &[],
    );
}

/// One account signs in on both with the same password, and what is said on one arrives on the other.
async fn one_person_speaks_two_contracts(deployment: &Deployment) {
    let (hub, api) = (deployment.client(), chat(deployment));
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let on_hub = hub.signed_in(&ada.person).await;
    assert_eq!(on_hub.id, ada.id);
    let mut at_hub = Socket::open(hub.gateway(), &on_hub).await;
    let mut at_chat = Socket::chat(api.gateway(), &ben, "/ws", None).await;
    let body = json!({"receiverId": ben.id, "content": "from the hub"});
    let sent = hub
        .post_as(&on_hub, "/api/messages", &body)
        .await
        .must_be(201)
        .json();
    let frame = at_chat.next_of("message:new").await;
    assert_eq!(frame["data"]["id"], sent["message"]["id"]);
    assert_eq!(
        frame["data"]["channelId"],
        sent["message"]["conversationId"]
    );
    let author = json!({"id": ada.id, "name": ada.person.name, "avatar": null});
    assert_eq!(
        (&frame["data"]["content"], &frame["data"]["user"]),
        (&json!("from the hub"), &author)
    );
    let dm = json!({"id": frame["data"]["channelId"]});
    let answer = say(&api, &ben, &dm, "from the chat").await;
    let frame = at_hub.next_of("message_received").await;
    let message = &frame["data"]["message"];
    assert_eq!(
        (&message["id"], &message["content"]),
        (&answer["id"], &json!("from the chat"))
    );
    assert_eq!(
        at_chat.next_of("message:new").await["data"],
        answer,
        "the sender hears its own"
    );
    // Typing, too.
    let data = json!({"conversationId": dm["id"], "isTyping": true});
    at_hub.send("user_typing", &data).await;
    let expected = json!({"channelId": dm["id"], "userId": ada.id, "userName": ada.person.name, "typing": true});
    assert_eq!(at_chat.next_of("typing:user").await["data"], expected);
    at_chat
        .emit("typing:start", &json!({"channelId": dm["id"]}))
        .await;
    let expected = json!({"userId": ben.id, "conversationId": dm["id"], "isTyping": true});
    assert_eq!(at_hub.next_of("user_typing").await["data"], expected);
}

/// K-20: the hub has no frames for edits, reactions and channels, and goes on as if there were none.
async fn what_only_the_chat_has_does_not_disturb_the_hub(deployment: &Deployment) {
    let (hub, api) = (deployment.client(), chat(deployment));
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let on_hub = hub.signed_in(&ada.person).await;
    let mut at_hub = Socket::open(hub.gateway(), &on_hub).await;
    let dm = open(deployment, &ben, &ada).await;
    let channel = crate::channels::create(&api, &ben, "private", &[&ada]).await;
    say(&api, &ben, &channel, "in the channel").await;
    let message = say(&api, &ben, &dm, "one").await;
    let path = crate::messages::of(&dm, &message);
    let _ = crate::channels::put(&api, &ben, &path, &json!({"content": "changed"}))
        .await
        .must_be(200);
    let reactions = format!("{path}/reactions");
    let _ = api
        .post_as(&ada, &reactions, &json!({"emoji": "👍"}))
        .await
        .must_be(200);
    say(&api, &ben, &dm, "two").await;
    // The frames have one order, so that what would have come between has not.
    let mut told = Vec::new();
    while told.last() != Some(&json!("two")) {
        let frame = at_hub.next().await;
        if frame["seq"].is_number() {
            assert_eq!(frame["type"], "message_received", "{frame}");
            told.push(frame["data"]["message"]["content"].clone());
        }
    }
    assert_eq!(told, ["one", "two"]);
    let path = format!("/api/conversations/{}/messages", id(&dm));
    let page = hub.get_as(&on_hub, &path).await.must_be(200).json();
    assert_eq!(page["messages"][1]["content"], "changed");
}
