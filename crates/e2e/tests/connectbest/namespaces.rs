//! The four namespaces and the one socket for all.

use oruma_e2e::{Deployment, Socket};
use oruma_test_kit::eventually;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::channels::create;
use crate::messages::say;
use crate::sockets::said;
use crate::support::{both_ways, chat, member};

both_ways!(
    a_namespace_carries_only_its_own,
    upgrades_are_refused_with_a_reason,
    a_ticket_opens_one_socket,
    nonsense_gets_an_error_and_the_socket_stays,
);

/// C-074…C-079.
async fn a_namespace_carries_only_its_own(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let mut all = Socket::chat(api.gateway(), &ben, "/ws", None).await;
    let mut messages = Socket::chat(api.gateway(), &ben, "/ws/messages", None).await;
    let mut typing = Socket::chat(api.gateway(), &ben, "/ws/typing", None).await;
    let mut presence = Socket::chat(api.gateway(), &ben, "/ws/presence", None).await;
    let mut at_ada = Socket::chat(api.gateway(), &ada, "/ws/typing", None).await;
    at_ada
        .emit("typing:start", &json!({"channelId": channel["id"]}))
        .await;
    let message = say(&api, &ada, &channel, "hello").await;
    at_ada
        .emit("typing:stop", &json!({"channelId": channel["id"]}))
        .await;
    assert_eq!(said(&mut all, "hello").await["data"], message);
    loop {
        let frame = messages.next().await;
        let event = frame["event"].as_str().expect("an event");
        let is_own = ["message:", "member:", "channel:"];
        assert!(is_own.iter().any(|own| event.starts_with(own)), "{frame}");
        if frame["data"]["id"] == message["id"] {
            break;
        }
    }
    for is_typing in [true, false] {
        let frame = typing.next().await;
        assert_eq!(
            (&frame["event"], &frame["data"]["typing"]),
            (&json!("typing:user"), &json!(is_typing))
        );
    }
    // What is not of a namespace is refused there, and nothing happens.
    for (socket, event) in [
        (&mut messages, "typing:start"),
        (&mut typing, "presence:update"),
    ] {
        let data = json!({"channelId": channel["id"], "status": "busy"});
        socket.emit(event, &data).await;
        let frame = socket.next_of("error").await;
        assert_eq!(frame["data"]["error"], "wrong_namespace");
    }
    presence
        .emit("presence:update", &json!({"status": "busy"}))
        .await;
    let path = format!("/api/users/{}", ben.id);
    eventually("the status is known", || async {
        let user = api.get_as(&ada, &path).await.must_be(200).json();
        user["user"]["status"] == "busy"
    })
    .await;
    loop {
        let frame = presence.next().await;
        assert_eq!(frame["event"], "presence:changed", "{frame}");
        if frame["data"]["userId"] == json!(ben.id) && frame["data"]["status"] == "busy" {
            break;
        }
    }
    let call = Socket::try_open_at(
        api.gateway(),
        "/connectbest/ws/call",
        &format!("token={}", ben.token),
        &[],
    )
    .await;
    assert_eq!(call.err().expect("a refusal").status, 404);
}

/// C-074: 401 and 403 with the contract's body; tokens of another contract open nothing.
async fn upgrades_are_refused_with_a_reason(deployment: &Deployment) {
    let api = chat(deployment);
    let ada = member(deployment).await;
    let on_hub = deployment.client().signed_in(&ada.person).await;
    let token = format!("token={}", ada.token);
    let foreign = [("origin", "https://evil.example")];
    for (query, headers, status, reason) in [
        ("", &[][..], 401, "missing_token"),
        ("token=nonsense", &[], 401, "invalid_token"),
        ("ticket=nonsense", &[], 401, "invalid_ticket"),
        (
            &format!("token={}", on_hub.token),
            &[],
            401,
            "invalid_token",
        ),
        (&token, &foreign[..], 403, "foreign_origin"),
        (&format!("{token}&since=x"), &[], 400, "validation_failed"),
    ] {
        let refused =
            Socket::try_open_at(api.gateway(), "/connectbest/ws/messages", query, headers).await;
        let refused = refused.err().expect("a refusal");
        assert_eq!(
            (refused.status, &refused.body["error"]),
            (status, &json!(reason))
        );
    }
    let bearer = format!("Bearer {}", ada.token);
    let header = [("authorization", bearer.as_str())];
    assert!(
        Socket::try_open_at(api.gateway(), "/connectbest/ws", "", &header)
            .await
            .is_ok()
    );
    assert!(!deployment.logs().contains(&ada.token));
}

async fn a_ticket_opens_one_socket(deployment: &Deployment) {
    let api = chat(deployment);
    let ada = member(deployment).await;
    let answer = api
        .call_as(&ada, "POST", "/api/ws/ticket")
        .await
        .must_be(200)
        .json();
    assert_eq!(answer["expiresIn"], 30);
    let query = format!("ticket={}", answer["ticket"].as_str().expect("a ticket"));
    // It is worth nothing on another contract.
    let hub = Socket::try_open(api.gateway(), &query, &[]).await;
    assert_eq!(hub.err().expect("a refusal").status, 401);
    let answer = api
        .call_as(&ada, "POST", "/api/ws/ticket")
        .await
        .must_be(200)
        .json();
    let query = format!("ticket={}", answer["ticket"].as_str().expect("a ticket"));
    assert!(
        Socket::try_open_at(api.gateway(), "/connectbest/ws", &query, &[])
            .await
            .is_ok()
    );
    let again = Socket::try_open_at(api.gateway(), "/connectbest/ws", &query, &[]).await;
    assert_eq!(again.err().expect("a refusal").status, 401);
}

async fn nonsense_gets_an_error_and_the_socket_stays(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &eve, "private", &[]).await;
    let mut socket = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    let typing = json!({"event": "typing:start", "data": {"channelId": channel["id"]}}).to_string();
    for (nonsense, reason) in [
        (Message::text("{"), "invalid_json"),
        (Message::text("[]"), "wrong_type"),
        (Message::text(r#"{"event":"dance"}"#), "validation_failed"),
        (
            Message::text(r#"{"event":"typing:start"}"#),
            "validation_failed",
        ),
        (
            Message::text(r#"{"event":"presence:update","data":{"status":"asleep"}}"#),
            "validation_failed",
        ),
        (Message::text(typing), "not_participant"),
        (Message::binary(vec![1, 2, 3]), "binary_not_supported"),
    ] {
        socket.send_raw(nonsense).await;
        let frame = socket.next_of("error").await;
        assert_eq!(frame["data"]["error"], reason, "{frame}");
    }
    socket.send_raw(Message::text(r#"{"event":"ping"}"#)).await;
    assert_eq!(socket.next_of("pong").await, json!({"event": "pong"}));
}
