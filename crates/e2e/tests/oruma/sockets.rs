//! The socket: what is told, to whom, once, and after what.

use std::time::{Duration, Instant};

use futures::future::join_all;
use oruma_e2e::{Deployment, Member, Socket};
use oruma_service_runtime::Clock;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::Message;

use crate::conversations::{conversation, say};
use crate::posts::{text, written};
use crate::support::{both_ways, claims, keys};

both_ways!(
    messages_and_read_marks_arrive,
    typing_arrives_and_ends_by_itself,
    presence_reaches_those_who_have_a_conversation,
    posts_reach_the_university,
    commands_are_answered_by_the_broadcast,
    nonsense_gets_an_error_and_the_socket_stays,
    what_is_too_large_closes,
    upgrades_are_refused_with_a_reason,
    a_ticket_opens_one_socket,
    signing_out_closes,
    what_was_missed_is_told_after_a_reconnect,
    a_cursor_that_is_too_old_is_told_to_reload,
    a_received_message_counts_as_delivered,
    a_flood_of_typing_harms_nobody,
);

/// How long nothing is waited for.
const A_WHILE: Duration = Duration::from_millis(700);

/// Two people, each on a gateway of its own where there are two.
async fn pair(deployment: &Deployment) -> (Member, Member, Socket, Socket) {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    let at_ada = Socket::open(api.gateway(), &ada).await;
    let at_ben = Socket::open(api.gateway(), &ben).await;
    (ada, ben, at_ada, at_ben)
}

/// O-093, O-094: over two gateways, and soon.
async fn messages_and_read_marks_arrive(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, mut at_ada, mut at_ben) = pair(deployment).await;
    let mut took = Vec::new();
    for count in 0..20 {
        let began = Instant::now();
        let sent = say(&api, &ada, &ben, &count.to_string()).await;
        let frame = at_ben.next_of("message_received").await;
        took.push(began.elapsed());
        assert_eq!(keys(&frame), ["data", "seq", "type"], "{frame}");
        assert_eq!(frame["data"], json!({"message": sent}));
    }
    took.sort_unstable();
    assert!(took[10] < Duration::from_millis(500), "{took:?}");
    let id = conversation(&api, &ada, &ben).await;
    let last = api
        .get_as(&ben, &format!("/api/conversations/{id}/messages?limit=1"))
        .await
        .must_be(200)
        .json()["messages"][0]["id"]
        .clone();
    at_ben
        .send(
            "message_read",
            &json!({"messageId": last, "conversationId": id}),
        )
        .await;
    let frame = at_ada.next_of("message_read").await;
    let data = json!({"messageId": last, "conversationId": id, "readBy": ben.id});
    assert_eq!(frame["data"], data);
    // The sender does not hear its own message, nor the reader its own mark.
    assert!(
        at_ada
            .all_within("message_received", A_WHILE)
            .await
            .is_empty()
    );
    assert!(at_ben.all_within("message_read", A_WHILE).await.is_empty());
}

/// O-095, O-175, O-211: the writer gets no echo; after three seconds it is over.
async fn typing_arrives_and_ends_by_itself(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, mut at_ada, mut at_ben) = pair(deployment).await;
    let id = conversation(&api, &ada, &ben).await;
    let began = Instant::now();
    at_ada
        .send(
            "user_typing",
            &json!({"conversationId": id, "isTyping": true}),
        )
        .await;
    let data =
        |is_typing: bool| json!({"userId": ada.id, "conversationId": id, "isTyping": is_typing});
    assert_eq!(at_ben.next_of("user_typing").await["data"], data(true));
    assert_eq!(at_ben.next_of("user_typing").await["data"], data(false));
    assert!(
        began.elapsed() >= Duration::from_millis(2_900),
        "{:?}",
        began.elapsed()
    );
    assert!(at_ada.all_within("user_typing", A_WHILE).await.is_empty());
    let eve = api.newcomer().await;
    let mut at_eve = Socket::open(api.gateway(), &eve).await;
    at_eve
        .send(
            "user_typing",
            &json!({"conversationId": id, "isTyping": true}),
        )
        .await;
    assert_eq!(
        at_eve.next_of("error").await["data"]["error"],
        "not_participant"
    );
    assert!(at_ben.all_within("user_typing", A_WHILE).await.is_empty());
}

