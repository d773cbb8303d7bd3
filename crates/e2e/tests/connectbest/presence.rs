//! Who is there, and how.

use oruma_e2e::{Client, Deployment, Member, Plan, Socket};
use oruma_test_kit::eventually;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::channels::put;
use crate::support::{chat, member};

/// Quick to be away, for all scenarios here.
mod quick {
    use super::*;

    fn plan(plan: Plan) -> Plan {
        plan.env("PRESENCE_AWAY_SECONDS", "3")
            .env("PRESENCE_GRACE_SECONDS", "1")
    }

    pub(crate) async fn standalone() -> &'static Deployment {
        static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
        let start = || plan(Deployment::standalone()).start();
        DEPLOYMENT.get_or_init(start).await
    }

    pub(crate) async fn distributed() -> &'static Deployment {
        static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
        let start = || plan(Deployment::distributed().gateways(2)).start();
        DEPLOYMENT.get_or_init(start).await
    }
}
pub(crate) use quick::{distributed, standalone};

oruma_e2e::both_ways!(presence:
    everybody_is_told_how_somebody_is,
    whoever_does_nothing_is_away_and_comes_back,
    whoever_says_offline_is_not_seen,
);

/// Waits until somebody is told to be in a state.
async fn told(socket: &mut Socket, of: &Member, status: &str) -> Value {
    loop {
        let frame = socket.next_of("presence:changed").await;
        let data = frame["data"].clone();
        if data["userId"] == json!(of.id) && data["status"] == status {
            return data;
        }
    }
}

async fn set(api: &Client, of: &Member, status: &str) {
    let body = json!({"status": status});
    let _ = put(api, of, "/api/users/status", &body).await.must_be(200);
}

/// C-013, C-095, C-096, C-125, C-161: to people who have nothing to do with each other, over two gateways.
async fn everybody_is_told_how_somebody_is(deployment: &Deployment) {
    let api = chat(deployment);
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let mut at_eve = Socket::chat(api.gateway(), &eve, "/ws/presence", None).await;
    let mut at_ada = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    let data = told(&mut at_eve, &ada, "online").await;
    assert!(data["lastSeen"].is_string(), "{data}");
    set(&api, &ada, "busy").await;
    told(&mut at_eve, &ada, "busy").await;
    at_ada
        .emit("presence:update", &json!({"status": "inmeeting"}))
        .await;
    told(&mut at_eve, &ada, "inmeeting").await;
    drop(at_ada);
    let data = told(&mut at_eve, &ada, "offline").await;
    assert!(data["lastSeen"].is_string(), "{data}");
}

/// C-161, C-203, K-23: away by doing nothing, back by doing something; for the hub that is all the same.
async fn whoever_does_nothing_is_away_and_comes_back(deployment: &Deployment) {
    let (hub, api) = (deployment.client(), chat(deployment));
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let on_hub = hub.signed_in(&eve.person).await;
    let mut at_eve = Socket::chat(api.gateway(), &eve, "/ws", None).await;
    let dm = api
        .post_as(&ada, "/api/dms", &json!({"userId": eve.id}))
        .await;
    let _ = dm.must_be(200);
    let mut at_hub = Socket::open(hub.gateway(), &on_hub).await;
    let at_ada = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    told(&mut at_eve, &ada, "online").await;
    told(&mut at_eve, &ada, "away").await;
    let dms = api.get_as(&eve, "/api/dms").await.must_be(200).json();
    assert_eq!(dms["dms"][0]["participant"]["status"], "away");
    // A request is something as well as a frame.
    let _ = api.get_as(&ada, "/api/dms").await.must_be(200);
    told(&mut at_eve, &ada, "online").await;
    drop(at_ada);
    told(&mut at_eve, &ada, "offline").await;
    let mut seen = Vec::new();
    while seen.last() != Some(&json!("user_offline")) {
        let frame = at_hub.next().await;
        if frame["data"]["userId"] == json!(ada.id) {
            seen.push(frame["type"].clone());
        }
    }
    seen.dedup();
    assert_eq!(seen, ["user_online", "user_offline"]);
}

/// The chosen `offline` hides on both contracts.
async fn whoever_says_offline_is_not_seen(deployment: &Deployment) {
    let (hub, api) = (deployment.client(), chat(deployment));
    let (ada, eve) = (member(deployment).await, member(deployment).await);
    let on_hub = hub.signed_in(&eve.person).await;
    let opened = api
        .post_as(&ada, "/api/dms", &json!({"userId": eve.id}))
        .await;
    let _ = opened.must_be(200);
    let mut at_eve = Socket::chat(api.gateway(), &eve, "/ws/presence", None).await;
    let mut at_hub = Socket::open(hub.gateway(), &on_hub).await;
    let mut at_ada = Socket::chat(api.gateway(), &ada, "/ws", None).await;
    told(&mut at_eve, &ada, "online").await;
    at_ada
        .emit("presence:update", &json!({"status": "offline"}))
        .await;
    told(&mut at_eve, &ada, "offline").await;
    loop {
        let frame = at_hub.next_of("user_offline").await;
        if frame["data"]["userId"] == json!(ada.id) {
            break;
        }
    }
    eventually("a list shows it", || async {
        let dms = api.get_as(&eve, "/api/dms").await.must_be(200).json();
        dms["dms"][0]["participant"]["status"] == "offline"
    })
    .await;
    set(&api, &ada, "online").await;
    told(&mut at_eve, &ada, "online").await;
}
