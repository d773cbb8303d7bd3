//! Pinned messages.

use oruma_e2e::Deployment;
use serde_json::json;

use crate::channels::{at, create, put};
use crate::messages::{of, say};
use crate::support::{both_ways, chat, member, refused};

both_ways!(administrators_pin_up_to_ten);

/// C-030, C-031, C-149: also with two at once for the last place.
async fn administrators_pin_up_to_ten(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, ben) = (member(deployment).await, member(deployment).await);
    let channel = create(&api, &ada, "private", &[&ben]).await;
    let mut paths = Vec::new();
    for count in 0..12 {
        let message = say(&api, &ada, &channel, &count.to_string()).await;
        paths.push(format!("{}/pin", of(&channel, &message)));
    }
    let refusal = api.call_as(&ben, "POST", &paths[0]).await;
    refused(&refusal, 403, "not_channel_admin", &[]);
    for path in &paths[..9] {
        let pinned = api.call_as(&ada, "POST", path).await.must_be(200).json();
        assert_eq!(pinned, json!({"success": true}));
    }
    let last = futures::join!(
        api.call_as(&ada, "POST", &paths[9]),
        api.call_as(&ada, "POST", &paths[10]),
        api.call_as(&ada, "POST", &paths[11])
    );
    let mut statuses = [last.0.status, last.1.status, last.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409]);
    // Once more is no eleventh.
    assert_eq!(api.call_as(&ada, "POST", &paths[0]).await.status, 200);
    let refusal = api.call_as(&ben, "DELETE", &paths[0]).await;
    refused(&refusal, 403, "not_channel_admin", &[]);
    assert_eq!(api.call_as(&ada, "DELETE", &paths[0]).await.status, 200);
    let page = api
        .get_as(&ben, &format!("{}/messages?limit=100", at(&channel)))
        .await;
    let page = page.must_be(200).json();
    let messages = page["messages"].as_array().expect("a list");
    let pinned = messages.iter().filter(|one| one["isPinned"] == true);
    assert_eq!(pinned.count(), 9);
    let name = &ada.person.name;
    for (words, times) in [("pinned a message", 10), ("unpinned a message", 1)] {
        let notice = json!(format!("{name} {words}"));
        let told = messages.iter().filter(|one| one["content"] == notice);
        assert_eq!(told.count(), times, "{words}");
    }
    // Whoever becomes an administrator may.
    let role = format!("{}/members/{}", at(&channel), ben.id);
    let _ = put(&api, &ada, &role, &json!({"role": "admin"}))
        .await
        .must_be(200);
    assert_eq!(api.call_as(&ben, "POST", &paths[0]).await.status, 200);
}
