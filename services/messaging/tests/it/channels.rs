//! Channels: making, changing, closing and listing them, and who takes part.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::messaging::v1 as proto;
use oruma_proto::messaging::v1::{ChannelVisibility, ConversationKind, MemberRole, MessageKind};
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::Caller;

use crate::support::{
    Messaging, NOTHING, admin, id_of, invalid_fields, name, no_conversation, not_participant,
    person, refused,
};

#[track_caller]
fn no_channel<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::NotFound, "channel_not_found");
}

#[track_caller]
fn not_admin<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_channel_admin");
}

#[track_caller]
fn not_creator<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Forbidden, "not_channel_creator");
}

#[track_caller]
fn creator_stays<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Conflict, "creator_stays");
}

/// What a channel says itself, oldest first.
async fn said(messaging: &Messaging, caller: &Caller, id: &str) -> Vec<String> {
    let mut history = messaging.history(caller, id).await;
    history.reverse();
    history.retain(|message| message.kind() == MessageKind::System);
    history.into_iter().map(|message| message.content).collect()
}

fn members(channel: &proto::GetChannelResponse) -> Vec<(String, MemberRole)> {
    let members = channel.members.iter();
    members
        .map(|one| (one.user_id.clone(), one.role()))
        .collect()
}

/// C-017, C-127, C-130, C-131.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_made_with_its_creator_and_members() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let made = messaging.private(&ada, "Team-A", &[&bob, &ada, &bob]).await;
    assert_eq!(made.name, "team-a");
    assert_eq!(
        (made.visibility(), made.role()),
        (ChannelVisibility::Private, MemberRole::Admin)
    );
    assert_eq!(
        (made.created_by.as_str(), made.member_count),
        (id_of(&ada).as_str(), 2)
    );
    let last = made.last_message.clone().unwrap();
    assert_eq!(
        (last.content.as_str(), last.sender_id.clone()),
        ("Channel created", id_of(&ada))
    );
    assert_eq!(
        (last.kind(), last.sequence, made.unread_count),
        (MessageKind::System, 1, 0)
    );
    let seen = messaging.look_at(&bob, &made.id).await.unwrap();
    let expected = [
        (id_of(&ada), MemberRole::Admin),
        (id_of(&bob), MemberRole::Member),
    ];
    assert_eq!(members(&seen), expected);
    assert_eq!(seen.channel.unwrap().role(), MemberRole::Member);
    not_participant(messaging.look_at(&eve, &made.id).await);
    assert_eq!(messaging.unread(&bob, &made.id).await, 0);
    // Everybody joins a public one by oneself.
    let public = ChannelVisibility::Unspecified;
    let open = messaging
        .try_create(&ada, "open", public, &[&bob])
        .await
        .unwrap();
    assert_eq!(
        (open.visibility(), open.member_count),
        (ChannelVisibility::Public, 1)
    );
    let kinds = messaging.kinds().await;
    assert_eq!(
        kinds[..4],
        [
            "channel.created",
            "member.added",
            "member.added",
            "message.sent"
        ]
    );
    let conversation = messaging.conversation(&bob, &made.id).await.unwrap();
    assert_eq!(
        (conversation.kind(), conversation.name.as_str()),
        (ConversationKind::Channel, "team-a")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_channel_is_named() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let wrong = ada.send(proto::CreateChannelRequest {
        name: "no spaces".to_owned(),
        description: "x".repeat(501),
        visibility: 0,
        member_ids: Vec::new(),
    });
    let refusal = messaging
        .channels()
        .create_channel(wrong)
        .await
        .map_err(RpcError::from);
    assert_eq!(invalid_fields(refusal), ["name", "description"]);
    let private = ChannelVisibility::Private;
    let nobody = messaging
        .try_create(&ada, "x", private, &[&person(2), &person(9_000)])
        .await;
    assert_eq!(invalid_fields(nobody), ["member_ids[1]"]);
    let wrong = ada.send(proto::CreateChannelRequest {
        name: "x".to_owned(),
        member_ids: vec!["nonsense".to_owned()],
        ..proto::CreateChannelRequest::default()
    });
    let refusal = messaging
        .channels()
        .create_channel(wrong)
        .await
        .map_err(RpcError::from);
    assert_eq!(invalid_fields(refusal), ["member_ids[0]"]);
    assert_eq!(messaging.count("messaging.conversations").await, 0);
}

