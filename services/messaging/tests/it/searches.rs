//! Finding messages.

use chrono::TimeDelta;
use oruma_proto::messaging::v1 as proto;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::Caller;

use crate::support::{Messaging, admin, answered, id_of, invalid_fields, person};

fn of(query: &str) -> proto::SearchMessagesRequest {
    proto::SearchMessagesRequest {
        query: query.to_owned(),
        ..proto::SearchMessagesRequest::default()
    }
}

async fn search(
    messaging: &Messaging,
    caller: &Caller,
    wanted: proto::SearchMessagesRequest,
) -> Result<proto::SearchMessagesResponse, RpcError> {
    answered(
        messaging
            .messages()
            .search_messages(caller.send(wanted))
            .await,
    )
}

/// The texts that were found, in no order.
async fn found(
    messaging: &Messaging,
    caller: &Caller,
    wanted: proto::SearchMessagesRequest,
) -> Vec<String> {
    let answer = search(messaging, caller, wanted).await.unwrap();
    assert_eq!(answer.total, i64::try_from(answer.hits.len()).unwrap());
    let mut texts: Vec<String> = answer
        .hits
        .into_iter()
        .map(|hit| hit.message.unwrap().content)
        .collect();
    texts.sort();
    texts
}

/// C-033, C-151: all words, in conversations of the caller, with their channel and what was looked for.
#[tokio::test(flavor = "multi_thread")]
async fn messages_are_found_in_ones_own_conversations() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "botany", &[&bob]).await.id;
    let root = messaging.say(&ada, &id, "The green apples are ripe").await;
    messaging.reply(&bob, &root, "An apple a day").await;
    messaging.send(&ada, &eve, "Apples for Eve").await;
    messaging.send(&bob, &eve, "Pears & apples").await;
    let all = [
        "An apple a day",
        "Apples for Eve",
        "The green apples are ripe",
    ];
    assert_eq!(found(&messaging, &ada, of("apple")).await, all);
    assert_eq!(found(&messaging, &ada, of("ripe APPLES")).await, [all[2]]);
    assert_eq!(
        found(&messaging, &eve, of("apples")).await,
        ["Apples for Eve", "Pears & apples"]
    );
    assert_eq!(found(&messaging, &admin(), of("apples")).await, [""; 0]);
    assert_eq!(
        found(&messaging, &ada, of("channel created")).await,
        [""; 0]
    );
    let hits = search(&messaging, &bob, of("green")).await.unwrap().hits;
    assert_eq!(hits[0].conversation_name, "botany");
    assert_eq!(
        hits[0].highlight,
        "The \u{e000}green\u{e001} apples are ripe"
    );
    assert_eq!(
        hits[0].message,
        Some(messaging.message(&bob, &root.id).await.unwrap())
    );
    // What was changed is found by its new words, and what was removed by none.
    messaging
        .edit(&ada, &root.id, "The red apples are ripe")
        .await
        .unwrap();
    assert_eq!(found(&messaging, &bob, of("green")).await, [""; 0]);
    assert_eq!(
        found(&messaging, &bob, of("red")).await,
        ["The red apples are ripe"]
    );
    messaging.delete(&ada, &root.id).await.unwrap();
    assert_eq!(
        found(&messaging, &bob, of("apple")).await,
        ["Pears & apples"]
    );
    messaging.remove(&bob, &id, &bob).await.unwrap();
    messaging.say(&ada, &id, "Apples again").await;
    assert_eq!(
        found(&messaging, &bob, of("apple")).await,
        ["Pears & apples"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_can_be_narrowed() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let direct = messaging.send(&ada, &bob, "apple one").await;
    messaging.clock.advance(TimeDelta::hours(1));
    let later = messaging.say(&bob, &id, "apple two").await;
    messaging.clock.advance(TimeDelta::hours(1));
    messaging.say(&ada, &id, "apple three").await;
    let in_channel = proto::SearchMessagesRequest {
        conversation_id: id.clone(),
        ..of("apple")
    };
    assert_eq!(
        found(&messaging, &ada, in_channel).await,
        ["apple three", "apple two"]
    );
    let of_bob = proto::SearchMessagesRequest {
        sender_id: id_of(&bob),
        ..of("apple")
    };
    assert_eq!(found(&messaging, &ada, of_bob).await, ["apple two"]);
    let before = proto::SearchMessagesRequest {
        before: later.created_at.clone(),
        ..of("apple")
    };
    assert_eq!(found(&messaging, &ada, before).await, ["apple one"]);
    let after = proto::SearchMessagesRequest {
        after: direct.created_at.clone(),
        ..of("apple")
    };
    assert_eq!(
        found(&messaging, &ada, after).await,
        ["apple three", "apple two"]
    );
    let few = proto::SearchMessagesRequest {
        page_size: 1,
        ..of("apple")
    };
    let answer = search(&messaging, &ada, few).await.unwrap();
    assert_eq!((answer.hits.len(), answer.total), (1, 3));
}

/// Whatever is typed is text: it finds something or nothing, and breaks nothing.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_is_text() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    messaging
        .send(
            &ada,
            &bob,
            "100% of under_scores & <b>apples</b> \u{e000}odd\u{e001}",
        )
        .await;
    for query in [
        "%%",
        "__",
        "' OR 1=1",
        "a & | ! b",
        "\"open",
        ":*",
        "<->",
        "((",
        "\\\\",
        "apples:*a",
        "a\0b",
        "\u{e000}\u{e001}",
        "😀😀",
    ] {
        search(&messaging, &ada, of(query)).await.unwrap();
    }
    search(&messaging, &ada, of(&"word ".repeat(5_000)))
        .await
        .unwrap();
    let hit = search(&messaging, &ada, of("apples odd"))
        .await
        .unwrap()
        .hits
        .remove(0);
    assert!(
        hit.highlight.contains("<b>\u{e000}apples\u{e001}</b>"),
        "{}",
        hit.highlight
    );
    assert!(
        hit.highlight.ends_with(" \u{e000}odd\u{e001}"),
        "{}",
        hit.highlight
    );
    for (wrong, field) in [
        (of("a"), "query"),
        (of("  a "), "query"),
        (
            proto::SearchMessagesRequest {
                page_size: -1,
                ..of("ab")
            },
            "page_size",
        ),
        (
            proto::SearchMessagesRequest {
                conversation_id: "nonsense".to_owned(),
                ..of("ab")
            },
            "conversation_id",
        ),
        (
            proto::SearchMessagesRequest {
                sender_id: "nonsense".to_owned(),
                ..of("ab")
            },
            "sender_id",
        ),
    ] {
        assert_eq!(
            invalid_fields(search(&messaging, &ada, wrong).await),
            [field]
        );
    }
}
