//! What people are told of what happens in conversations, and what they want to be told of.

use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::NotificationLevel;
use oruma_rpc_error::RpcError;
use oruma_service_runtime::Caller;
use oruma_service_test_kit::user_id;
use oruma_test_kit::eventually;

use crate::support::{Messaging, NOTHING, answered, id_of, invalid_fields, name, person};

/// The kinds and excerpts of somebody's notifications, oldest first.
async fn told(messaging: &Messaging, caller: &Caller) -> Vec<(String, String)> {
    let mut all = messaging.notifications_of(caller).await;
    all.sort_by_key(|one| one.number);
    all.into_iter().map(|one| (one.kind, one.excerpt)).collect()
}

fn line(kind: &str, excerpt: &str) -> (String, String) {
    (kind.to_owned(), excerpt.to_owned())
}

/// Waits until all is told: an event stays in the outbox until everybody has handled it.
async fn settled(messaging: &Messaging) {
    eventually("all is told", || async {
        messaging.count("messaging.outbox").await == 0
    })
    .await;
}

/// C-061, K-24: one is told once of each message, by what concerns one most.
#[tokio::test(flavor = "multi_thread")]
async fn each_message_tells_a_person_once() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve, zoe) = (person(1), person(2), person(3), person(4));
    let id = messaging.private(&ada, "one", &[&bob, &eve, &zoe]).await.id;
    let root = messaging.say(&ada, &id, "root").await;
    messaging.reply(&bob, &root, "first").await;
    let second = messaging
        .reply(&eve, &root, "second @person2 @person4")
        .await;
    messaging.reply(&ada, &root, "third").await;
    let direct = messaging.send(&ada, &zoe, "direct @person4").await;
    messaging.send(&ada, &zoe, "plain").await;
    settled(&messaging).await;
    assert_eq!(
        told(&messaging, &ada).await,
        [
            line("thread_reply", "first"),
            line("thread_reply", "second @person2 @person4")
        ]
    );
    let of_bob = [
        line("channel_invite", "one"),
        line("mention", "second @person2 @person4"),
        line("thread_reply", "third"),
    ];
    assert_eq!(told(&messaging, &bob).await, of_bob);
    assert_eq!(
        told(&messaging, &eve).await,
        [line("channel_invite", "one"), line("thread_reply", "third")]
    );
    let mut of_zoe = told(&messaging, &zoe).await;
    of_zoe.sort();
    let expected = [
        line("channel_invite", "one"),
        line("mention", "direct @person4"),
        line("mention", "second @person2 @person4"),
        line("message", "plain"),
    ];
    assert_eq!(of_zoe, expected);
    let all = messaging.notifications_of(&bob).await;
    let mention = all.iter().find(|one| one.kind == "mention").unwrap();
    assert_eq!(
        (&mention.conversation_id, &mention.message_id),
        (&id, &second.id)
    );
    assert_eq!(
        (
            mention.conversation_name.as_str(),
            mention.subject_kind.as_str()
        ),
        ("one", "conversation")
    );
    assert_eq!(mention.actor_id, id_of(&eve));
    let all = messaging.notifications_of(&zoe).await;
    let direct_one = all.iter().find(|one| one.message_id == direct.id).unwrap();
    assert_eq!(direct_one.conversation_name, "");
}

/// A reaction tells the author once, whatever takes its place; nobody is told of oneself, by the blocked, or of what was left.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_too_much() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    let message = messaging.say(&ada, &id, "hello").await;
    messaging.react(&bob, &message.id, "👍").await.unwrap();
    messaging.react(&bob, &message.id, "🎉").await.unwrap();
    messaging.unreact(&bob, &message.id).await.unwrap();
    messaging.react(&bob, &message.id, "👍").await.unwrap();
    messaging.react(&ada, &message.id, "👍").await.unwrap();
    messaging.say(&ada, &id, "@person1 myself").await;
    let other = messaging.say(&ada, &id, "other").await;
    messaging.react(&bob, &other.id, "❤️").await.unwrap();
    messaging
        .block(91, &ada, &eve, "2027-01-15T10:00:00Z")
        .await;
    messaging.say(&eve, &id, "@person1 from the blocked").await;
    settled(&messaging).await;
    assert_eq!(
        told(&messaging, &ada).await,
        [line("reaction", "👍"), line("reaction", "❤️")]
    );
    let of_bob = told(&messaging, &bob).await;
    assert_eq!(of_bob, [line("channel_invite", "one")]);
}