/// However many want a name at once, one gets it; a closed channel gives it back.
#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique() {
    let messaging = Messaging::start().await;
    let public = ChannelVisibility::Public;
    let people: Vec<Caller> = (1..=20).map(person).collect();
    let made = join_all(
        people
            .iter()
            .map(|one| messaging.try_create(one, "GENERAL", public, &[])),
    )
    .await;
    let mut winners = Vec::new();
    for (made, who) in made.into_iter().zip(&people) {
        match made {
            Ok(channel) => winners.push((channel, who)),
            refusal => {
                refused(refusal, ErrorCode::AlreadyExists, "channel_name_taken");
            }
        }
    }
    assert_eq!(winners.len(), 1);
    let (channel, creator) = &winners[0];
    let other = messaging.public(&people[0], "other").await;
    let rename = proto::UpdateChannelRequest {
        channel_id: other.id.clone(),
        name: Some("General".to_owned()),
        ..proto::UpdateChannelRequest::default()
    };
    let refusal = messaging.update_channel(&people[0], rename.clone()).await;
    refused(refusal, ErrorCode::AlreadyExists, "channel_name_taken");
    messaging.close(creator, &channel.id).await.unwrap();
    messaging.update_channel(&people[0], rename).await.unwrap();
}

/// C-019, C-133: its administrators change it, and what changes nothing is told to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn administrators_change_a_channel() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob]).await.id;
    let change = |name: Option<&str>, description: Option<&str>| proto::UpdateChannelRequest {
        channel_id: id.clone(),
        name: name.map(str::to_owned),
        description: description.map(str::to_owned),
        visibility: 0,
    };
    not_admin(
        messaging
            .update_channel(&bob, change(Some("two"), None))
            .await,
    );
    not_participant(
        messaging
            .update_channel(&eve, change(Some("two"), None))
            .await,
    );
    not_participant(
        messaging
            .update_channel(&admin(), change(Some("two"), None))
            .await,
    );
    let wrong = messaging
        .update_channel(&ada, change(Some(""), Some(&"x".repeat(501))))
        .await;
    assert_eq!(invalid_fields(wrong), ["name", "description"]);
    messaging.execute("DELETE FROM messaging.outbox").await;
    let same = messaging
        .update_channel(&ada, change(Some("ONE"), Some("")))
        .await
        .unwrap();
    assert_eq!(same.name, "one");
    assert!(messaging.kinds().await.is_empty());
    let changed = messaging
        .update_channel(&ada, change(Some("two"), Some("What for")))
        .await
        .unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.description.as_str()),
        ("two", "What for")
    );
    let public = proto::UpdateChannelRequest {
        visibility: ChannelVisibility::Public.into(),
        ..change(None, None)
    };
    let changed = messaging.update_channel(&ada, public).await.unwrap();
    assert_eq!(
        (changed.visibility(), changed.description.as_str()),
        (ChannelVisibility::Public, "What for")
    );
    let expected = ["Channel created", "Channel updated", "Channel updated"];
    assert_eq!(said(&messaging, &bob, &id).await, expected);
    assert_eq!(
        messaging.kinds().await,
        ["channel.updated", "message.sent"].repeat(2)
    );
}

/// C-020, C-134: its creator and administrators of the community close it; its messages stay in the tables.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_channel_is_gone_for_all() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    for closer in [ada.clone(), admin()] {
        let id = messaging.private(&ada, "one", &[&bob]).await.id;
        messaging
            .set_role(&ada, &id, &bob, MemberRole::Admin)
            .await
            .unwrap();
        let message = messaging.say(&bob, &id, "hello").await;
        not_creator(messaging.close(&bob, &id).await);
        not_participant(messaging.close(&eve, &id).await);
        messaging.close(&closer, &id).await.unwrap();
        for caller in [&ada, &bob, &admin()] {
            no_channel(messaging.look_at(caller, &id).await);
            no_channel(messaging.close(caller, &id).await);
            no_conversation(messaging.list_messages(caller, &id, 0, "").await);
            no_conversation(messaging.try_send(caller, &id, "", "hello").await);
            no_conversation(messaging.conversation(caller, &id).await);
            not_participant(messaging.message(caller, &message.id).await);
        }
        let kept = format!("SELECT 1 FROM messaging.messages WHERE conversation_id = '{id}'");
        assert_eq!(messaging.rows(&kept).await.len(), 3);
        let members = format!("SELECT 1 FROM messaging.members WHERE conversation_id = '{id}'");
        assert!(messaging.rows(&members).await.is_empty());
        assert_eq!(messaging.kinds().await.last().unwrap(), "channel.deleted");
    }
    for unknown in [NOTHING, "nonsense", ""] {
        no_channel(messaging.look_at(&ada, unknown).await);
        no_channel(messaging.close(&admin(), unknown).await);
    }
}

