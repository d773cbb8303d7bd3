//! Sending and reading messages.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::{MessageKind, MessageStatus};
use oruma_rpc_error::ErrorCode;

use crate::support::{
    Messaging, NOTHING, answered, id_of, invalid_fields, naming, no_conversation, no_message,
    not_participant, person, refused,
};

/// O-170: the conversation is made with the first message, and found by the later ones, however it is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_finds_or_makes_its_conversation() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let first = messaging.send(&ada, &bob, " hello\r\nBob ").await;
    assert_eq!((first.sequence, first.number), (1, 1));
    assert_eq!(first.content, "hello\nBob");
    assert_eq!(
        (&first.sender_id, &first.receiver_id),
        (&id_of(&ada), &id_of(&bob))
    );
    assert_eq!(
        (first.kind(), first.status()),
        (MessageKind::Text, MessageStatus::Sent)
    );
    let id = &first.conversation_id;
    let answer = messaging.send(&bob, &ada, "hello Ada").await;
    let by_conversation = messaging.try_send(&ada, id, "", "one").await.unwrap();
    let by_both = messaging
        .try_send(&bob, id, &id_of(&ada), "two")
        .await
        .unwrap();
    for (nth, message) in [&first, &answer, &by_conversation, &by_both]
        .into_iter()
        .enumerate()
    {
        assert_eq!(&message.conversation_id, id);
        assert_eq!(message.sequence, i64::try_from(nth).unwrap() + 1);
    }
    assert_eq!(
        (&by_both.sender_id, &by_both.receiver_id),
        (&id_of(&bob), &id_of(&ada))
    );
    assert_eq!(messaging.message(&ada, &by_both.id).await.unwrap(), by_both);
    assert_eq!(messaging.message(&bob, &by_both.id).await.unwrap(), by_both);
    let kinds = messaging.kinds().await;
    assert_eq!(
        kinds,
        [
            "conversation.created",
            "message.sent",
            "message.sent",
            "message.sent",
            "message.sent"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_up_to_5000_characters() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    for right in [
        "x".to_owned(),
        "😀".repeat(5_000),
        "e\u{301}".repeat(5_000),
        "<b>x</b>\n\t&".to_owned(),
    ] {
        messaging.send(&ada, &bob, &right).await;
    }
    for wrong in [
        "".to_owned(),
        " \n ".to_owned(),
        "x".repeat(5_001),
        "a\0b".to_owned(),
    ] {
        let refusal = messaging.try_send(&ada, "", &id_of(&bob), &wrong).await;
        assert_eq!(invalid_fields(refusal), ["content"]);
    }
    assert_eq!(messaging.count("messaging.messages").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_must_fit() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let opened = messaging.open(&ada, &bob).await;
    for (conversation, receiver) in [
        ("", ""),
        ("", "nonsense"),
        ("", id_of(&ada).as_str()),
        (&opened.id, "nonsense"),
        (&opened.id, id_of(&ada).as_str()),
        (&opened.id, id_of(&eve).as_str()),
    ] {
        let refusal = messaging
            .try_send(&ada, conversation, receiver, "hello")
            .await;
        assert_eq!(
            invalid_fields(refusal),
            ["receiver_id"],
            "{conversation} {receiver}"
        );
    }
    assert_eq!(messaging.count("messaging.messages").await, 0);
}

/// O-181: who may not write is told so, also where the text is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn only_those_who_take_part_read_and_write() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let message = messaging.send(&ada, &bob, "secret").await;
    let id = &message.conversation_id;
    for content in ["hello", ""] {
        not_participant(messaging.try_send(&eve, id, "", content).await);
        not_participant(messaging.try_send(&eve, id, &id_of(&ada), content).await);
        for unknown in [NOTHING, "nonsense"] {
            no_conversation(messaging.try_send(&eve, unknown, "", content).await);
        }
    }
    not_participant(messaging.message(&eve, &message.id).await);
    not_participant(messaging.list_messages(&eve, id, 0, "").await);
    not_participant(messaging.list_messages(&eve, id, -1, "nonsense").await);
    for unknown in [NOTHING, "nonsense", ""] {
        no_message(messaging.message(&ada, unknown).await);
        no_conversation(messaging.list_messages(&ada, unknown, 0, "").await);
        no_conversation(messaging.list_messages(&ada, unknown, -1, "").await);
    }
    assert_eq!(messaging.count("messaging.messages").await, 1);
}

/// Places in a conversation have no gaps, whoever writes at once, and events are in their order.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_messages_get_places_without_gaps() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let opened = messaging.open(&ada, &bob).await;
    let writers = (0..20).map(|writer| {
        let (messaging, id) = (&messaging, &opened.id);
        let sender = if writer % 2 == 0 { &ada } else { &bob };
        async move {
            let mut places = Vec::new();
            for nth in 0..10 {
                let text = format!("{writer} {nth}");
                let message = messaging.try_send(sender, id, "", &text).await.unwrap();
                places.push(message.sequence);
            }
            assert!(places.is_sorted());
            places
        }
    });
    let mut places = join_all(writers).await.concat();
    places.sort_unstable();
    assert_eq!(places, (1..=200).collect::<Vec<i64>>());
    let told: Vec<i64> = messaging
        .outbox_json()
        .await
        .iter()
        .filter_map(|event| event["data"]["sequence"].as_str()?.parse().ok())
        .collect();
    assert_eq!(told, (1..=200).collect::<Vec<i64>>());
    let stored = messaging
        .rows("SELECT last_sequence FROM messaging.conversations")
        .await;
    assert_eq!(stored[0]["last_sequence"], 200);
}