/// Who has left before the event is handled is told of nothing.
#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_left_are_not_told() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    messaging.say(&ada, &id, "@person2 hello").await;
    messaging.remove(&bob, &id, &bob).await.unwrap();
    let gone = messaging.send(&ada, &bob, "gone").await;
    messaging.delete(&ada, &gone.id).await.unwrap();
    messaging.broker.release();
    settled(&messaging).await;
    assert!(told(&messaging, &bob).await.is_empty());
}

/// A list can be of some kinds, and so is its count.
#[tokio::test(flavor = "multi_thread")]
async fn lists_can_be_of_some_kinds() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    messaging.send(&ada, &bob, "hello").await;
    let message = messaging.send(&bob, &ada, "answer").await;
    messaging.react(&ada, &message.id, "👍").await.unwrap();
    settled(&messaging).await;
    let list = async |kinds: &[&str]| {
        let request = bob.send(proto::ListNotificationsRequest {
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            ..proto::ListNotificationsRequest::default()
        });
        let page = answered(messaging.notifications().list_notifications(request).await).unwrap();
        let kinds: Vec<String> = page.notifications.into_iter().map(|one| one.kind).collect();
        (kinds, page.unread_count)
    };
    assert_eq!(list(&["reaction"]).await, (vec!["reaction".to_owned()], 1));
    assert_eq!(list(&["sale"]).await, (vec![], 0));
    assert_eq!(list(&["message", "reaction"]).await.1, 2);
    assert_eq!(list(&[]).await.1, 2);
}

async fn settings(messaging: &Messaging, caller: &Caller) -> proto::NotificationSettings {
    let request = caller.send(proto::GetNotificationSettingsRequest {});
    let answer = messaging
        .notifications()
        .get_notification_settings(request)
        .await;
    answered(answer).unwrap().settings.unwrap()
}

async fn wish(
    messaging: &Messaging,
    caller: &Caller,
    wish: proto::UpdateNotificationSettingsRequest,
) -> Result<proto::NotificationSettings, RpcError> {
    let answer = messaging
        .notifications()
        .update_notification_settings(caller.send(wish))
        .await;
    Ok(answered(answer)?.settings.unwrap())
}

fn in_conversation(id: &str, level: NotificationLevel) -> proto::UpdateNotificationSettingsRequest {
    proto::UpdateNotificationSettingsRequest {
        conversations: vec![proto::ConversationNotificationSettings {
            conversation_id: id.to_owned(),
            enabled: true,
            level: level.into(),
        }],
        ..proto::UpdateNotificationSettingsRequest::default()
    }
}

fn quiet(enabled: bool, start: &str, end: &str) -> proto::UpdateNotificationSettingsRequest {
    proto::UpdateNotificationSettingsRequest {
        do_not_disturb: Some(proto::DoNotDisturb {
            enabled,
            start_time: start.to_owned(),
            end_time: end.to_owned(),
        }),
        ..proto::UpdateNotificationSettingsRequest::default()
    }
}

