//! Notifications: made, listed, pushed, silenced, read.

use oruma_e2e::{Client, Deployment, Member, Socket};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::channels::{create, put};
use crate::messages::{of, say};
use crate::support::{both_ways, chat, keys, member, refused};

both_ways!(
    what_concerns_one_is_listed_and_read,
    a_silent_notification_is_listed_and_not_pushed,
    settings_change_by_parts,
);

async fn list(api: &Client, of: &Member) -> Value {
    let answer = api.get_as(of, "/api/notifications").await;
    answer.must_be(200).json()
}

/// Waits for a notification of a type, and returns it.
async fn noted(api: &Client, of: &Member, r#type: &str) -> Value {
    let mut found = Value::Null;
    let seen = std::sync::Mutex::new(&mut found);
    eventually(&format!("{} is noted", r#type), || async {
        let page = list(api, of).await;
        let all = page["notifications"].as_array().expect("a list");
        let one = all.iter().find(|one| one["type"] == r#type).cloned();
        let is_there = one.is_some();
        if let Some(one) = one {
            **seen.lock().expect("a lock") = one;
        }
        is_there
    })
    .await;
    found
}

/// C-061, C-062, C-141.
async fn what_concerns_one_is_listed_and_read(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let invited = noted(&api, &ben, "channel_invite").await;
    let fields = [
        "channelId",
        "createdAt",
        "id",
        "message",
        "messageId",
        "read",
        "type",
    ];
    assert_eq!(keys(&invited), fields);
    assert_eq!(
        (&invited["channelId"], &invited["read"]),
        (&channel["id"], &json!(false))
    );
    let name = channel["name"].as_str().expect("a name");
    assert_eq!(
        invited["message"],
        format!("{} added you to #{name}", ada.person.name)
    );
    let me = chat(deployment).me(&ben.token).await.must_be(200).json();
    assert!(me["user"]["id"] == ben.id);
    // The handle is what the hub shows of a person.
    let handle = handle(deployment, &ben).await;
    let message = say(&api, &ada, &channel, &format!("well, @{handle}?")).await;
    let mention = noted(&api, &ben, "mention").await;
    assert_eq!(mention["messageId"], message["id"]);
    let sentence = mention["message"].as_str().expect("a sentence");
    assert!(
        sentence.starts_with(&format!("{} mentioned you in #{name}", ada.person.name)),
        "{sentence}"
    );
    let answer = say(&api, &ben, &channel, "well.").await;
    let path = format!("{}/reactions", of(&channel, &answer));
    let _ = api
        .post_as(&ada, &path, &json!({"emoji": "👍"}))
        .await
        .must_be(200);
    noted(&api, &ben, "reaction").await;
    assert!(
        list(&api, &ben).await["unreadCount"]
            .as_i64()
            .is_some_and(|count| count >= 3)
    );
    let ids = json!({"notificationIds": [mention["id"], "nonsense", ada.id]});
    let read = put(&api, &ben, "/api/notifications/read", &ids).await;
    assert!(read.status == 200 || read.status == 400, "{read}");
    let ids = json!({"notificationIds": [mention["id"]]});
    let read = put(&api, &ben, "/api/notifications/read", &ids)
        .await
        .must_be(200);
    assert_eq!(read.json(), json!({"success": true}));
    let left = list(&api, &ben).await;
    let left = left["notifications"].as_array().expect("a list");
    assert!(left.iter().all(|one| one["id"] != mention["id"]));
    let all = api
        .get_as(&ben, "/api/notifications?all=true")
        .await
        .must_be(200)
        .json();
    let all = all["notifications"].as_array().expect("a list").clone();
    assert!(
        all.iter()
            .any(|one| one["id"] == mention["id"] && one["read"] == true)
    );
    refused(
        &put(&api, &ben, "/api/notifications/read", &json!({})).await,
        400,
        "validation_failed",
        &["notificationIds"],
    );
}

async fn handle(deployment: &Deployment, of: &Member) -> String {
    let hub = deployment.client();
    let on_hub = hub.signed_in(&of.person).await;
    let post = json!({"content": "who am I?", "type": "general"});
    let post = hub.post_as(&on_hub, "/api/posts", &post).await;
    let post = post.must_be(201).json();
    let username = post
        .pointer("/post/username")
        .or_else(|| post.get("username"));
    username
        .and_then(Value::as_str)
        .expect("a handle")
        .to_owned()
}

/// C-105, C-176: what is pushed follows in order, so that what is not pushed has not come by then.
async fn a_silent_notification_is_listed_and_not_pushed(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let quiet = create(&api, &ada, "private", &[&ben]).await;
    let loud = create(&api, &ada, "private", &[&ben]).await;
    noted(&api, &ben, "channel_invite").await;
    let handle = handle(deployment, &ben).await;
    let mut channels = serde_json::Map::new();
    let id = quiet["id"].as_str().expect("an id");
    channels.insert(
        id.to_owned(),
        json!({"enabled": false, "mentions": "nothing"}),
    );
    let body = json!({"channels": channels});
    let _ = put(&api, &ben, "/api/notifications/settings", &body)
        .await
        .must_be(200);
    let mut at_ben = Socket::chat(api.gateway(), &ben, "/ws/notifications", None).await;
    let silent = say(&api, &ada, &quiet, &format!("psst @{handle}")).await;
    eventually("the silent one is listed", || async {
        let page = list(&api, &ben).await;
        let all = page["notifications"].as_array().expect("a list").clone();
        all.iter().any(|one| one["messageId"] == silent["id"])
    })
    .await;
    let told = say(&api, &ada, &loud, &format!("hey @{handle}")).await;
    loop {
        let frame = at_ben.next_of("notification:new").await;
        assert_ne!(frame["data"]["messageId"], silent["id"], "{frame}");
        if frame["data"]["messageId"] == told["id"] {
            assert_eq!(frame["data"]["type"], "mention");
            break;
        }
    }
}

/// C-059, C-060.
async fn settings_change_by_parts(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let path = "/api/notifications/settings";
    let settings = api.get_as(&ada, path).await.must_be(200).json()["settings"].clone();
    assert_eq!(
        keys(&settings),
        ["channels", "dnd", "enabled", "soundEnabled"]
    );
    assert_eq!(
        (&settings["enabled"], &settings["channels"]),
        (&json!(true), &json!({}))
    );
    let dnd = json!({"enabled": true, "startTime": "22:00", "endTime": "07:00"});
    let changed = put(
        &api,
        &ada,
        path,
        &json!({"soundEnabled": false, "dnd": dnd}),
    )
    .await;
    let changed = changed.must_be(200).json()["settings"].clone();
    assert_eq!(
        (
            &changed["enabled"],
            &changed["soundEnabled"],
            &changed["dnd"]
        ),
        (&json!(true), &json!(false), &dnd)
    );
    let changed = put(&api, &ada, path, &json!({"dnd": {"enabled": false}}))
        .await
        .must_be(200);
    let dnd = json!({"enabled": false, "startTime": "22:00", "endTime": "07:00"});
    assert_eq!(changed.json()["settings"]["dnd"], dnd);
    let wrong = json!({"dnd": {"enabled": true, "startTime": "25:00", "endTime": "07:00"}});
    assert_eq!(put(&api, &ada, path, &wrong).await.status, 400);
    let channel = create(&api, &eve, "private", &[]).await;
    let id = channel["id"].as_str().expect("an id");
    let foreign = json!({"channels": {id: {"mentions": "nothing"}}});
    assert_eq!(put(&api, &ada, path, &foreign).await.status, 400);
    let set = put(
        &api,
        &eve,
        path,
        &json!({"channels": {id: {"mentions": "mentions"}}}),
    )
    .await;
    let set = set.must_be(200).json()["settings"]["channels"].clone();
    assert_eq!(set, json!({id: {"enabled": true, "mentions": "mentions"}}));
}
