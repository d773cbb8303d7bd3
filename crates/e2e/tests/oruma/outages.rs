//! Lines that are cut and a Redis that is away: nobody who has signed out gets in, and everybody else does.

use std::net::SocketAddr;

use oruma_e2e::{Client, Deployment, Member, PrivateServers, Process, Proxy};
use oruma_test_kit::{Server, TestDatabase, eventually, server_url};
use url::Url;

use crate::support::refused;

/// Signs in and out some times: whoever has signed out at one gateway is refused by both with the next request.
async fn sign_outs_hold(api: &Client, member: &Member, times: usize) {
    for _ in 0..times {
        let again = api.signed_in(&member.person).await;
        let _ = api.me(&again.token).await.must_be(200);
        let _ = api.sign_out(&again).await.must_be(200);
        stays_out(api, &again).await;
    }
}

async fn stays_out(api: &Client, left: &Member) {
    for _ in 0..4 {
        refused(&api.me(&left.token).await, 401, "token_revoked", &[]);
    }
    refused(
        &api.refresh(&left.refresh_token).await,
        401,
        "invalid_refresh_token",
        &[],
    );
}

/// O-120, O-149, O-153, O-216: with its Redis killed and back again, the platform answers, counts, and refuses who has signed out, all the time.
#[tokio::test]
async fn a_redis_that_is_killed() {
    let servers = PrivateServers::start(&["redis"]).await;
    let deployment = Deployment::distributed()
        .gateways(2)
        .env("REDIS_URL", servers.url("REDIS_URL"))
        .env("RATE_LIMIT_ENABLED", "true")
        .env("RATE_LIMIT_REQUESTS_PER_MINUTE", "6000")
        .env("RATE_LIMIT_LOGIN_PER_MINUTE", "6000")
        .start()
        .await;
    let api = deployment.client();
    let (stays, left) = (api.newcomer().await, api.newcomer().await);
    let _ = api.sign_out(&left).await.must_be(200);
    stays_out(&api, &left).await;

    servers.kill("redis").await;
    stays_out(&api, &left).await;
    let answer = api.me(&stays.token).await.must_be(200);
    assert_eq!(answer.header("ratelimit-limit"), "6010");
    sign_outs_hold(&api, &stays, 5).await;
    let during = api.signed_in(&stays.person).await;
    let _ = api.sign_out(&during).await.must_be(200);
    let _ = api.newcomer().await;
    assert_eq!(api.get("/readyz").send().await.status, 200);

    servers.restart("redis").await;
    // While the lines come back, one after the other.
    sign_outs_hold(&api, &stays, 10).await;
    for out in [&left, &during] {
        stays_out(&api, out).await;
    }
    let _ = api.me(&stays.token).await.must_be(200);
}

fn address(url: &str) -> SocketAddr {
    let url: Url = url.parse().expect("a URL");
    let host = url.host_str().expect("a host");
    format!("{host}:{}", url.port().expect("a port"))
        .parse()
        .expect("an address")
}

/// O-153, O-216: a gateway whose own line to Redis is cut does not believe what it remembers.
#[tokio::test]
async fn one_gateway_is_cut_from_redis() {
    let mut url: Url = server_url(Server::Redis).parse().expect("a URL");
    let proxy = Proxy::to(address(url.as_str())).await;
    url.set_port(Some(proxy.address().port())).expect("a port");
    let deployment = Deployment::distributed()
        .gateways(2)
        .env("REDIS_URL@2", url.as_str())
        .start()
        .await;
    let (api, cut_off) = (deployment.client(), deployment.client().only(1));
    let member = api.newcomer().await;
    sign_outs_hold(&api, &member, 2).await;
    let left = api.signed_in(&member.person).await;
    proxy.cut();
    let _ = api.only(0).sign_out(&left).await.must_be(200);
    stays_out(&cut_off, &left).await;
    sign_outs_hold(&api, &member, 5).await;
    let passed = proxy.passed();
    proxy.mend();
    stays_out(&cut_off, &left).await;
    sign_outs_hold(&api, &member, 5).await;
    eventually("the line is opened again", || async {
        proxy.passed() > passed
    })
    .await;
    sign_outs_hold(&api, &member, 2).await;
    let _ = cut_off.me(&member.token).await.must_be(200);
}

