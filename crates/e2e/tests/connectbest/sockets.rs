//! What is told over sockets: to whom, in which order, and after what.

use oruma_e2e::{Deployment, Socket};
use serde_json::{Value, json};

use crate::channels::{add, at, create, put};
use crate::messages::{of, say};
use crate::support::{both_ways, chat, member};

both_ways!(
    what_happens_to_messages_is_told,
    joining_and_leaving_take_effect_on_open_sockets,
    a_closed_channel_is_told_and_tells_nothing_more,
    what_was_missed_is_told_after_a_reconnect,
    typing_is_told_and_ends,
    signing_out_closes,
);

/// The next frame of some events, others are passed over.
async fn next_in(socket: &mut Socket, channel: &Value) -> Value {
    loop {
        let frame = socket.next().await;
        let data = &frame["data"];
        if frame["seq"].is_number() && data["channelId"] == channel["id"] {
            return frame;
        }
    }
}

/// The events of a channel until somebody says a word, with what was said.
async fn until(socket: &mut Socket, channel: &Value, word: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let frame = next_in(socket, channel).await;
        let event = frame["event"].as_str().expect("an event").to_owned();
        let content = frame["data"]["content"].as_str().unwrap_or_default();
        all.push(format!("{event} {content}").trim().to_owned());
        if content == word {
            return all;
        }
    }
}

/// The frame of a message with that text.
pub(crate) async fn said(socket: &mut Socket, content: &str) -> Value {
    loop {
        let frame = socket.next_of("message:new").await;
        if frame["data"]["content"] == content {
            return frame;
        }
    }
}

/// C-097…C-101: with the objects that REST shows, to the sender too.
async fn what_happens_to_messages_is_told(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let mut at_ada = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws/messages", None).await;
    let sent = say(&api, &ada, &channel, "first").await;
    let path = of(&channel, &sent);
    let edited = put(&api, &ada, &path, &json!({"content": "second"})).await;
    let edited = edited.must_be(200).json()["message"].clone();
    let reactions = format!("{path}/reactions");
    let reaction = api.post_as(&ben, &reactions, &json!({"emoji": "👍"})).await;
    let reaction = reaction.must_be(200).json()["reaction"].clone();
    let _ = api.call_as(&ben, "DELETE", &reactions).await.must_be(200);
    let _ = api.call_as(&ada, "DELETE", &path).await.must_be(200);
    for socket in [&mut at_ada, &mut at_ben] {
        assert_eq!(said(socket, "first").await["data"], sent);
        assert_eq!(socket.next_of("message:updated").await["data"], edited);
        let place = json!({"messageId": sent["id"], "channelId": channel["id"]});
        for event in ["message:reaction", "message:reaction-removed"] {
            let data = socket.next_of(event).await["data"].clone();
            assert_eq!(data["messageId"], place["messageId"]);
            assert_eq!(data["channelId"], place["channelId"]);
            assert_eq!(data["reaction"], reaction);
        }
        assert_eq!(socket.next_of("message:deleted").await["data"], place);
    }
}

/// Whoever is added hears what comes from there on, whoever is removed nothing more; both are told.
async fn joining_and_leaving_take_effect_on_open_sockets(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[]).await;
    let other = create(&api, &ada, "private", &[&eve]).await;
    let mut sockets = [
        Socket::chat(api.gateway(), &eve, "/ws/messages", None).await,
        Socket::chat(api.gateway(), &eve, "/ws/messages", None).await,
    ];
    say(&api, &ada, &channel, "before").await;
    let _ = add(&api, &ada, &channel, &[&eve]).await.must_be(200);
    say(&api, &ada, &channel, "between").await;
    let path = format!("{}/members/{}", at(&channel), eve.id);
    let _ = api.call_as(&ada, "DELETE", &path).await.must_be(200);
    say(&api, &ada, &channel, "after").await;
    // Conversations have orders of their own: when this one goes on a while later, what was not told in the other will not be.
    let _ = add(&api, &ada, &channel, &[&eve]).await.must_be(200);
    say(&api, &ada, &channel, "again").await;
    for socket in &mut sockets {
        let told = until(socket, &channel, "again").await;
        let texts: Vec<&String> = told
            .iter()
            .filter(|one| !one.contains("the channel"))
            .collect();
        assert_eq!(
            texts,
            [
                "member:joined",
                "message:new between",
                "member:left",
                "member:joined",
                "message:new again"
            ],
            "{told:?}"
        );
    }
    say(&api, &ada, &other, "still here").await;
    for socket in &mut sockets {
        assert_eq!(
            until(socket, &other, "still here")
                .await
                .last()
                .expect("some"),
            "message:new still here"
        );
    }
}

