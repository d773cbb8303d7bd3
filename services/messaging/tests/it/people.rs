//! Who people are: learned from auth where somebody is not known, and kept current by its events.

use oruma_proto::messaging::v1::MemberRole;
use oruma_rpc_error::ErrorCode;
use serde_json::json;

use crate::support::{Messaging, event, id_of, person, refused};

const AT: &str = "2027-01-15T10:00:00.123Z";

/// Auth is asked once for each, and being away it disturbs nobody who is known.
#[tokio::test(flavor = "multi_thread")]
async fn people_are_asked_for_once() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    assert_eq!(messaging.count("messaging.people").await, 2);
    let asked = messaging.people.asked();
    messaging.people.be_away(true);
    messaging.remove(&bob, &id, &bob).await.unwrap();
    messaging
        .add(&ada, &id, &[&bob], MemberRole::Member)
        .await
        .unwrap();
    messaging.say(&bob, &id, "hello @person1").await;
    messaging.send(&eve, &ada, "hello @person1").await;
    messaging.public(&eve, "without-a-name").await;
    let refusal = messaging.add(&ada, &id, &[&eve], MemberRole::Member).await;
    refused(refusal, ErrorCode::Unavailable, "unavailable");
    messaging.people.be_away(false);
    assert_eq!(messaging.people.asked(), asked);
    messaging
        .add(&ada, &id, &[&eve], MemberRole::Member)
        .await
        .unwrap();
    assert!(messaging.people.asked() > asked);
}

/// Newer names take the place of older ones, in whichever order they come; of the deleted none is kept.
#[tokio::test(flavor = "multi_thread")]
async fn names_follow_the_events() {
    let messaging = Messaging::start().await;
    messaging.broker.release();
    let (ada, bob) = (person(1), person(2));
    let registered =
        json!({"userId": id_of(&bob), "handle": "bob", "displayName": "Bob", "version": "1"});
    messaging
        .hear(&event(1, "auth.user.registered.v1", "u", AT, registered))
        .await;
    let updated = |number: u128, name: &str, version: u8, timezone: Option<&str>| {
        let mut data = json!({"userId": id_of(&bob), "handle": "bob", "displayName": name, "version": version.to_string()});
        if let Some(timezone) = timezone {
            data["timezone"] = json!(timezone);
        }
        event(number, "auth.user.updated.v1", "u", AT, data)
    };
    messaging
        .hear(&updated(2, "Robert", 3, Some("Asia/Dubai")))
        .await;
    messaging
        .hear(&updated(3, "Bobby", 2, Some("Asia/Tokyo")))
        .await;
    messaging.hear(&updated(4, "Rob", 4, None)).await;
    let known = "SELECT handle, display_name, mention_name, timezone FROM messaging.people";
    let expected = json!({"handle": "bob", "display_name": "Rob", "mention_name": "rob", "timezone": "Asia/Dubai"});
    assert_eq!(messaging.rows(known).await, [expected]);
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    messaging
        .set_role(&ada, &id, &bob, MemberRole::Admin)
        .await
        .unwrap();
    let history = messaging.history(&ada, &id).await;
    assert_eq!(history[0].content, "Rob is now an admin");
    let gone = json!({"userId": id_of(&bob), "deletedAt": AT});
    messaging
        .hear(&event(5, "auth.user.deleted.v1", "u", AT, gone))
        .await;
    messaging.hear(&updated(6, "Back", 9, None)).await;
    let left = format!(
        "SELECT display_name, handle, mention_name FROM messaging.people WHERE user_id = '{}'",
        id_of(&bob)
    );
    let expected = json!({"display_name": "", "handle": "", "mention_name": null});
    assert_eq!(messaging.rows(&left).await, [expected]);
}

/// The end of an account ends memberships, which is told; who is not known cannot be added again.
#[tokio::test(flavor = "multi_thread")]
async fn the_departed_leave_their_channels() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let message = messaging.say(&bob, &id, "hello").await;
    messaging.react(&bob, &message.id, "👍").await.unwrap();
    let own = messaging.public(&bob, "own").await.id;
    messaging.execute("DELETE FROM messaging.outbox").await;
    let gone = json!({"userId": id_of(&bob), "deletedAt": AT});
    let gone = event(1, "auth.user.deleted.v1", "u", AT, gone);
    messaging.broker.release();
    messaging.hear(&gone).await;
    let seen = messaging.look_at(&ada, &id).await.unwrap();
    assert_eq!(
        (seen.channel.unwrap().member_count, seen.members.len()),
        (1, 1)
    );
    let left = messaging.message(&ada, &message.id).await.unwrap();
    assert_eq!((left.sender_id.as_str(), left.reactions.len()), ("", 0));
    let refusal = messaging.look_at(&ada, &own).await;
    refused(refusal, ErrorCode::NotFound, "channel_not_found");
    oruma_test_kit::eventually("it is told who left", || async {
        let told = messaging.told.events_of("messaging");
        let kinds: Vec<String> = told.into_iter().map(|event| event.kind).collect();
        let removed = kinds
            .iter()
            .filter(|kind| *kind == "messaging.member.removed.v1");
        removed.count() == 2 && kinds.contains(&"messaging.channel.deleted.v1".to_owned())
    })
    .await;
}