/// C-021, C-135: everybody joins a public channel, and its members add others; only administrators add to a private one.
#[tokio::test(flavor = "multi_thread")]
async fn people_join_and_are_added() {
    use MemberRole::{Admin, Member, Unspecified};
    let messaging = Messaging::start().await;
    let (ada, bob, eve, zoe) = (person(1), person(2), person(3), person(4));
    let open = messaging.public(&ada, "open").await.id;
    not_participant(messaging.add(&bob, &open, &[&eve], Unspecified).await);
    not_participant(messaging.add(&bob, &open, &[&bob, &eve], Unspecified).await);
    not_admin(messaging.add(&bob, &open, &[&bob], Admin).await);
    let joined = messaging
        .add(&bob, &open, &[&bob], Unspecified)
        .await
        .unwrap();
    assert_eq!(
        (joined[0].user_id.clone(), joined[0].role()),
        (id_of(&bob), Member)
    );
    not_admin(messaging.add(&bob, &open, &[&eve], Admin).await);
    let added = messaging
        .add(&bob, &open, &[&eve, &ada, &eve], Member)
        .await
        .unwrap();
    let added: Vec<_> = added
        .iter()
        .map(|one| (one.user_id.clone(), one.role()))
        .collect();
    assert_eq!(
        added,
        [
            (id_of(&eve), Member),
            (id_of(&ada), Admin),
            (id_of(&eve), Member)
        ]
    );
    let closed = messaging.private(&ada, "closed", &[&bob]).await.id;
    not_admin(messaging.add(&bob, &closed, &[&eve], Unspecified).await);
    not_participant(messaging.add(&eve, &closed, &[&eve], Unspecified).await);
    not_participant(
        messaging
            .add(&admin(), &closed, &[&admin()], Unspecified)
            .await,
    );
    messaging.add(&ada, &closed, &[&eve], Admin).await.unwrap();
    messaging.add(&eve, &closed, &[&zoe], Member).await.unwrap();
    let expected = [
        "Channel created".to_owned(),
        format!("{} joined the channel", name(3)),
        format!("{} joined the channel", name(4)),
    ];
    assert_eq!(said(&messaging, &bob, &closed).await, expected);
    let seen = messaging.look_at(&ada, &closed).await.unwrap();
    assert_eq!(seen.channel.unwrap().member_count, 4);
    let nobody = messaging
        .add(&ada, &closed, &[&bob, &person(9_001)], Member)
        .await;
    assert_eq!(invalid_fields(nobody), ["user_ids[1]"]);
    let none = messaging.add(&ada, &closed, &[], Member).await;
    assert_eq!(invalid_fields(none), ["user_ids"]);
    no_channel(messaging.add(&ada, NOTHING, &[&bob], Member).await);
}

/// Many are added in few statements, and all are told in one order.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_added_at_once() {
    let messaging = Messaging::start().await;
    let ada = person(1);
    let id = messaging.private(&ada, "crowd", &[]).await.id;
    let crowd: Vec<Caller> = (2..=1_001).map(person).collect();
    let crowd: Vec<&Caller> = crowd.iter().collect();
    let added = messaging
        .add(&ada, &id, &crowd, MemberRole::Member)
        .await
        .unwrap();
    assert_eq!(added.len(), 1_000);
    let seen = messaging.look_at(&ada, &id).await.unwrap();
    assert_eq!(
        (seen.channel.unwrap().member_count, seen.members.len()),
        (1_001, 1_000)
    );
    let newest = messaging.history(&ada, &id).await;
    assert_eq!(
        newest[0].content,
        format!("{} joined the channel", name(1_001))
    );
    assert_eq!(newest[0].sequence, 1_001);
    let kinds = messaging.kinds().await;
    assert_eq!(
        kinds.iter().filter(|kind| *kind == "member.added").count(),
        1_001
    );
    assert_eq!(kinds.last().unwrap(), "message.sent");
    // Whoever was just added has read what was said before.
    assert_eq!(messaging.unread(&person(2), &id).await, 0);
    messaging.say(&ada, &id, "hello").await;
    assert_eq!(messaging.unread(&person(2), &id).await, 1);
}