/// C-059, C-060: what is not named stays.
#[tokio::test(flavor = "multi_thread")]
async fn settings_change_by_what_is_named() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let first = settings(&messaging, &ada).await;
    assert!(first.enabled && first.sound_enabled && first.conversations.is_empty());
    assert_eq!(first.do_not_disturb.unwrap().start_time, "22:00");
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let direct = messaging.open(&ada, &person(3)).await.id;
    wish(
        &messaging,
        &ada,
        in_conversation(&id, NotificationLevel::Mentions),
    )
    .await
    .unwrap();
    wish(
        &messaging,
        &ada,
        in_conversation(&direct, NotificationLevel::Nothing),
    )
    .await
    .unwrap();
    wish(&messaging, &ada, quiet(true, "23:30", ""))
        .await
        .unwrap();
    let sound = proto::UpdateNotificationSettingsRequest {
        sound_enabled: Some(false),
        ..proto::UpdateNotificationSettingsRequest::default()
    };
    let all = wish(&messaging, &ada, sound).await.unwrap();
    assert_eq!(all, settings(&messaging, &ada).await);
    assert_eq!(
        (all.enabled, all.sound_enabled, all.conversations.len()),
        (true, false, 2)
    );
    let dnd = all.do_not_disturb.unwrap();
    assert_eq!(
        (dnd.enabled, dnd.start_time.as_str(), dnd.end_time.as_str()),
        (true, "23:30", "07:00")
    );
    for (wrong, field) in [
        (
            in_conversation(&id, NotificationLevel::Unspecified),
            "conversations[0].level",
        ),
        (
            in_conversation("nonsense", NotificationLevel::All),
            "conversations[0].conversation_id",
        ),
        (
            in_conversation(NOTHING, NotificationLevel::All),
            "conversations[0].conversation_id",
        ),
        (quiet(true, "25:00", "07:00"), "do_not_disturb.start_time"),
        (quiet(true, "22:00", "7:00"), "do_not_disturb.end_time"),
    ] {
        assert_eq!(invalid_fields(wish(&messaging, &ada, wrong).await), [field]);
    }
    let foreign = wish(
        &messaging,
        &person(4),
        in_conversation(&id, NotificationLevel::All),
    )
    .await;
    assert_eq!(
        invalid_fields(foreign),
        ["conversations[0].conversation_id"]
    );
    // With the membership its wish goes.
    wish(
        &messaging,
        &bob,
        in_conversation(&id, NotificationLevel::Nothing),
    )
    .await
    .unwrap();
    messaging.remove(&bob, &id, &bob).await.unwrap();
    assert!(settings(&messaging, &bob).await.conversations.is_empty());
}

/// C-176: what one does not want is silent, and in the list all the same; nights are those of one's own clock.
#[tokio::test(flavor = "multi_thread")]
async fn unwanted_news_are_silent() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, dubai) = (person(1), person(5));
    messaging
        .people
        .know(user_id(5), "user-5", &name(5), "Asia/Dubai");
    let off = proto::UpdateNotificationSettingsRequest {
        enabled: Some(false),
        ..proto::UpdateNotificationSettingsRequest::default()
    };
    wish(&messaging, &person(2), off).await.unwrap();
    let id = messaging
        .private(&ada, "one", &[&person(2), &person(3), &person(4), &dubai])
        .await
        .id;
    wish(
        &messaging,
        &person(3),
        in_conversation(&id, NotificationLevel::Nothing),
    )
    .await
    .unwrap();
    wish(
        &messaging,
        &person(4),
        in_conversation(&id, NotificationLevel::Mentions),
    )
    .await
    .unwrap();
    // It is 10:00 in UTC and 14:00 in Dubai.
    wish(&messaging, &dubai, quiet(true, "13:30", "14:30"))
        .await
        .unwrap();
    wish(&messaging, &ada, quiet(true, "13:30", "14:30"))
        .await
        .unwrap();
    let root = messaging
        .say(&ada, &id, "@user-2 @user-3 @user-4 @user-5")
        .await;
    messaging.reply(&person(4), &root, "to Ada").await;
    messaging.reply(&ada, &root, "to the fourth").await;
    settled(&messaging).await;
    let mut silent: Vec<(String, String, bool)> = messaging
        .told
        .events_of("messaging")
        .into_iter()
        .filter(|event| event.kind == "messaging.notification.created.v1")
        .filter_map(|event| {
            let fact: proto::NotificationCreatedV1 = serde_json::from_value(event.data).unwrap();
            let of_message = fact.conversation_id == id && fact.kind != "channel_invite";
            of_message.then_some((fact.user_id, fact.kind, fact.is_silent))
        })
        .collect();
    silent.sort();
    let line = |number: u16, kind: &str, silent| (id_of(&person(number)), kind.to_owned(), silent);
    let expected = [
        line(1, "thread_reply", false),
        line(2, "mention", true),
        line(3, "mention", true),
        line(4, "mention", false),
        line(4, "thread_reply", true),
        line(5, "mention", true),
    ];
    assert_eq!(silent, expected);
    assert_eq!(messaging.notifications_of(&person(3)).await.len(), 2);
}
