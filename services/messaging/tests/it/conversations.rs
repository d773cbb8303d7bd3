//! Opening, reading and listing conversations.

use std::collections::HashSet;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::ConversationKind;
use serde_json::json;

use crate::support::{
    Messaging, NOTHING, id_of, invalid_fields, no_conversation, not_participant, person,
};

/// O-171: whoever asks and however often, two people have one conversation, which each sees from their side.
#[tokio::test(flavor = "multi_thread")]
async fn two_people_have_one_conversation() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let (first, created) = messaging.try_open(&ada, &id_of(&bob)).await.unwrap();
    assert!(created);
    assert_eq!(first.kind(), ConversationKind::Direct);
    assert_eq!(first.member_ids, [id_of(&ada), id_of(&bob)]);
    assert_eq!((first.member_count, first.unread_count), (2, 0));
    assert_eq!((first.number, &first.last_message), (1, &None));
    assert_eq!(first.created_at, first.updated_at);
    let (again, created) = messaging.try_open(&ada, &id_of(&bob)).await.unwrap();
    assert_eq!((&again, created), (&first, false));
    let (other_side, created) = messaging.try_open(&bob, &id_of(&ada)).await.unwrap();
    assert_eq!((&other_side.id, created), (&first.id, false));
    assert_eq!(other_side.member_ids, [id_of(&bob), id_of(&ada)]);
    assert_eq!(messaging.kinds().await, ["conversation.created"]);
}

/// O-169.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_talks_to_oneself_or_to_nobody() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    for wrong in [id_of(&ada).as_str(), "", "nonsense"] {
        let refusal = messaging.try_open(&ada, wrong).await;
        assert_eq!(invalid_fields(refusal), ["user_id"], "{wrong}");
    }
    assert_eq!(messaging.count("messaging.conversations").await, 0);
}

/// However many ask at once, from both sides, by opening and by writing, there is one conversation, and one of them made it.
#[tokio::test(flavor = "multi_thread")]
async fn many_who_open_at_once_get_one_conversation() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let openings = (0..50).map(|nth| {
        let (one, other) = if nth % 2 == 0 {
            (&ada, &bob)
        } else {
            (&bob, &ada)
        };
        let messaging = &messaging;
        async move {
            if nth % 10 == 9 {
                let message = messaging.send(one, other, "hello").await;
                return (message.conversation_id, false);
            }
            let (opened, created) = messaging.try_open(one, &id_of(other)).await.unwrap();
            (opened.id, created)
        }
    });
    let opened = join_all(openings).await;
    let ids: HashSet<&String> = opened.iter().map(|(id, _)| id).collect();
    assert_eq!(ids.len(), 1);
    assert!(opened.iter().filter(|(_, created)| *created).count() <= 1);
    assert_eq!(messaging.count("messaging.conversations").await, 1);
    assert_eq!(messaging.count("messaging.members").await, 2);
    let kinds = messaging.kinds().await;
    assert_eq!(kinds[0], "conversation.created");
    assert!(kinds[1..].iter().all(|kind| kind == "message.sent"));
    assert_eq!(kinds.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_for_those_who_take_part() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let opened = messaging.open(&ada, &bob).await;
    let seen = messaging.conversation(&bob, &opened.id).await.unwrap();
    assert_eq!(seen.id, opened.id);
    let mut members = messaging.members(&bob, &opened.id).await.unwrap();
    members.sort();
    assert_eq!(members, [id_of(&ada), id_of(&bob)]);
    not_participant(messaging.conversation(&eve, &opened.id).await);
    not_participant(messaging.members(&eve, &opened.id).await);
    for unknown in [NOTHING, "nonsense", ""] {
        no_conversation(messaging.conversation(&ada, unknown).await);
        no_conversation(messaging.members(&ada, unknown).await);
    }
}

