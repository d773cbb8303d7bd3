//! Facts about topics.

use bytes::Bytes;
use futures::future::try_join_all;
use oruma_ephemeral::{SharedEphemeral, Signal, Subscription};

use crate::support::{assert_connects, assert_receives, fresh, next};

async fn subscribed(ephemeral: &SharedEphemeral, topic: &str) -> Subscription {
    let mut subscription = ephemeral.subscribe(topic).await.unwrap();
    assert_connects(&mut subscription).await;
    subscription
}

async fn publish(ephemeral: &SharedEphemeral, topic: &str, payload: &'static [u8]) -> usize {
    let payload = Bytes::from_static(payload);
    ephemeral.publish(topic, payload).await.unwrap()
}

pub(crate) async fn messages_follow_the_first_connected(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let topic = fresh("topic");
    let mut subscription = subscribed(one, &topic).await;
    assert_eq!(publish(other, &topic, b"hello").await, 1);
    assert_receives(&mut subscription, b"hello").await;
}

pub(crate) async fn every_subscriber_of_the_topic_receives_and_nobody_else(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let (topic, another) = (fresh("topic"), fresh("topic"));
    let mut listeners = Vec::new();
    for ephemeral in [one, one, other] {
        listeners.push(subscribed(ephemeral, &topic).await);
    }
    let mut stranger = subscribed(other, &another).await;
    publish(one, &topic, b"for listeners").await;
    publish(one, &another, b"for the stranger").await;
    for listener in &mut listeners {
        assert_receives(listener, b"for listeners").await;
    }
    assert_receives(&mut stranger, b"for the stranger").await;
}

pub(crate) async fn any_bytes_are_a_message(one: &SharedEphemeral, other: &SharedEphemeral) {
    let topic = fresh("ünï code\r\n*{}");
    let mut subscription = subscribed(one, &topic).await;
    publish(other, &topic, b"").await;
    publish(other, &topic, b"\0\r\n\xff").await;
    assert_receives(&mut subscription, b"").await;
    assert_receives(&mut subscription, b"\0\r\n\xff").await;
}

pub(crate) async fn messages_keep_the_order_of_their_publisher(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let topic = fresh("topic");
    let mut subscription = subscribed(one, &topic).await;
    for count in 0..200_u32 {
        let payload = Bytes::from(count.to_string());
        other.publish(&topic, payload).await.unwrap();
    }
    for count in 0..200_u32 {
        let message = Signal::Message(Bytes::from(count.to_string()));
        assert_eq!(next(&mut subscription).await, message);
    }
}

pub(crate) async fn publishing_to_nobody_is_no_error(
    one: &SharedEphemeral,
    _other: &SharedEphemeral,
) {
    assert_eq!(publish(one, &fresh("topic"), b"anyone?").await, 0);
}

pub(crate) async fn a_dropped_subscription_leaves_the_others_alone(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let topic = fresh("topic");
    let leaving = subscribed(one, &topic).await;
    let mut staying = subscribed(one, &topic).await;
    drop(leaving);
    publish(other, &topic, b"still there?").await;
    assert_receives(&mut staying, b"still there?").await;
}

pub(crate) async fn a_topic_can_be_left_and_joined_again(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let topic = fresh("topic");
    // At once, so that a line still busy with leaving has to notice.
    for _ in 0..20 {
        drop(one.subscribe(&topic).await.unwrap());
        drop(subscribed(one, &topic).await);
    }
    let mut subscription = subscribed(one, &topic).await;
    publish(other, &topic, b"back").await;
    assert_receives(&mut subscription, b"back").await;
}

pub(crate) async fn a_reader_that_falls_behind_is_told(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let topic = fresh("topic");
    let mut slow = one.subscribe(&topic).await.unwrap();
    let mut quick = subscribed(one, &topic).await;
    assert_connects(&mut slow).await;
    for _ in 0..15 {
        let burst = (0..100).map(|_| other.publish(&topic, Bytes::from_static(b"burst")));
        try_join_all(burst).await.unwrap();
    }
    publish(other, &topic, b"last").await;
    // Once one subscriber has the last message, the other's queue holds it as well.
    until_last(&mut quick).await;

    assert_eq!(next(&mut slow).await, Signal::Disconnected);
    assert_eq!(next(&mut slow).await, Signal::Connected);
    assert_eq!(until_last(&mut slow).await, 1_024);
}

/// Reads up to the last message, and counts.
async fn until_last(subscription: &mut Subscription) -> usize {
    let mut messages = 0;
    loop {
        if let Signal::Message(payload) = next(subscription).await {
            messages += 1;
            if payload == "last" {
                return messages;
            }
        }
    }
}