/// O-096, O-097.
async fn presence_reaches_those_who_have_a_conversation(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, eve) = (
        api.newcomer().await,
        api.newcomer().await,
        api.newcomer().await,
    );
    conversation(&api, &ada, &ben).await;
    let mut at_ada = Socket::open(api.gateway(), &ada).await;
    let mut at_eve = Socket::open(api.gateway(), &eve).await;
    let mut at_ben = Socket::open(api.gateway(), &ben).await;
    let online = at_ada.next_of("user_online").await;
    assert_eq!(online["data"], json!({"userId": ben.id, "isOnline": true}));
    // Whoever comes later learns who is there.
    let online = at_ben.next_of("user_online").await;
    assert_eq!(online["data"], json!({"userId": ada.id, "isOnline": true}));
    drop(at_ben);
    let began = Instant::now();
    let offline = at_ada.next_of("user_offline").await;
    assert!(
        began.elapsed() >= Duration::from_secs(9),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(offline["data"]["userId"], json!(ben.id));
    assert_eq!(offline["data"]["isOnline"], false);
    assert!(offline["data"]["lastSeen"].is_string());
    assert!(at_eve.all_within("user_online", A_WHILE).await.is_empty());
}

/// O-098…O-102: with the objects that REST shows.
async fn posts_reach_the_university(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, _at_ada, mut at_ben) = pair(deployment).await;
    let post = written(&api, &ada, "breaking #news").await;
    let id = text(&post, "id").to_owned();
    let mine = async |socket: &mut Socket, name: &str| loop {
        let frame = socket.next_of(name).await;
        let of = &frame["data"];
        if of["postId"] == json!(id) || of["post"]["id"] == json!(id) {
            return frame;
        }
    };
    let frame = mine(&mut at_ben, "new_post").await;
    assert_eq!(frame["data"]["post"], post);
    let path = format!("/api/posts/{id}/like");
    let _ = api.call_as(&ben, "POST", &path).await.must_be(200);
    let frame = mine(&mut at_ben, "post_liked").await;
    assert_eq!(
        frame["data"],
        json!({"postId": id, "userId": ben.id, "likesCount": 1})
    );
    let path = format!("/api/posts/{id}/comments");
    let comment = api.post_as(&ben, &path, &json!({"content": "well"})).await;
    let comment = comment.must_be(201).json()["comment"].clone();
    let frame = mine(&mut at_ben, "post_commented").await;
    assert_eq!(
        frame["data"],
        json!({"postId": id, "userId": ben.id, "comment": comment})
    );
    let path = format!("/api/posts/{id}/save");
    let _ = api.call_as(&ben, "POST", &path).await.must_be(200);
    let frame = mine(&mut at_ben, "post_saved").await;
    assert_eq!(frame["data"], json!({"postId": id, "userId": ben.id}));
}

