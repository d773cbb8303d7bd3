//! Who may not write to whom.

use crate::support::{Messaging, id_of, is_blocked, person};

const EARLY: &str = "2027-01-15T09:00:00Z";
const LATE: &str = "2027-01-15T10:00:00Z";

/// A block in either direction ends writing, and leaves what was written.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_ends_writing_and_leaves_history() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    let message = messaging.send(&ada, &bob, "before").await;
    let id = &message.conversation_id;
    for (number, blocker, blocked) in [(1, &ada, &bob), (3, &bob, &ada)] {
        messaging.block(number, blocker, blocked, EARLY).await;
        for (sender, receiver) in [(&ada, &bob), (&bob, &ada)] {
            for content in ["hello", ""] {
                is_blocked(messaging.try_send(sender, id, "", content).await);
                let receiver = id_of(receiver);
                is_blocked(messaging.try_send(sender, "", &receiver, content).await);
                is_blocked(messaging.try_send(sender, id, &receiver, content).await);
            }
            assert_eq!(messaging.history(sender, id).await.len(), 1);
            let (opened, created) = messaging.try_open(sender, &id_of(receiver)).await.unwrap();
            assert_eq!((&opened.id, created), (id, false));
            messaging.mark_read(sender, id, "").await.unwrap();
        }
        messaging.unblock(number + 1, blocker, blocked, LATE).await;
        messaging.send(&ada, &bob, "again").await;
        messaging
            .execute("DELETE FROM messaging.messages WHERE sequence > 1")
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_people_begin_no_conversation() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    messaging.block(1, &ada, &bob, EARLY).await;
    for (one, other) in [(&ada, &bob), (&bob, &ada)] {
        is_blocked(messaging.try_open(one, &id_of(other)).await);
        is_blocked(messaging.try_send(one, "", &id_of(other), "hello").await);
    }
    messaging.send(&person(3), &ada, "unconcerned").await;
    assert_eq!(messaging.count("messaging.conversations").await, 1);
}

/// What is older than what is known changes nothing, nor does what comes twice.
#[tokio::test(flavor = "multi_thread")]
async fn older_events_change_nothing() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    messaging.unblock(2, &ada, &bob, LATE).await;
    messaging.block(1, &ada, &bob, EARLY).await;
    messaging.send(&bob, &ada, "hello").await;
    messaging.block(3, &ada, &bob, "2027-01-15T11:00:00Z").await;
    messaging.unblock(2, &ada, &bob, LATE).await;
    messaging.unblock(4, &ada, &bob, LATE).await;
    is_blocked(messaging.try_send(&bob, "", &id_of(&ada), "hello").await);
    assert_eq!(messaging.count("messaging.blocks").await, 1);
}
