//! What people feel about messages.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_rpc_error::ErrorCode;
use oruma_service_runtime::Caller;

use crate::support::{
    Messaging, NOTHING, id_of, invalid_fields, is_blocked, no_message, not_participant, person,
    refused,
};

/// C-028, C-029, C-148.
#[tokio::test(flavor = "multi_thread")]
async fn everybody_has_one_reaction() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let message = messaging.send(&ada, &bob, "hello").await;
    let first = messaging.react(&bob, &message.id, "👍").await.unwrap();
    assert_eq!(
        (first.user_id.as_str(), first.emoji.as_str()),
        (id_of(&bob).as_str(), "👍")
    );
    messaging.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        messaging.react(&bob, &message.id, "👍").await.unwrap(),
        first
    );
    let own = messaging.react(&ada, &message.id, "❤").await.unwrap();
    messaging.clock.advance(TimeDelta::seconds(1));
    let second = messaging.react(&bob, &message.id, "👩‍👩‍👧‍👦").await.unwrap();
    let seen = messaging.message(&ada, &message.id).await.unwrap();
    assert_eq!(seen.reactions, [own.clone(), second]);
    messaging.unreact(&bob, &message.id).await.unwrap();
    messaging.unreact(&bob, &message.id).await.unwrap();
    let seen = messaging.history(&bob, &message.conversation_id).await;
    assert_eq!(seen[0].reactions, [own]);
    let kinds = messaging.kinds().await;
    let expected = [
        "message.reacted",
        "message.reacted",
        "message.reacted",
        "message.reaction_removed",
    ];
    assert_eq!(kinds[2..], expected);
    for wrong in ["", "a", "👍👍", ":+1:", "👍 hello"] {
        assert_eq!(
            invalid_fields(messaging.react(&bob, &message.id, wrong).await),
            ["emoji"]
        );
        not_participant(messaging.react(&eve, &message.id, wrong).await);
    }
    not_participant(messaging.unreact(&eve, &message.id).await);
    no_message(messaging.react(&ada, NOTHING, "👍").await);
    no_message(messaging.unreact(&ada, NOTHING).await);
}

/// As many as there are rows, however many react at once, and no more than can.
#[tokio::test(flavor = "multi_thread")]
async fn reactions_are_counted_and_bounded() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let people: Vec<Caller> = (2..=31).map(person).collect();
    let others: Vec<&Caller> = people.iter().collect();
    let id = messaging.private(&ada, "one", &others).await.id;
    let message = messaging.say(&ada, &id, "hello").await;
    let many = format!(
        "INSERT INTO messaging.reactions SELECT '{0}', gen_random_uuid(), '👍', now() FROM generate_series(1, 480);
         UPDATE messaging.messages SET reaction_count = 480 WHERE id = '{0}'",
        message.id
    );
    messaging.execute(&many).await;
    let reacted = join_all(
        people
            .iter()
            .map(|one| messaging.react(one, &message.id, "🎉")),
    )
    .await;
    let (done, refusals): (Vec<_>, Vec<_>) = reacted.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refusals.len()), (20, 10));
    for refusal in refusals {
        refused(refusal, ErrorCode::Exhausted, "too_many_reactions");
    }
    let counted = messaging
        .rows("SELECT reaction_count FROM messaging.messages WHERE reaction_count > 0")
        .await;
    assert_eq!(
        counted[0]["reaction_count"],
        messaging.count("messaging.reactions").await
    );
    assert_eq!(
        messaging
            .message(&ada, &message.id)
            .await
            .unwrap()
            .reactions
            .len(),
        500
    );
}

/// K-19.
#[tokio::test(flavor = "multi_thread")]
async fn the_blocked_do_not_react() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "hello").await;
    messaging.react(&bob, &message.id, "👍").await.unwrap();
    messaging.block(1, &ada, &bob, "2027-01-15T10:00:00Z").await;
    is_blocked(messaging.react(&bob, &message.id, "🎉").await);
    is_blocked(messaging.edit(&ada, &message.id, "other").await);
    is_blocked(messaging.pin(&bob, &message.id, true).await);
    messaging.unreact(&bob, &message.id).await.unwrap();
    messaging.delete(&ada, &message.id).await.unwrap();
}