/// O-091, O-092, O-103.
async fn commands_are_answered_by_the_broadcast(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, _ben, mut at_ada, _at_ben) = pair(deployment).await;
    let id = text(&written(&api, &ada, "like me").await, "id").to_owned();
    for (command, count) in [("post_liked", 1), ("post_unliked", 0)] {
        at_ada.send(command, &json!({"postId": id})).await;
        loop {
            let frame = at_ada.next_of(command).await;
            if frame["data"]["postId"] == json!(id) {
                assert_eq!(frame["data"]["likesCount"], count);
                break;
            }
        }
    }
    at_ada.send_raw(Message::text(r#"{"type":"ping"}"#)).await;
    assert_eq!(at_ada.next_of("pong").await, json!({"type": "pong"}));
    at_ada.send("post_liked", &json!({"postId": ada.id})).await;
    assert_eq!(
        at_ada.next_of("error").await["data"]["error"],
        "post_not_found"
    );
}

/// O-106.
async fn nonsense_gets_an_error_and_the_socket_stays(deployment: &Deployment) {
    let api = deployment.client();
    let mut socket = Socket::open(api.gateway(), &api.newcomer().await).await;
    for (nonsense, reason) in [
        (Message::text("{"), "invalid_json"),
        (Message::text("[]"), "wrong_type"),
        (Message::text(r#"{"type":"nonsense"}"#), "validation_failed"),
        (
            Message::text(r#"{"type":"post_liked"}"#),
            "validation_failed",
        ),
        (
            Message::text(format!("\"{}\"", "x".repeat(60_000))),
            "wrong_type",
        ),
        (Message::binary(vec![1, 2, 3]), "binary_not_supported"),
    ] {
        socket.send_raw(nonsense).await;
        let frame = socket.next_of("error").await;
        assert_eq!(frame["data"]["error"], reason, "{frame}");
        assert_eq!(keys(&frame["data"]), ["details", "error", "message"]);
    }
    socket.send_raw(Message::text(r#"{"type":"ping"}"#)).await;
    socket.next_of("pong").await;
}

async fn what_is_too_large_closes(deployment: &Deployment) {
    let api = deployment.client();
    let mut socket = Socket::open(api.gateway(), &api.newcomer().await).await;
    socket.send_raw(Message::text("x".repeat(70_000))).await;
    assert_eq!(socket.closed().await, Some(1009));
}

/// O-087, O-107: 401 and 403 with the contract's body.
async fn upgrades_are_refused_with_a_reason(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let token = format!("token={}", member.token);
    let foreign = [("origin", "https://evil.example")];
    let own = [("origin", "http://localhost:5173")];
    for (query, headers, status, reason) in [
        ("", &[][..], 401, "missing_token"),
        ("token=nonsense", &[], 401, "invalid_token"),
        ("ticket=nonsense", &[], 401, "invalid_ticket"),
        (&token, &foreign[..], 403, "foreign_origin"),
        (
            &format!("{token}&since=x"),
            &own[..],
            400,
            "validation_failed",
        ),
    ] {
        let refused = Socket::try_open(api.gateway(), query, headers).await;
        let refused = refused.err().expect("a refusal");
        assert_eq!(
            (refused.status, &refused.body["error"]),
            (status, &json!(reason))
        );
    }
    assert!(Socket::try_open(api.gateway(), &token, &own).await.is_ok());
    let bearer = format!("Bearer {}", member.token);
    let header = [("authorization", bearer.as_str())];
    assert!(Socket::try_open(api.gateway(), "", &header).await.is_ok());
    let plain = api.get(&format!("/ws?{token}")).send().await;
    assert_eq!(
        (plain.status, &plain.json()["error"]),
        (400, &json!("websocket_expected"))
    );
    // Neither tokens nor tickets are logged.
    assert!(!deployment.logs().contains(&member.token));
}

async fn a_ticket_opens_one_socket(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let answer = api
        .call_as(&member, "POST", "/api/ws/ticket")
        .await
        .must_be(200)
        .json();
    assert_eq!(answer["expiresIn"], 30);
    let query = format!("ticket={}", answer["ticket"].as_str().expect("a ticket"));
    assert!(Socket::try_open(api.gateway(), &query, &[]).await.is_ok());
    let again = Socket::try_open(api.gateway(), &query, &[]).await;
    assert_eq!(again.err().expect("a refusal").status, 401);
}

async fn signing_out_closes(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let mut sockets = [
        Socket::open(api.gateway(), &member).await,
        Socket::open(api.gateway(), &member).await,
    ];
    let other = api.signed_in(&member.person).await;
    let mut stays = Socket::open(api.gateway(), &other).await;
    assert!(api.sign_out(&member).await.status < 300);
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, Some(4401));
    }
    stays.send_raw(Message::text(r#"{"type":"ping"}"#)).await;
    stays.next_of("pong").await;
}

/// 1,000 messages of 20 writers to one reader whose line is cut ten times: all, once, in each conversation's order.
async fn what_was_missed_is_told_after_a_reconnect(deployment: &Deployment) {
    const WRITERS: usize = 20;
    const EACH: usize = 50;
    let api = deployment.client();
    let reader = api.newcomer().await;
    let writers = join_all((0..WRITERS).map(|_| api.newcomer())).await;
    let mut socket = Socket::open(api.gateway(), &reader).await;
    let writing = join_all(writers.iter().map(|writer| async {
        for count in 0..EACH {
            say(&api, writer, &reader, &count.to_string()).await;
        }
    }));
    let mut told: Vec<(String, String)> = Vec::new();
    let reading = async {
        let mut cuts = 0;
        while told.len() < WRITERS * EACH {
            if told.len() / 95 > cuts {
                cuts += 1;
                let since = socket.seq;
                // Some are sent while nobody listens.
                socket = {
                    drop(socket);
                    tokio::time::sleep(Duration::from_millis(30)).await;
                    Socket::since(api.gateway(), &reader, Some(since)).await
                };
            }
            let frame = socket.next_of("message_received").await;
            let message = &frame["data"]["message"];
            told.push((
                text(message, "senderId").to_owned(),
                text(message, "content").to_owned(),
            ));
        }
        assert!(
            socket
                .all_within("message_received", A_WHILE)
                .await
                .is_empty()
        );
    };
    futures::join!(writing, reading);
    for writer in &writers {
        let of_writer = told.iter().filter(|(sender, _)| *sender == writer.id);
        let texts: Vec<&str> = of_writer.map(|(_, text)| text.as_str()).collect();
        let expected: Vec<String> = (0..EACH).map(|count| count.to_string()).collect();
        assert_eq!(texts, expected);
    }
}

async fn a_cursor_that_is_too_old_is_told_to_reload(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let mut socket = Socket::since(api.gateway(), &member, Some(7)).await;
    let frame = socket.next_of("reload_required").await;
    assert_eq!(frame["data"], json!({"reason": "expired"}));
    assert!(frame["seq"].as_u64().is_some_and(|seq| seq > 7), "{frame}");
}

/// Delivered once it reached one of the receiver's sockets.
async fn a_received_message_counts_as_delivered(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, _at_ada, mut at_ben) = pair(deployment).await;
    let sent = say(&api, &ada, &ben, "hello").await;
    at_ben.next_of("message_received").await;
    let path = format!(
        "/api/conversations/{}/messages",
        text(&sent, "conversationId")
    );
    for _ in 0..50 {
        let page: Value = api.get_as(&ada, &path).await.must_be(200).json();
        if page["messages"][0]["status"] == "delivered" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the message should count as delivered by now");
}

async fn a_flood_of_typing_harms_nobody(deployment: &Deployment) {
    let api = deployment.client();
    let (ada, ben, mut at_ada, mut at_ben) = pair(deployment).await;
    let id = conversation(&api, &ada, &ben).await;
    for count in 0..5_000 {
        let data = json!({"conversationId": id, "isTyping": count % 2 == 0});
        at_ada.send("user_typing", &data).await;
    }
    let told = at_ben
        .all_within("user_typing", Duration::from_secs(4))
        .await;
    assert!(told.len() < 100, "{}", told.len());
    assert_eq!(told.last().expect("some")["data"]["isTyping"], false);
    say(&api, &ben, &ada, "still there?").await;
    at_ada.next_of("message_received").await;
}

/// A token that expires ends its socket; so does a server that stops.
#[tokio::test]
async fn sockets_end_when_they_have_to() {
    let deployment = Deployment::standalone().start().await;
    let api = deployment.client();
    let member = api.newcomer().await;
    let now = Clock::system().now().timestamp();
    let mut claims = claims(&member.token);
    claims["exp"] = json!(now + 3);
    let key = jsonwebtoken::EncodingKey::from_secret(oruma_e2e::JWT_SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key);
    let short = Member {
        token: token.expect("a token"),
        ..member.clone()
    };
    let mut socket = Socket::open(api.gateway(), &short).await;
    assert_eq!(socket.closed().await, Some(4401));
    assert!(Clock::system().now().timestamp() >= now + 3);

    let mut socket = Socket::open(api.gateway(), &member).await;
    deployment.gateway(0).terminate();
    assert_eq!(socket.closed().await, Some(1012));
    assert!(deployment.gateway(0).end().await.success());
}

/// Whoever does not read is cut off and costs no memory, however much there is to tell; others feel nothing.
#[tokio::test]
async fn whoever_does_not_read_is_cut_off() {
    let deployment = Deployment::standalone().start().await;
    let api = deployment.client();
    let (ada, deaf) = (api.newcomer().await, api.newcomer().await);
    let line = tokio::net::TcpSocket::new_v4().expect("a socket");
    line.set_recv_buffer_size(4_096).expect("an option");
    let mut line = line
        .connect(api.gateway())
        .await
        .expect("the gateway listens");
    let upgrade = format!(
        "GET /ws?token={} HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        deaf.token
    );
    line.write_all(upgrade.as_bytes())
        .await
        .expect("the line holds");
    let mut hears = Socket::open(api.gateway(), &deaf).await;
    let words = "x".repeat(5_000);
    say(&api, &ada, &deaf, &words).await;
    let before = deployment.gateway(0).memory();
    for _ in 0..400 {
        say(&api, &ada, &deaf, &words).await;
        hears.next_of("message_received").await;
    }
    let after = deployment.gateway(0).memory();
    assert!(
        after < before + 24 * 1_024,
        "{before} KiB, then {after} KiB"
    );
    // It says that it is alive all the time.
    let began = Instant::now();
    while line.write_all(&[0x8a, 0x80, 0, 0, 0, 0]).await.is_ok() {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            "it should be cut off by now"
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    say(&api, &ada, &deaf, "still there?").await;
    hears.next_of("message_received").await;
}
