//! The implementation over RabbitMQ.

use std::sync::Arc;

use futures::StreamExt;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions,
    QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel};
use oruma_broker::{BrokerError, Event, HandleError, PublishError, Subscription};
use oruma_telemetry::propagation::TraceContext;

use crate::support::world::amqp;
use crate::support::{Log, World, eventually, handler};

crate::suite::suite!(World::rabbitmq);

async fn channel(world: &World) -> Channel {
    let amqp = amqp(world.rabbitmq.as_ref().unwrap()).await;
    amqp.create_channel().await.unwrap()
}

async fn delete(channel: &Channel, queue: &str) {
    let options = QueueDeleteOptions::default();
    channel.queue_delete(queue.into(), options).await.unwrap();
}

/// How many messages wait in a queue.
async fn waiting(channel: &Channel, queue: &str) -> u32 {
    let passive = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    let queue = channel.queue_declare(queue.into(), passive, FieldTable::default());
    queue.await.unwrap().message_count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_reads_cloud_events() {
    let world = World::rabbitmq().await;
    let broker = world.broker();
    // So that the exchange is there.
    broker.ping().await.unwrap();
    let channel = channel(&world).await;
    let exclusive = QueueDeclareOptions::exclusive();
    let queue = channel.queue_declare("".into(), exclusive, FieldTable::default());
    let queue = queue.await.unwrap().name().clone();
    let (kind, options) = (world.kind("#"), QueueBindOptions::default());
    let bound = channel.queue_bind(
        queue.clone(),
        "oruma.events".into(),
        kind.into(),
        options,
        FieldTable::default(),
    );
    bound.await.unwrap();
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(queue, "".into(), options, FieldTable::default());
    let mut consumer = consumer.await.unwrap();

    let mut event = world.thing("s", 1);
    event.trace = Some(TraceContext {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        tracestate: None,
    });
    assert_eq!(broker.publish(std::slice::from_ref(&event)).await, [Ok(())]);
    let delivery = consumer.next().await.unwrap().unwrap();
    delivery.ack(BasicAckOptions::default()).await.unwrap();
    assert_eq!(delivery.routing_key.as_str(), event.kind);
    assert_eq!(Event::from_json(&delivery.data).unwrap(), event);
    let properties = &delivery.properties;
    let text = |text: &Option<lapin::types::ShortString>| text.as_ref().unwrap().to_string();
    assert_eq!(
        text(properties.content_type()),
        "application/cloudevents+json"
    );
    assert_eq!(text(properties.message_id()), event.id.to_string());
    assert_eq!(text(properties.kind()), format!("com.oruma.{}", event.kind));
    let headers = properties.headers().as_ref().unwrap().inner();
    let traceparent = AMQPValue::LongString(event.trace.unwrap().traceparent.into());
    assert_eq!(headers.get("traceparent"), Some(&traceparent));
    assert_eq!(
        headers.get("cloudEvents_subject"),
        Some(&AMQPValue::LongString("s".into()))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_event_is_a_dead_letter() {
    let world = World::rabbitmq().await;
    let (broker, log, subscription) = (world.broker(), Log::default(), world.things());
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, log.handler()).await;
    let channel = channel(&world).await;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    let published = channel.basic_publish(
        "oruma.events".into(),
        world.kind("thing.happened.v1").into(),
        BasicPublishOptions::default(),
        b"{\"hello\": 1}",
        BasicProperties::default(),
    );
    published.await.unwrap().await.unwrap();
    broker.publish(&[world.thing("s", 1)]).await;
    eventually("the next one arrived", async || log.of("s") == [1]).await;
    let letters = broker.dead_letters(&queue, 10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].event_id, letters[0].body.as_str()),
        (None, "{\"hello\": 1}")
    );
    assert!(
        letters[0].reason.starts_with("no event"),
        "{}",
        letters[0].reason
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_whose_queue_is_gone_stays() {
    let world = World::rabbitmq().await;
    let (broker, subscription) = (world.broker(), world.things());
    let queue = subscription.queue.clone();
    let poisoned = handler(|_| async { Err(HandleError::poison("no")) });
    world.subscribe(&broker, subscription, poisoned).await;
    broker.publish(&[world.thing("s", 1)]).await;
    eventually("it died", async || {
        broker.dead_letters(&queue, 9).await.unwrap().len() == 1
    })
    .await;
    broker.close().await;
    delete(&channel(&world).await, &queue).await;

    let other = world.broker();
    let requeued = other.requeue_dead_letters(&queue).await;
    assert!(matches!(
        requeued,
        Err(BrokerError::Publish(PublishError::NoSuchQueue))
    ));
    eventually("it is back", async || {
        other.dead_letters(&queue, 9).await.unwrap().len() == 1
    })
    .await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_whose_queue_was_deleted_declares_it_again() {
    let world = World::rabbitmq().await;
    let (broker, log, subscription) = (world.broker(), Log::default(), world.things());
    let queue = subscription.queue.clone();
    world.subscribe(&broker, subscription, log.handler()).await;
    delete(&channel(&world).await, &queue).await;
    eventually("it consumes again", async || {
        broker.publish(&[world.thing("s", 1)]).await;
        log.len() > 0
    })
    .await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_replica_at_a_time_consumes() {
    let world = World::rabbitmq().await;
    let subscription = world.things();
    let (first, second) = (world.broker(), world.broker());
    let (first_log, second_log) = (Log::default(), Log::default());
    world
        .subscribe(&first, subscription.clone(), first_log.handler())
        .await;
    world
        .subscribe(&second, subscription, second_log.handler())
        .await;
    let events: Vec<_> = (0..20).map(|n| world.thing(&n.to_string(), n)).collect();
    assert!(first.publish(&events).await.iter().all(Result::is_ok));
    eventually("all arrived", async || first_log.len() == 20).await;
    assert_eq!(second_log.len(), 0);
    first.close().await;
    assert!(second.publish(&events).await.iter().all(Result::is_ok));
    eventually("the other one took over", async || second_log.len() == 20).await;
    assert_eq!(first_log.len(), 20);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_that_is_no_longer_wanted_is_passed_over() {
    let world = World::rabbitmq().await;
    let queue = world.queue("things");
    let both = [
        world.kind("thing.happened.v1"),
        world.kind("thing.vanished.v1"),
    ];
    let (before, log) = (world.broker(), Log::default());
    let subscription = Subscription::once(queue.clone(), both.clone());
    world.subscribe(&before, subscription, log.handler()).await;
    before.close().await;

    let broker = world.broker();
    let subscription = Subscription::once(queue.clone(), both.into_iter().take(1));
    world.subscribe(&broker, subscription, log.handler()).await;
    let events = [
        world.event("thing.vanished.v1", "s", 1),
        world.thing("s", 2),
    ];
    assert_eq!(broker.publish(&events).await, [Ok(()), Ok(())]);
    eventually("the wanted one arrived", async || log.of("s") == [2]).await;
    broker.close().await;
    assert_eq!(waiting(&channel(&world).await, &queue).await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_that_share_a_broker_keep_their_order() {
    let world = World::rabbitmq().await;
    let (broker, log) = (world.broker(), Log::default());
    world
        .subscribe(&broker, world.things(), log.handler())
        .await;
    let publishing: Vec<_> = (0..8)
        .map(|subject| {
            let broker = Arc::clone(&broker);
            let batches: Vec<Vec<_>> = (0..10)
                .map(|batch| {
                    let numbers = batch * 10..(batch + 1) * 10;
                    numbers
                        .map(|n| world.thing(&subject.to_string(), n))
                        .collect()
                })
                .collect();
            tokio::spawn(async move {
                for batch in batches {
                    assert!(broker.publish(&batch).await.iter().all(Result::is_ok));
                }
            })
        })
        .collect();
    for task in publishing {
        task.await.unwrap();
    }
    eventually("all arrived", async || log.len() == 800).await;
    for subject in 0..8 {
        assert_eq!(log.of(&subject.to_string()), (0..100).collect::<Vec<_>>());
    }
    world.end().await;
}