/// O-219: a gateway without one service goes on with the others, and tells what is away; without auth it is no use.
#[tokio::test]
async fn a_service_away_takes_no_gateway_out() {
    let deployment = Deployment::distributed().start().await;
    let api = deployment.client();
    let member = api.newcomer().await;
    let told = |name: &'static str, how: &'static str| {
        let api = &api;
        async move {
            let ready = api.get("/readyz").send().await;
            (ready.json()["services"][name] == how).then_some(ready.status)
        }
    };
    for name in ["marketplace", "events", "media", "messaging", "social"] {
        deployment.service(name).kill();
        eventually(&format!("{name} is told to be away"), || async {
            told(name, "away").await == Some(200)
        })
        .await;
    }
    let _ = api.me(&member.token).await.must_be(200);
    refused(
        &api.get_as(&member, "/api/marketplace/items").await,
        503,
        "unavailable",
        &[],
    );
    deployment.auth().kill();
    eventually("the gateway is not ready without auth", || async {
        told("auth", "away").await == Some(503)
    })
    .await;
    for process in deployment.processes() {
        if process.id().is_none() {
            process.start();
        }
    }
    deployment.gateway(0).ready().await;
    let _ = api
        .get_as(&member, "/api/marketplace/items")
        .await
        .must_be(200);
}

/// O-219: services that start before their database is there wait for it, and do their work when it is.
#[tokio::test]
async fn a_start_before_the_database() {
    let database = TestDatabase::create_empty("auth").await;
    let proxy = Proxy::to(address(database.url())).await;
    proxy.cut();
    let mut url: Url = database.url().parse().expect("a URL");
    url.set_port(Some(proxy.address().port())).expect("a port");
    let deployment = Deployment::distributed()
        .env("DATABASE_URL", url.as_str())
        .prepare()
        .await;
    deployment.processes().for_each(Process::start);
    let api = deployment.client();
    eventually("the gateway answers, and is not ready", || async {
        let ready = api.get("/readyz").attempt().await;
        ready.is_ok_and(|answer| answer.status == 503)
    })
    .await;
    for process in deployment.processes() {
        let waits = || async {
            process.ended().is_some()
                || process.log().contains("has to wait")
                || process.name().starts_with("gateway")
        };
        eventually("each has noticed", waits).await;
        assert_eq!(process.ended(), None, "{}", process.name());
    }
    proxy.mend();
    deployment.migrate().await;
    deployment.gateway(0).ready().await;
    let _ = api.newcomer().await;
}

/// O-074, O-219: a gateway without auth says so in the body of the contract, and goes on by itself; a line that was only lost is opened anew.
#[tokio::test]
async fn a_gateway_is_cut_from_auth() {
    let auth = SocketAddr::from(([127, 0, 0, 1], oruma_e2e::free_port()));
    let proxy = Proxy::to(auth).await;
    let deployment = Deployment::distributed()
        .env("GRPC_ADDR@auth", &auth.to_string())
        .env("AUTH_GRPC_URL", &format!("http://{}", proxy.address()))
        .start()
        .await;
    let api = deployment.client();
    let member = api.newcomer().await;
    for _ in 0..3 {
        proxy.cut();
        proxy.mend();
        // Reading may be asked for again, so nobody notices.
        let _ = api.me(&member.token).await.must_be(200);
        let _ = api
            .get("/api/universities/search?q=mit")
            .send()
            .await
            .must_be(200);
    }
    proxy.cut();
    for _ in 0..3 {
        refused(&api.me(&member.token).await, 503, "unavailable", &[]);
        refused(&api.sign_in(&member.person).await, 503, "unavailable", &[]);
    }
    let _ = api.get("/livez").send().await.must_be(200);
    let _ = api.get("/health").send().await.must_be(200);
    assert_eq!(api.get("/readyz").send().await.status, 503);
    proxy.mend();
    deployment.gateway(0).ready().await;
    let _ = api.me(&member.token).await.must_be(200);
    let _ = api.signed_in(&member.person).await;
}
