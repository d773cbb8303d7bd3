//! Channels and who takes part: who may what, and what is told of it.

use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_service_runtime::Random;
use serde_json::{Value, json};

use crate::support::{ADMIN, both_ways, chat, keys, member, refused};

both_ways!(
    a_channel_has_the_fields_of_the_contract,
    names_are_unique_and_plain,
    a_private_channel_is_for_its_members,
    public_channels_are_found_and_joined,
    administrators_change_a_channel_and_others_do_not,
    only_the_creator_promotes_and_stays,
    members_leave_and_are_removed,
    a_channel_is_closed_by_its_creator_or_the_community,
    channels_come_by_activity_with_what_is_unread,
);

/// A name like no other.
pub(crate) fn name() -> String {
    format!("room-{:016x}", u64::from_be_bytes(Random::system().bytes()))
}

/// Makes a channel.
pub(crate) async fn create(api: &Client, by: &Member, r#type: &str, members: &[&Member]) -> Value {
    let members: Vec<&str> = members.iter().map(|one| one.id.as_str()).collect();
    let body = json!({"name": name(), "type": r#type, "members": members});
    let answer = api.post_as(by, "/api/chat/channels", &body).await;
    answer.must_be(201).json()["channel"].clone()
}

/// The id of a thing.
pub(crate) fn id(thing: &Value) -> &str {
    thing["id"].as_str().expect("an id")
}

/// Where a channel is.
pub(crate) fn at(channel: &Value) -> String {
    format!("/api/chat/channels/{}", id(channel))
}

/// Adds people.
pub(crate) async fn add(api: &Client, by: &Member, channel: &Value, whom: &[&Member]) -> Answer {
    let ids: Vec<&str> = whom.iter().map(|one| one.id.as_str()).collect();
    let path = format!("{}/members", at(channel));
    api.post_as(by, &path, &json!({"userIds": ids})).await
}

/// A PUT of JSON by somebody.
pub(crate) async fn put(api: &Client, by: &Member, path: &str, body: &Value) -> Answer {
    let call = api.call("PUT", path).json(body);
    call.bearer(&by.token).send().await
}

/// The texts of the newest messages of the channel itself.
async fn notices(api: &Client, by: &Member, channel: &Value) -> Vec<String> {
    let path = format!("{}/messages", at(channel));
    let page = api.get_as(by, &path).await.must_be(200).json();
    let messages = page["messages"].as_array().expect("a list");
    let system = messages.iter().filter(|one| one["type"] == "system");
    system
        .map(|one| one["content"].as_str().expect("a text").to_owned())
        .collect()
}

/// C-017, C-018, C-130, C-131.
async fn a_channel_has_the_fields_of_the_contract(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let name = name();
    let body = json!({"name": name.to_uppercase(), "type": "private", "members": [ben.id], "description": "<b>"});
    let answer = api.post_as(&ada, "/api/chat/channels", &body).await;
    let channel = answer.must_be(201).json()["channel"].clone();
    let fields = [
        "createdAt",
        "createdBy",
        "description",
        "id",
        "memberCount",
        "name",
        "type",
    ];
    assert_eq!(keys(&channel), fields);
    assert_eq!(channel["name"], name, "a name is stored in lower case");
    assert_eq!(
        (&channel["createdBy"], &channel["memberCount"]),
        (&json!(ada.id), &json!(2))
    );
    let ben = api.signed_in(&ben.person).await;
    let detail = api.get_as(&ben, &at(&channel)).await.must_be(200).json();
    let members = detail["channel"]["members"].as_array().expect("a list");
    let of_member = [
        "avatar", "email", "joinedAt", "name", "role", "status", "userId",
    ];
    assert_eq!(keys(&members[0]), of_member);
    let roles: Vec<_> = members
        .iter()
        .map(|one| (&one["userId"], &one["role"]))
        .collect();
    assert_eq!(
        roles,
        [
            (&json!(ada.id), &json!("admin")),
            (&json!(ben.id), &json!("member"))
        ]
    );
    assert_eq!(
        members[1]["status"], "online",
        "whoever has signed in is there"
    );
    assert!(
        notices(&api, &ben, &channel)
            .await
            .contains(&"Channel created".to_owned())
    );
}

/// C-127, C-128.
async fn names_are_unique_and_plain(deployment: &Deployment) {
    let api = chat(deployment);
    let ada = member(deployment).await;
    let channel = create(&api, &ada, "public", &[]).await;
    let create = async |body: Value| api.post_as(&ada, "/api/chat/channels", &body).await;
    let again = create(json!({"name": channel["name"], "type": "public"})).await;
    refused(&again, 409, "channel_name_taken", &[]);
    for (field, body) in [
        ("name", json!({"name": "no spaces", "type": "public"})),
        ("name", json!({"type": "public"})),
        (
            "description",
            json!({"name": name(), "description": "x".repeat(501)}),
        ),
        ("type", json!({"name": name(), "type": "secret"})),
    ] {
        let answer = create(body).await;
        refused(&answer, 400, "validation_failed", &[field]);
    }
    let nobody = api.post("/api/chat/channels", &json!({})).send().await;
    assert_eq!(nobody.status, 401, "{nobody}");
    // C-019: nor does a change take somebody else's name.
    let other = self::create(&api, &ada, "public", &[]).await;
    let answer = put(&api, &ada, &at(&other), &json!({"name": channel["name"]})).await;
    refused(&answer, 409, "channel_name_taken", &[]);
}

/// C-132, C-135.
async fn a_private_channel_is_for_its_members(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "private", &[&ben]).await;
    refused(
        &api.get_as(&eve, &at(&channel)).await,
        403,
        "not_participant",
        &[],
    );
    let messages = format!("{}/messages", at(&channel));
    refused(
        &api.get_as(&eve, &messages).await,
        403,
        "not_participant",
        &[],
    );
    let send = format!("{messages}/send");
    let said = api
        .post_as(&eve, &send, &json!({"content": "hello?"}))
        .await;
    refused(&said, 403, "not_participant", &[]);
    refused(
        &add(&api, &eve, &channel, &[&eve]).await,
        403,
        "not_participant",
        &[],
    );
    refused(
        &add(&api, &ben, &channel, &[&eve]).await,
        403,
        "not_channel_admin",
        &[],
    );
    let added = add(&api, &ada, &channel, &[&eve]).await.must_be(200).json();
    assert_eq!(
        added,
        json!({"success": true, "members": [{"userId": eve.id, "name": eve.person.name, "role": "member"}]})
    );
    let joined = format!("{} joined the channel", eve.person.name);
    assert!(notices(&api, &eve, &channel).await.contains(&joined));
    let nowhere = "/api/chat/channels/00000000-0000-7000-8000-000000000000";
    refused(
        &api.get_as(&ada, nowhere).await,
        404,
        "channel_not_found",
        &[],
    );
    assert_eq!(
        api.get_as(&ada, "/api/chat/channels/nonsense").await.status,
        404
    );
}

/// C-016, C-068: what one may join is listed apart, and the messages are for those who have.
async fn public_channels_are_found_and_joined(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "public", &[]).await;
    let secret = create(&api, &ada, "private", &[]).await;
    let listed = async |query: &str| {
        let path = format!("/api/chat/channels?{query}&limit=100");
        let page = api.get_as(&eve, &path).await.must_be(200).json();
        assert_eq!(keys(&page), ["channels", "total"]);
        let channels = page["channels"].as_array().expect("a list").clone();
        channels
            .iter()
            .map(|one| id(one).to_owned())
            .collect::<Vec<_>>()
    };
    assert!(listed("type=all").await.is_empty());
    let found = listed("type=public&discover=true").await;
    assert!(found.contains(&id(&channel).to_owned()));
    assert!(!found.contains(&id(&secret).to_owned()));
    let detail = api.get_as(&eve, &at(&channel)).await.must_be(200).json();
    assert_eq!(detail["channel"]["id"], channel["id"]);
    let messages = format!("{}/messages", at(&channel));
    refused(
        &api.get_as(&eve, &messages).await,
        403,
        "not_participant",
        &[],
    );
    let _ = add(&api, &eve, &channel, &[&eve]).await.must_be(200);
    let _ = api.get_as(&eve, &messages).await.must_be(200);
    assert_eq!(listed("type=public").await, [id(&channel)]);
    assert!(listed("type=private").await.is_empty());
    assert!(
        !listed("type=public&discover=true")
            .await
            .contains(&id(&channel).to_owned())
    );
    let wrong = api.get_as(&eve, "/api/chat/channels?type=secret").await;
    refused(&wrong, 400, "validation_failed", &["type"]);
}