/// Pages go on where the one before ended, whatever is written meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_repeat_nor_skip() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let opened = messaging.open(&ada, &bob).await;
    for size in [1, 3, 7] {
        for nth in 0..12 {
            messaging.send(&ada, &bob, &format!("message {nth}")).await;
        }
        let before: Vec<String> = messaging
            .history(&bob, &opened.id)
            .await
            .into_iter()
            .map(|message| message.id)
            .collect();
        let (mut read, mut token) = (Vec::new(), String::new());
        loop {
            let page = messaging
                .list_messages(&bob, &opened.id, size, &token)
                .await
                .unwrap();
            read.extend(page.messages.into_iter().map(|message| message.id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            messaging.clock.advance(TimeDelta::seconds(1));
            messaging.send(&bob, &ada, "meanwhile").await;
        }
        assert_eq!(read, before, "pages of {size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_tokens_belong_to_one_conversation() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let other = messaging.open(&ada, &eve).await;
    for text in ["one", "two"] {
        messaging.send(&ada, &bob, text).await;
    }
    let opened = messaging.open(&ada, &bob).await;
    let page = messaging
        .list_messages(&ada, &opened.id, 1, "")
        .await
        .unwrap();
    assert_eq!(page.messages[0].content, "two");
    for (conversation, token) in [
        (&other.id, &page.next_page_token),
        (&opened.id, &"nonsense".to_owned()),
    ] {
        let refusal = messaging.list_messages(&ada, conversation, 1, token).await;
        assert_eq!(invalid_fields(refusal), ["page_token"]);
    }
    let refusal = messaging.list_messages(&ada, &opened.id, -1, "").await;
    assert_eq!(invalid_fields(refusal), ["page_size"]);
    assert!(messaging.history(&eve, &other.id).await.is_empty());
}

/// Without a database nothing is said to be stored, and the caller is asked to come again.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_nothing_is_stored() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    messaging.app.database.close();
    let refusal = messaging.try_send(&ada, "", &id_of(&bob), "hello").await;
    refused(refusal, ErrorCode::Unavailable, "unavailable");
}

/// A message whose event can't be kept is not kept either.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_and_its_event_are_stored_together() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let broken = "ALTER TABLE messaging.outbox ADD CHECK (kind <> 'messaging.message.sent.v1')";
    messaging.execute(broken).await;
    let refusal = messaging.try_send(&ada, "", &id_of(&bob), "hello").await;
    refused(refusal, ErrorCode::Internal, "internal");
    assert_eq!(messaging.count("messaging.messages").await, 0);
    assert_eq!(messaging.count("messaging.conversations").await, 0);
}

/// C-024, C-138, C-139: pages beside a message, in both directions.
#[tokio::test(flavor = "multi_thread")]
async fn pages_begin_beside_a_message() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let mut ids = Vec::new();
    for nth in 0..9 {
        ids.push(
            messaging
                .send(&ada, &bob, &format!("message {nth}"))
                .await
                .id,
        );
    }
    let id = messaging.open(&ada, &bob).await.id;
    messaging.delete(&ada, &ids[4]).await.unwrap();
    let page = async |before: &str, after: &str, token: &str| {
        let request = bob.send(proto::ListMessagesRequest {
            conversation_id: id.clone(),
            page_size: 3,
            page_token: token.to_owned(),
            before_id: before.to_owned(),
            after_id: after.to_owned(),
            mark_read: false,
        });
        answered(messaging.messages().list_messages(request).await)
    };
    let of = |answer: &proto::ListMessagesResponse| -> Vec<usize> {
        let places = answer.messages.iter();
        places
            .map(|one| ids.iter().position(|id| *id == one.id).unwrap())
            .collect()
    };
    let before = page(&ids[5], "", "").await.unwrap();
    assert_eq!(of(&before), [3, 2, 1]);
    let rest = page("", "", &before.next_page_token).await.unwrap();
    assert_eq!((of(&rest), rest.next_page_token.as_str()), (vec![0], ""));
    // Also beside one that was removed since.
    let after = page("", &ids[4], "").await.unwrap();
    assert_eq!(of(&after), [7, 6, 5]);
    let rest = page("", "", &after.next_page_token).await.unwrap();
    assert_eq!((of(&rest), rest.next_page_token.as_str()), (vec![8], ""));
    assert_eq!(of(&page("", &ids[8], "").await.unwrap()), [0; 0]);
    for (before, after, token, field) in [
        (&ids[5], &ids[1], "", "after_id"),
        (
            &ids[5],
            &String::new(),
            after.next_page_token.as_str(),
            "page_token",
        ),
        (&String::new(), &String::new(), "nonsense", "page_token"),
    ] {
        assert_eq!(invalid_fields(page(before, after, token).await), [field]);
    }
    let other = messaging.send(&ada, &person(3), "elsewhere").await;
    for unknown in [NOTHING, "nonsense", &other.id] {
        no_message(page(unknown, "", "").await);
        no_message(page("", unknown, "").await);
    }
}

