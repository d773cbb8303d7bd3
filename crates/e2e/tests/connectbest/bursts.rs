//! Much at once.

use futures::future::join_all;
use oruma_e2e::{Deployment, Socket};
use serde_json::json;

use crate::channels::create;
use crate::messages::say;
use crate::support::{both_ways, chat, member};

both_ways!(a_burst_reaches_every_socket_once_and_in_order);

const PEOPLE: usize = 5;
const SOCKETS: usize = 50;
const MESSAGES: usize = 200;

/// C-145: in the order of the conversation, for every socket, over all gateways.
async fn a_burst_reaches_every_socket_once_and_in_order(deployment: &Deployment) {
    let api = chat(deployment);
    let people = join_all((0..PEOPLE).map(|_| member(deployment))).await;
    let others: Vec<_> = people.iter().skip(1).collect();
    let channel = create(&api, &people[0], "private", &others).await;
    let opened = (0..SOCKETS)
        .map(|count| Socket::chat(api.gateway(), &people[count % PEOPLE], "/ws/messages", None));
    let sockets = join_all(opened).await;
    let writing = join_all(people.iter().map(|writer| async {
        for count in 0..MESSAGES / PEOPLE {
            say(&api, writer, &channel, &count.to_string()).await;
        }
    }));
    let reading = join_all(sockets.into_iter().map(|mut socket| async move {
        let mut told = Vec::new();
        let mut last = 0;
        while told.len() < MESSAGES {
            let frame = socket.next_of("message:new").await;
            assert!(
                frame["seq"].as_u64().is_some_and(|seq| seq > last),
                "{frame}"
            );
            last = frame["seq"].as_u64().unwrap_or_default();
            if frame["data"]["type"] == "text" {
                told.push(frame["data"]["id"].as_str().expect("an id").to_owned());
            }
        }
        told
    }));
    let (_, told) = futures::join!(writing, reading);
    // The stored order, oldest first.
    let mut stored: Vec<String> = Vec::new();
    let mut before = String::new();
    while stored.len() < MESSAGES {
        let path = format!(
            "/api/chat/channels/{}/messages?limit=100{before}",
            channel["id"].as_str().expect("an id")
        );
        let page = api.get_as(&people[0], &path).await.must_be(200).json();
        let messages = page["messages"].as_array().expect("a list");
        let texts = messages.iter().filter(|one| one["type"] == "text");
        stored.extend(texts.map(|one| one["id"].as_str().expect("an id").to_owned()));
        let last = messages.last().expect("some")["id"]
            .as_str()
            .expect("an id");
        before = format!("&before={last}");
        assert!(page["hasMore"] == json!(true) || stored.len() >= MESSAGES);
    }
    stored.reverse();
    for one in told {
        assert_eq!(one, stored);
    }
}