/// The number of members is exact, however many come and go at once, and never more than allowed.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_counted_under_concurrency() {
    let messaging = Messaging::with(|config| config.channel_members = 30).await;
    let ada = person(1);
    let id = messaging.public(&ada, "busy").await.id;
    let people: Vec<Caller> = (2..=60).map(person).collect();
    let coming = people.iter().enumerate().map(async |(nth, one)| {
        let joined = messaging.add(one, &id, &[one], MemberRole::Member).await;
        match joined {
            Ok(_) if nth % 3 == 0 => messaging.remove(one, &id, one).await.unwrap(),
            Ok(_) => {}
            refusal => {
                refused(refusal, ErrorCode::Conflict, "channel_full");
            }
        }
    });
    join_all(coming).await;
    let counted = messaging
        .rows("SELECT c.member_count, (SELECT count(*) FROM messaging.members m WHERE m.conversation_id = c.id) AS rows FROM messaging.conversations c")
        .await;
    assert_eq!(counted[0]["member_count"], counted[0]["rows"]);
    assert!(counted[0]["rows"].as_i64().unwrap() <= 30);
    let last: Vec<&Caller> = people.iter().collect();
    let refusal = messaging.add(&ada, &id, &last, MemberRole::Member).await;
    refused(refusal, ErrorCode::Conflict, "channel_full");
}

/// C-022, C-136.
#[tokio::test(flavor = "multi_thread")]
async fn people_leave_and_are_removed() {
    let messaging = Messaging::start().await;
    let (ada, bob, eve, zoe) = (person(1), person(2), person(3), person(4));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    not_admin(messaging.remove(&bob, &id, &eve).await);
    not_participant(messaging.remove(&zoe, &id, &eve).await);
    not_participant(messaging.remove(&zoe, &id, &zoe).await);
    not_participant(messaging.remove(&admin(), &id, &eve).await);
    let refusal = messaging.remove(&ada, &id, &zoe).await;
    refused(refusal, ErrorCode::NotFound, "member_not_found");
    creator_stays(messaging.remove(&ada, &id, &ada).await);
    messaging
        .set_role(&ada, &id, &bob, MemberRole::Admin)
        .await
        .unwrap();
    creator_stays(messaging.remove(&bob, &id, &ada).await);
    messaging.execute("DELETE FROM messaging.outbox").await;
    messaging.remove(&bob, &id, &eve).await.unwrap();
    messaging.remove(&bob, &id, &bob).await.unwrap();
    not_participant(messaging.try_send(&bob, &id, "", "hello").await);
    not_participant(messaging.list_messages(&eve, &id, 0, "").await);
    assert_eq!(
        messaging.kinds().await,
        ["member.removed", "message.sent"].repeat(2)
    );
    let said = said(&messaging, &ada, &id).await;
    assert_eq!(
        said[2..],
        [3, 2].map(|number| format!("{} left the channel", name(number)))
    );
    let history = messaging.history(&ada, &id).await;
    assert_eq!(
        (history[0].sender_id.clone(), history[1].sender_id.clone()),
        (id_of(&bob), id_of(&bob))
    );
}

/// C-023, C-137.
#[tokio::test(flavor = "multi_thread")]
async fn the_creator_says_who_administers() {
    use MemberRole::{Admin, Member};
    let messaging = Messaging::start().await;
    let (ada, bob, eve) = (person(1), person(2), person(3));
    let id = messaging.private(&ada, "one", &[&bob, &eve]).await.id;
    messaging.set_role(&ada, &id, &bob, Admin).await.unwrap();
    not_creator(messaging.set_role(&bob, &id, &eve, Admin).await);
    not_creator(messaging.set_role(&eve, &id, &eve, Admin).await);
    not_participant(messaging.set_role(&person(4), &id, &eve, Admin).await);
    not_participant(messaging.set_role(&admin(), &id, &eve, Admin).await);
    creator_stays(messaging.set_role(&ada, &id, &ada, Member).await);
    let refusal = messaging.set_role(&ada, &id, &person(4), Admin).await;
    refused(refusal, ErrorCode::NotFound, "member_not_found");
    let wrong = messaging
        .set_role(&ada, &id, &eve, MemberRole::Unspecified)
        .await;
    assert_eq!(invalid_fields(wrong), ["role"]);
    messaging.set_role(&ada, &id, &bob, Admin).await.unwrap();
    messaging.set_role(&ada, &id, &bob, Member).await.unwrap();
    let expected = [
        "Channel created".to_owned(),
        format!("{} is now an admin", name(2)),
        format!("{} is now a member", name(2)),
    ];
    assert_eq!(said(&messaging, &bob, &id).await, expected);
    let changed = messaging.kinds().await;
    assert_eq!(
        changed
            .iter()
            .filter(|kind| *kind == "member.role_changed")
            .count(),
        2
    );
}