async fn a_closed_channel_is_told_and_tells_nothing_more(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws/messages", None).await;
    let change = json!({"description": "soon gone"});
    let _ = put(&api, &ada, &at(&channel), &change).await.must_be(200);
    let data = at_ben.next_of("channel:updated").await["data"].clone();
    let expected = json!({"channelId": channel["id"], "name": channel["name"], "description": "soon gone", "type": "private"});
    assert_eq!(data, expected);
    let _ = api
        .call_as(&ada, "DELETE", &at(&channel))
        .await
        .must_be(200);
    let frame = at_ben.next_of("channel:deleted").await;
    assert_eq!(frame["data"], json!({"channelId": channel["id"]}));
}

/// Each once and in order, also what was said in channels, and only while one took part.
async fn what_was_missed_is_told_after_a_reconnect(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws", None).await;
    say(&api, &ada, &channel, "seen").await;
    until(&mut at_ben, &channel, "seen").await;
    let since = at_ben.seq;
    drop(at_ben);
    for count in 0..30 {
        say(&api, &ada, &channel, &format!("missed {count}")).await;
    }
    let path = format!("{}/members/{}", at(&channel), ben.id);
    let _ = api.call_as(&ada, "DELETE", &path).await.must_be(200);
    say(&api, &ada, &channel, "not for ben").await;
    let _ = add(&api, &ada, &channel, &[&ben]).await.must_be(200);
    say(&api, &ada, &channel, "welcome back").await;
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws", Some(since)).await;
    let told = until(&mut at_ben, &channel, "welcome back").await;
    let said = told
        .iter()
        .filter(|one| one.starts_with("message:new missed"));
    let expected: Vec<String> = (0..30)
        .map(|count| format!("message:new missed {count}"))
        .collect();
    assert_eq!(said.cloned().collect::<Vec<_>>(), expected);
    assert!(
        !told.iter().any(|one| one.contains("not for ben")),
        "{told:?}"
    );
    assert!(told.contains(&"member:left".to_owned()) && told.contains(&"member:joined".to_owned()));
    // What is too long ago can't be told.
    let mut late = Socket::chat(api.gateway(), &ben, "/ws", Some(7)).await;
    let frame = late.next_of("connection:reload").await;
    assert_eq!(frame["data"], json!({"reason": "expired"}));
}

/// C-092…C-094, C-158…C-160.
async fn typing_is_told_and_ends(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let data = json!({"channelId": channel["id"]});
    let mut at_ada = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws/typing", None).await;
    let mut at_eve = Socket::chat(api.gateway(), &eve, "/ws/typing", None).await;
    let expected = |typing: bool| json!({"channelId": channel["id"], "userId": ada.id, "userName": ada.person.name, "typing": typing});
    // It ends by itself,
    at_ada.emit("typing:start", &data).await;
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(true));
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(false));
    // when the writer says so,
    at_ada.emit("typing:start", &data).await;
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(true));
    at_ada.emit("typing:stop", &data).await;
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(false));
    // and with the writer's socket.
    at_ada.emit("typing:start", &data).await;
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(true));
    drop(at_ada);
    assert_eq!(at_ben.next_of("typing:user").await["data"], expected(false));
    // A stranger has heard nothing of it, and is not heard.
    at_eve.emit("typing:start", &data).await;
    assert_eq!(at_eve.next().await["data"]["error"], "not_participant");
}

/// C-006: those of that sign-in, and no others.
async fn signing_out_closes(deployment: &Deployment) {
    let api = chat(deployment);
    let ada = member(deployment).await;
    let other = api.signed_in(&ada.person).await;
    let mut socket = Socket::chat(api.gateway(), &ada, "/ws/presence", None).await;
    let mut stays = Socket::chat(api.gateway(), &other, "/ws", None).await;
    let _ = api
        .call_as(&ada, "POST", "/api/auth/logout")
        .await
        .must_be(200);
    assert_eq!(socket.closed().await, Some(4401));
    stays.emit("ping", &Value::Null).await;
    stays.next_of("pong").await;
}