/// C-019, C-133.
async fn administrators_change_a_channel_and_others_do_not(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "public", &[]).await;
    let _ = add(&api, &ben, &channel, &[&ben]).await.must_be(200);
    let change = json!({"description": "about nothing", "type": "private"});
    refused(
        &put(&api, &ben, &at(&channel), &change).await,
        403,
        "not_channel_admin",
        &[],
    );
    refused(
        &put(&api, &eve, &at(&channel), &change).await,
        403,
        "not_participant",
        &[],
    );
    let changed = put(&api, &ada, &at(&channel), &change)
        .await
        .must_be(200)
        .json()["channel"]
        .clone();
    assert_eq!(
        (&changed["description"], &changed["type"], &changed["name"]),
        (&json!("about nothing"), &json!("private"), &channel["name"])
    );
    assert!(
        notices(&api, &ada, &channel)
            .await
            .contains(&"Channel updated".to_owned())
    );
    let cleared = put(&api, &ada, &at(&channel), &json!({"description": null})).await;
    assert_eq!(
        cleared.must_be(200).json()["channel"]["description"],
        Value::Null
    );
    let wrong = json!({"type": "secret"});
    refused(
        &put(&api, &ada, &at(&channel), &wrong).await,
        400,
        "validation_failed",
        &["type"],
    );
    // Whoever may not is told that, not what is wrong besides.
    assert_eq!(put(&api, &eve, &at(&channel), &wrong).await.status, 403);
}

