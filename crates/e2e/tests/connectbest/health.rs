//! How the installation says that it is.

use oruma_e2e::Deployment;
use oruma_test_kit::eventually;

use crate::support::{both_ways, chat, keys};

both_ways!(all_is_well);

/// C-057, C-174, K-48: open to everybody, with each part.
async fn all_is_well(deployment: &Deployment) {
    let answer = chat(deployment)
        .get("/api/health")
        .send()
        .await
        .must_be(200);
    let body = answer.json();
    assert_eq!(
        keys(&body),
        ["services", "status", "timestamp", "uptime", "version"]
    );
    assert_eq!(body["status"], "healthy", "{body}");
    assert!(body["uptime"].is_u64());
    let services = &body["services"];
    assert_eq!(
        keys(services),
        ["database", "redis", "storage", "websocket"]
    );
    for timed in ["database", "redis"] {
        assert_eq!(services[timed]["status"], "up", "{body}");
        assert!(
            services[timed]["latency"]
                .as_f64()
                .is_some_and(|latency| latency > 0.0),
            "{body}"
        );
    }
    assert_eq!(services["storage"]["status"], "up");
    assert_eq!(services["websocket"]["status"], "up");
    assert!(services["websocket"]["connections"].is_u64());
    assert_eq!(deployment.client().get("/health").send().await.status, 200);
}

/// C-057, C-174: without the service of people nobody can work, which is a 503; it comes back by itself.
#[tokio::test]
async fn what_is_critical_is_missed() {
    let deployment = Deployment::distributed().start().await;
    let api = chat(&deployment);
    deployment.auth().kill();
    eventually("the fault is seen", || async {
        let answer = api.get("/api/health").send().await;
        answer.status == 503 && answer.json()["services"]["database"]["status"] == "down"
    })
    .await;
    let body = api.get("/api/health").send().await.json();
    assert_eq!(body["status"], "down");
    deployment.auth().start();
    eventually("all is well again", || async {
        api.get("/api/health").send().await.status == 200
    })
    .await;
    deployment.service("media").kill();
    eventually("files are missed", || async {
        let answer = api.get("/api/health").send().await;
        answer.status == 200 && answer.json()["status"] == "degraded"
    })
    .await;
}