/// K-21: what was fetched to be read is read, never back, and own messages are no matter.
#[tokio::test(flavor = "multi_thread")]
async fn pages_can_count_as_read() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    for nth in 0..3 {
        messaging.say(&ada, &id, &format!("message {nth}")).await;
    }
    messaging.say(&bob, &id, "own").await;
    assert_eq!(messaging.unread(&bob, &id).await, 3);
    messaging.history(&bob, &id).await;
    assert_eq!(messaging.unread(&bob, &id).await, 3);
    messaging.read(&bob, &id).await;
    assert_eq!(messaging.unread(&bob, &id).await, 0);
    assert_eq!(messaging.kinds().await.last().unwrap(), "message.read");
    let told = messaging.kinds().await.len();
    messaging.read(&bob, &id).await;
    messaging.read(&bob, &id).await;
    assert_eq!(messaging.kinds().await.len(), told);
    assert_eq!(messaging.unread(&ada, &id).await, 1);
}

/// K-15: however many repetitions of a request come at once, they send one message, and are answered with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_sends_one_message() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (naming(&person(1), 7), person(2));
    let sent = join_all((0..8).map(|_| messaging.send(&ada, &bob, "once"))).await;
    let again = messaging.send(&ada, &bob, "once").await;
    assert!(sent.iter().all(|message| message.id == again.id));
    let history = messaging.history(&bob, &again.conversation_id).await;
    assert_eq!(history.len(), 1);
}