/// C-023, C-137.
async fn only_the_creator_promotes_and_stays(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "private", &[&ben, &eve]).await;
    let of = |whom: &Member| format!("{}/members/{}", at(&channel), whom.id);
    let admin = json!({"role": "admin"});
    let success = json!({"success": true});
    refused(
        &put(&api, &ben, &of(&eve), &admin).await,
        403,
        "not_channel_creator",
        &[],
    );
    assert_eq!(
        put(&api, &ada, &of(&ben), &admin).await.must_be(200).json(),
        success
    );
    let told = format!("{} is now an admin", ben.person.name);
    assert!(notices(&api, &ben, &channel).await.contains(&told));
    // An administrator, too, promotes nobody, and nobody touches the creator.
    refused(
        &put(&api, &ben, &of(&eve), &admin).await,
        403,
        "not_channel_creator",
        &[],
    );
    let removed = api.call_as(&ben, "DELETE", &of(&ada)).await;
    refused(&removed, 403, "creator_stays", &[]);
    let left = api.call_as(&ada, "DELETE", &of(&ada)).await;
    refused(&left, 403, "creator_stays", &[]);
    refused(
        &put(&api, &ada, &of(&ben), &json!({"role": "king"})).await,
        400,
        "validation_failed",
        &["role"],
    );
    let stranger = member(deployment).await;
    refused(
        &put(&api, &ada, &of(&stranger), &admin).await,
        404,
        "member_not_found",
        &[],
    );
}