/// C-016, C-068, C-129.
#[tokio::test(flavor = "multi_thread")]
async fn channels_are_listed_by_activity() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    messaging.send(&ada, &bob, "no channel").await;
    let mut ids = Vec::new();
    for nth in 0..4 {
        messaging.clock.advance(TimeDelta::seconds(1));
        let name = format!("channel-{nth}");
        let made = if nth % 2 == 0 {
            messaging.public(&ada, &name).await
        } else {
            messaging.private(&ada, &name, &[&bob]).await
        };
        ids.push(made.id);
    }
    messaging.clock.advance(TimeDelta::seconds(1));
    messaging.say(&ada, &ids[1], "news").await;
    let list = async |caller: &Caller, visibility: ChannelVisibility, discover, offset| {
        let list = proto::ListChannelsRequest {
            visibility: visibility.into(),
            discover,
            page_size: 3,
            offset,
        };
        let page = messaging.list_channels(caller, list).await.unwrap();
        let names: Vec<String> = page.channels.iter().map(|one| one.name.clone()).collect();
        (names, page.total)
    };
    let all = ChannelVisibility::Unspecified;
    let named = |numbers: &[u16]| -> Vec<String> {
        numbers.iter().map(|nth| format!("channel-{nth}")).collect()
    };
    assert_eq!(list(&ada, all, false, 0).await, (named(&[1, 3, 2]), 4));
    assert_eq!(list(&ada, all, false, 3).await, (named(&[0]), 4));
    assert_eq!(list(&ada, all, false, 99_999).await, (named(&[]), 4));
    assert_eq!(
        list(&ada, ChannelVisibility::Public, false, 0).await,
        (named(&[2, 0]), 2)
    );
    assert_eq!(list(&bob, all, false, 0).await, (named(&[1, 3]), 2));
    assert_eq!(list(&bob, all, true, 0).await, (named(&[2, 0]), 2));
    assert_eq!(
        list(&bob, ChannelVisibility::Private, true, 0).await,
        (named(&[]), 0)
    );
    assert_eq!(list(&ada, all, true, 0).await, (named(&[]), 0));
    let page = messaging
        .list_channels(&bob, proto::ListChannelsRequest::default())
        .await
        .unwrap();
    let newest = &page.channels[0];
    assert_eq!((newest.unread_count, newest.member_count), (1, 2));
    assert_eq!(newest.last_message.as_ref().unwrap().content, "news");
    let discovered = proto::ListChannelsRequest {
        discover: true,
        ..proto::ListChannelsRequest::default()
    };
    let page = messaging.list_channels(&bob, discovered).await.unwrap();
    assert!(
        page.channels
            .iter()
            .all(|one| one.last_message.is_none() && one.unread_count == 0)
    );
    for (field, page_size, offset) in [("page_size", -1, 0), ("offset", 0, -1)] {
        let wrong = proto::ListChannelsRequest {
            page_size,
            offset,
            ..proto::ListChannelsRequest::default()
        };
        assert_eq!(
            invalid_fields(messaging.list_channels(&ada, wrong).await),
            [field]
        );
    }
    // What knows only direct conversations goes on showing those.
    let direct = messaging
        .list(&bob, &[ConversationKind::Direct], 0, "")
        .await
        .unwrap();
    assert_eq!(direct.conversations.len(), 1);
    let whole = messaging.list(&bob, &[], 0, "").await.unwrap();
    assert_eq!(whole.conversations.len(), 3);
}

/// Sockets learn which larger conversations somebody takes part in.
#[tokio::test(flavor = "multi_thread")]
async fn memberships_are_the_larger_conversations() {
    let messaging = Messaging::start().await;
    let (ada, bob) = (person(1), person(2));
    messaging.send(&ada, &bob, "direct").await;
    let one = messaging.private(&ada, "one", &[&bob]).await.id;
    messaging.clock.advance(TimeDelta::seconds(1));
    let two = messaging.public(&bob, "two").await.id;
    assert_eq!(
        messaging.memberships(&id_of(&bob)).await.unwrap(),
        [two, one.clone()]
    );
    messaging.remove(&bob, &one, &bob).await.unwrap();
    assert_eq!(
        messaging.memberships(&id_of(&ada)).await.unwrap(),
        [one.clone()]
    );
    messaging.close(&ada, &one).await.unwrap();
    assert_eq!(messaging.memberships(&id_of(&ada)).await.unwrap(), [""; 0]);
    assert_eq!(
        invalid_fields(messaging.memberships("nonsense").await),
        ["user_id"]
    );
}