/// Newest activity first, each with its last message and what is not read, page by page, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn conversations_are_listed_by_activity() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    for number in 2..=8 {
        messaging.clock.advance(TimeDelta::seconds(1));
        let text = format!("hello from {number}");
        messaging.send(&person(number), &ada, &text).await;
    }
    messaging.send(&person(2), &person(3), "not for Ada").await;
    messaging.clock.advance(TimeDelta::seconds(1));
    messaging.send(&ada, &person(4), "answer").await;
    let mut token = String::new();
    let mut listed: Vec<proto::Conversation> = Vec::new();
    loop {
        let page = messaging.list(&ada, &[], 3, &token).await.unwrap();
        assert!(page.conversations.len() <= 3);
        listed.extend(page.conversations);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let peers: Vec<&str> = listed
        .iter()
        .map(|one| one.member_ids[1].as_str())
        .collect();
    let expected = [4, 8, 7, 6, 5, 3, 2].map(|number| id_of(&person(number)));
    assert_eq!(peers, expected);
    let last: Vec<_> = listed
        .iter()
        .map(|one| one.last_message.as_ref().unwrap())
        .collect();
    assert_eq!(
        (last[0].content.as_str(), last[1].content.as_str()),
        ("answer", "hello from 8")
    );
    assert_eq!(last[0].sequence, 2);
    assert_eq!(
        (last[0].sender_id.as_str(), last[0].receiver_id.as_str()),
        (id_of(&ada).as_str(), peers[0])
    );
    assert!(listed.iter().all(|one| one.unread_count == 1));
    assert!(
        listed[0].updated_at.as_ref().unwrap().seconds
            > listed[0].created_at.as_ref().unwrap().seconds
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_can_be_of_some_kinds() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let opened = messaging.open(&ada, &person(2)).await;
    // A group, as a later version will make them.
    let group = format!(
        "INSERT INTO messaging.conversations (id, kind, created_by, member_count, created_at, activity_at)
         VALUES ('{NOTHING}', 'group', '{ada}', 3, now(), now());
         INSERT INTO messaging.members (conversation_id, user_id, role, joined_at)
         SELECT '{NOTHING}', user_id::uuid, 'member', now() FROM unnest(ARRAY['{ada}', '{bob}', '{eve}']) AS user_id",
        ada = id_of(&ada),
        bob = id_of(&person(2)),
        eve = id_of(&person(3)),
    );
    messaging.execute(&group).await;
    let message = messaging
        .try_send(&ada, NOTHING, "", "to all")
        .await
        .unwrap();
    assert_eq!((message.receiver_id.as_str(), message.sequence), ("", 1));
    let refusal = messaging
        .try_send(&ada, NOTHING, &id_of(&person(2)), "to one")
        .await;
    assert_eq!(invalid_fields(refusal), ["receiver_id"]);
    let ids = async |kinds: &[ConversationKind]| -> Vec<String> {
        let page = messaging.list(&ada, kinds, 0, "").await.unwrap();
        let mut ids: Vec<_> = page.conversations.into_iter().map(|one| one.id).collect();
        ids.sort();
        ids
    };
    let mut both = vec![NOTHING.to_owned(), opened.id.clone()];
    both.sort();
    assert_eq!(ids(&[]).await, both);
    assert_eq!(ids(&[ConversationKind::Direct]).await, [opened.id]);
    assert_eq!(ids(&[ConversationKind::Group]).await, [NOTHING]);
    assert!(
        ids(&[ConversationKind::Channel, ConversationKind::Room])
            .await
            .is_empty()
    );
    let wrong = messaging
        .list(&ada, &[ConversationKind::Unspecified], 0, "")
        .await;
    assert_eq!(invalid_fields(wrong), ["kinds"]);
    // Read by all others, a message to several is read; by some, it is not.
    let status = async || messaging.message(&ada, &message.id).await.unwrap().status();
    messaging.mark_read(&person(2), NOTHING, "").await.unwrap();
    assert_eq!(status().await, proto::MessageStatus::Sent);
    messaging.mark_read(&person(3), NOTHING, "").await.unwrap();
    assert_eq!(status().await, proto::MessageStatus::Read);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_belong_to_one_list() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    messaging.open(&ada, &person(2)).await;
    messaging.open(&ada, &person(3)).await;
    let page = messaging.list(&ada, &[], 1, "").await.unwrap();
    let token = page.next_page_token;
    assert!(!token.is_empty());
    for (caller, kinds, token) in [
        (&ada, vec![], "nonsense"),
        (&person(2), vec![], token.as_str()),
        (&ada, vec![ConversationKind::Direct], token.as_str()),
    ] {
        let refusal = messaging.list(caller, &kinds, 1, token).await;
        assert_eq!(invalid_fields(refusal), ["page_token"]);
    }
    let refusal = messaging.list(&ada, &[], -1, "").await;
    assert_eq!(invalid_fields(refusal), ["page_size"]);
}

/// Presence is for those with a conversation in common, the most active first, and for nobody who blocks or is blocked.
#[tokio::test(flavor = "multi_thread")]
async fn peers_are_those_with_a_conversation() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    for number in [2, 3, 4, 5] {
        messaging.clock.advance(TimeDelta::seconds(1));
        messaging.open(&ada, &person(number)).await;
    }
    messaging.open(&person(3), &person(4)).await;
    messaging.clock.advance(TimeDelta::seconds(1));
    messaging.send(&person(2), &ada, "hello").await;
    messaging.broker.release();
    messaging
        .block(1, &ada, &person(4), "2027-01-15T10:00:00Z")
        .await;
    messaging
        .block(2, &person(5), &ada, "2027-01-15T10:00:00Z")
        .await;
    let expected = [2, 3].map(|number| id_of(&person(number)));
    assert_eq!(messaging.peers(&id_of(&ada)).await.unwrap(), expected);
    assert_eq!(messaging.peers(&id_of(&person(9))).await.unwrap(), [""; 0]);
    let refusal = messaging.peers("nonsense").await;
    assert_eq!(invalid_fields(refusal), ["user_id"]);
}

/// The number of members is that of the rows.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_counted() {
    let messaging = Messaging::start().await;
    messaging.open(&person(1), &person(2)).await;
    let counted = messaging
        .rows("SELECT member_count, kind FROM messaging.conversations")
        .await;
    assert_eq!(counted, [json!({"member_count": 2, "kind": "direct"})]);
}