/// C-022, C-136.
async fn members_leave_and_are_removed(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben, eve) = (
        member(deployment).await,
        member(deployment).await,
        member(deployment).await,
    );
    let channel = create(&api, &ada, "private", &[&ben, &eve]).await;
    let of = |whom: &Member| format!("{}/members/{}", at(&channel), whom.id);
    refused(
        &api.call_as(&ben, "DELETE", &of(&eve)).await,
        403,
        "not_channel_admin",
        &[],
    );
    let gone = api
        .call_as(&ada, "DELETE", &of(&eve))
        .await
        .must_be(200)
        .json();
    assert_eq!(gone, json!({"success": true}));
    refused(
        &api.get_as(&eve, &at(&channel)).await,
        403,
        "not_participant",
        &[],
    );
    let _ = api.call_as(&ben, "DELETE", &of(&ben)).await.must_be(200);
    let told = format!("{} left the channel", ben.person.name);
    assert!(notices(&api, &ada, &channel).await.contains(&told));
    refused(
        &api.call_as(&ada, "DELETE", &of(&ben)).await,
        404,
        "member_not_found",
        &[],
    );
}

/// C-020, C-134.
async fn a_channel_is_closed_by_its_creator_or_the_community(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    refused(
        &api.call_as(&ben, "DELETE", &at(&channel)).await,
        403,
        "not_channel_creator",
        &[],
    );
    let closed = api
        .call_as(&ada, "DELETE", &at(&channel))
        .await
        .must_be(200)
        .json();
    assert_eq!(closed, json!({"success": true}));
    refused(
        &api.get_as(&ada, &at(&channel)).await,
        404,
        "channel_not_found",
        &[],
    );
    let messages = format!("{}/messages", at(&channel));
    assert_eq!(api.get_as(&ben, &messages).await.status, 404);
    // Its name is free again.
    let body = json!({"name": channel["name"], "type": "public"});
    let _ = api
        .post_as(&ben, "/api/chat/channels", &body)
        .await
        .must_be(201);
    let other = create(&api, &ada, "private", &[]).await;
    let credentials = json!({"email": ADMIN.0, "password": ADMIN.1});
    let root = api
        .post("/api/auth/login", &credentials)
        .send()
        .await
        .must_be(200);
    let token = root.json()["token"].as_str().expect("a token").to_owned();
    let closed = api.call("DELETE", &at(&other)).bearer(&token).send().await;
    assert_eq!(closed.status, 200, "{closed}");
}

/// C-129: by the newest activity; own messages are never unread, and reading makes none so.
async fn channels_come_by_activity_with_what_is_unread(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let older = create(&api, &ada, "private", &[&ben]).await;
    let newer = create(&api, &ada, "private", &[&ben]).await;
    let send = format!("{}/messages/send", at(&older));
    let _ = api
        .post_as(&ada, &send, &json!({"content": "news"}))
        .await
        .must_be(201);
    let list = async |of: &Member, query: &str| {
        let path = format!("/api/chat/channels?{query}");
        api.get_as(of, &path).await.must_be(200).json()
    };
    let page = list(&ben, "").await;
    let channels = page["channels"].as_array().expect("a list");
    assert_eq!(
        (id(&channels[0]), id(&channels[1])),
        (id(&older), id(&newer))
    );
    let last = &channels[0]["lastMessage"];
    assert_eq!(last["content"], "news");
    assert_eq!(last["user"], json!({"id": ada.id, "name": ada.person.name}));
    assert!(
        channels[0]["unreadCount"]
            .as_i64()
            .is_some_and(|count| count > 0)
    );
    assert_eq!(list(&ada, "").await["channels"][0]["unreadCount"], 0);
    let read = format!("{}/messages", at(&older));
    let answer = api.get_as(&ben, &read).await.must_be(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(list(&ben, "").await["channels"][0]["unreadCount"], 0);
    let page = list(&ben, "limit=1&offset=1").await;
    assert_eq!(
        (page["total"].as_i64(), id(&page["channels"][0])),
        (Some(2), id(&newer))
    );
}
