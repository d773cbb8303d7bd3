//! How often somebody may ask.
//!
//! The clients come from addresses of their own (all of 127.0.0.0/8 is this machine), so that the scenarios don't count for each other.

use std::time::Duration;

use oruma_e2e::{Answer, Call, Client, Deployment, Person, Plan};
use oruma_service_runtime::Random;
use oruma_test_kit::within;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::support::{both_ways, refused};

both_ways!(limits:
    the_quota_is_told,
    requests_of_a_person_count_together,
    requests_without_a_person_count_by_address,
    sign_ins_count_by_address,
    an_address_in_disguise_counts_the_same,
    what_is_free_does_not_count,
    strangers_are_not_believed_who_they_are,
    trusted_proxies_are_believed,
    whoever_waits_may_go_on,
);

/// 20 a minute and 5 at once: one more every three seconds.
const REQUESTS: u32 = 25;
const LOGINS: u32 = 20;
const REFILL: u64 = 3;
/// Each request may take so long that some come back meanwhile.
const SLACK: u32 = 2;

fn limited(plan: Plan) -> Plan {
    plan.env("RATE_LIMIT_ENABLED", "true")
        .env("RATE_LIMIT_REQUESTS_PER_MINUTE", "20")
        .env("RATE_LIMIT_BURST", "5")
        .env("RATE_LIMIT_LOGIN_PER_MINUTE", "20")
        .env("TRUSTED_PROXIES", "127.9.0.0/16, 192.0.2.7")
}

pub(crate) async fn standalone() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || limited(Deployment::standalone()).start();
    DEPLOYMENT.get_or_init(start).await
}

pub(crate) async fn distributed() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || limited(Deployment::distributed().gateways(2)).start();
    DEPLOYMENT.get_or_init(start).await
}

/// A client from an address that nobody else has; one of 127.9.0.0/16 is a trusted proxy.
fn client(deployment: &Deployment, network: &str) -> Client {
    let [one, two] = Random::system().bytes();
    let two = two.clamp(1, 254);
    let address = match network {
        "127.9" => format!("127.9.{one}.{two}"),
        other => format!("127.{other}.{one}.{two}"),
    };
    deployment.client().from(&address)
}

/// Sends one request after the other until one is refused, and returns how many were not, with the refusal.
async fn exhaust(mut call: impl FnMut() -> Call) -> (u32, Answer) {
    for count in 0..REQUESTS + 3 * SLACK {
        let answer = call().send().await;
        if answer.status == 429 {
            return (count, answer);
        }
    }
    panic!("nothing is counted");
}

#[track_caller]
fn about(count: u32, expected: u32) {
    assert!(
        (expected..=expected + SLACK).contains(&count),
        "{count} instead of {expected}"
    );
}

fn number(answer: &Answer, name: &str) -> u64 {
    let value = answer.header(name);
    value
        .parse()
        .unwrap_or_else(|_| panic!("{name}: {value:?}: {answer}"))
}

fn sign_in(api: &Client) -> Call {
    // A request without a password is refused at once, and counts nevertheless.
    api.post("/api/auth/login", &json!({"email": "a@mit.edu"}))
}

/// O-122, O-149, O-217: what is left stands in each answer, refusals included.
async fn the_quota_is_told(deployment: &Deployment) {
    let api = client(deployment, "20");
    let mut last = u64::from(REQUESTS);
    for path in [
        "/api/universities/search?limit=1",
        "/nothing",
        "/api/auth/me",
        "/api/auth/login",
    ] {
        let answer = api.get(path).send().await;
        assert_eq!(number(&answer, "ratelimit-limit"), u64::from(REQUESTS));
        let remaining = number(&answer, "ratelimit-remaining");
        assert!(
            remaining < last || answer.status == 200,
            "{remaining} after {last}"
        );
        last = remaining;
        assert!((1..=REFILL * u64::from(REQUESTS)).contains(&number(&answer, "ratelimit-reset")));
    }
}

/// O-074, O-122, O-149, K-36: by person, from whatever address and over all gateways; with the body of the contract and the time to wait.
async fn requests_of_a_person_count_together(deployment: &Deployment) {
    let (api, elsewhere) = (client(deployment, "21"), client(deployment, "22"));
    let member = api.newcomer().await;
    let mut turn = 0;
    let (count, refusal) = exhaust(|| {
        turn += 1;
        let api = if turn % 2 == 0 { &api } else { &elsewhere };
        api.get("/api/auth/me")
            .bearer(&member.token)
            .header("origin", "https://oruma.com")
    })
    .await;
    about(count, REQUESTS);
    refused(&refusal, 429, "rate_limited", &[]);
    assert!((1..=REFILL).contains(&number(&refusal, "retry-after")));
    assert_eq!(
        refusal.header("access-control-allow-origin"),
        "https://oruma.com"
    );
    assert_eq!(refusal.header("x-content-type-options"), "nosniff");
    assert!(!refusal.header("x-request-id").is_empty());
    // Nobody else is held up, not even at the same address.
    let other = api.newcomer().await;
    let _ = api.me(&other.token).await.must_be(200);
}

/// O-149: whoever shows no token, or one that doesn't hold.
async fn requests_without_a_person_count_by_address(deployment: &Deployment) {
    let (api, elsewhere) = (client(deployment, "23"), client(deployment, "24"));
    let mut turn = 0;
    let (count, refusal) = exhaust(|| {
        turn += 1;
        match turn % 3 {
            0 => api.get("/api/auth/me"),
            1 => api
                .get("/api/auth/me")
                .bearer(&format!("forged.token.{turn}")),
            _ => api.get("/nothing"),
        }
    })
    .await;
    about(count, REQUESTS);
    refused(&refusal, 429, "rate_limited", &[]);
    let _ = elsewhere
        .get("/api/universities/search")
        .send()
        .await
        .must_be(200);
}

/// O-006, O-148, K-36: sign-ins count by address, whatever the account, the token and the outcome; and beside other requests.
async fn sign_ins_count_by_address(deployment: &Deployment) {
    let (api, elsewhere) = (client(deployment, "25"), client(deployment, "26"));
    let member = api.newcomer().await;
    let mut turn = 0;
    let (count, refusal) = exhaust(|| {
        turn += 1;
        let body = json!({"email": format!("{turn}@mit.edu")});
        let call = api.post("/api/auth/login", &body);
        if turn % 2 == 0 {
            call.bearer(&member.token)
        } else {
            call
        }
    })
    .await;
    about(count, LOGINS);
    refused(&refusal, 429, "rate_limited", &[]);
    assert!((1..=REFILL).contains(&number(&refusal, "retry-after")));
    assert_eq!(api.sign_in(&member.person).await.status, 429);
    let _ = api.me(&member.token).await.must_be(200);
    let _ = elsewhere.sign_in(&member.person).await.must_be(200);
}

/// O-148: another spelling of the same address of the API is the same address.
async fn an_address_in_disguise_counts_the_same(deployment: &Deployment) {
    let api = client(deployment, "27");
    let mut turn = 0;
    let (count, _) = exhaust(|| {
        turn += 1;
        let path = [
            "/api/auth/login",
            "/api/auth/%6Cogin",
            "/%61pi/auth/login",
            "/api/auth/login?x",
        ][turn % 4];
        api.post(path, &json!({"email": "a@mit.edu"}))
    })
    .await;
    about(count, LOGINS);
}

/// O-066, O-067, O-219, O-221: probes and documentation.
async fn what_is_free_does_not_count(deployment: &Deployment) {
    let api = client(deployment, "28");
    for path in [
        "/",
        "/health",
        "/livez",
        "/readyz",
        "/openapi.json",
        "/docs/",
    ] {
        for _ in 0..10 {
            let answer = api.get(path).send().await.must_be(200);
            assert_eq!(answer.header("ratelimit-limit"), "", "{path}");
        }
    }
    let answer = api
        .get("/api/universities/search")
        .send()
        .await
        .must_be(200);
    assert_eq!(
        number(&answer, "ratelimit-remaining"),
        u64::from(REQUESTS - 1)
    );
}

/// O-148, O-218: whoever is no trusted proxy can write what it likes into `X-Forwarded-For`.
async fn strangers_are_not_believed_who_they_are(deployment: &Deployment) {
    let api = client(deployment, "29");
    let mut turn = 0;
    let (count, _) = exhaust(|| {
        turn += 1;
        let call = sign_in(&api).header("x-forwarded-for", &format!("198.51.100.{turn}"));
        call.header("forwarded", &format!("for=198.51.100.{turn}"))
            .header("x-real-ip", &format!("198.51.100.{turn}"))
    })
    .await;
    about(count, LOGINS);
}

/// O-148, O-218: behind a trusted proxy the nearest address that is none counts, whatever the client wrote before it.
async fn trusted_proxies_are_believed(deployment: &Deployment) {
    let (one, other) = (client(deployment, "127.9"), client(deployment, "127.9"));
    let number = u16::from_be_bytes(Random::system().bytes());
    let client = format!("2001:db8::{number:x}");
    let mut turn = 0;
    let (count, _) = exhaust(|| {
        turn += 1;
        let proxy = if turn % 2 == 0 { &one } else { &other };
        let chain = format!("203.0.113.{turn}, {client}, 192.0.2.7");
        sign_in(proxy).header("x-forwarded-for", &chain)
    })
    .await;
    about(count, LOGINS);
    let neighbour = format!("2001:db8:1::{number:x}");
    let answer = sign_in(&one)
        .header("x-forwarded-for", &neighbour)
        .send()
        .await;
    refused(&answer, 400, "validation_failed", &["password"]);
}

/// O-074, O-148: after as long as it was told.
async fn whoever_waits_may_go_on(deployment: &Deployment) {
    let api = client(deployment, "30");
    let (_, refusal) = exhaust(|| sign_in(&api)).await;
    let wait = Duration::from_secs(number(&refusal, "retry-after") + 2);
    within(wait, "the quota is filled again", || async {
        sign_in(&api).send().await.status == 400
    })
    .await;
    let person = Person::new();
    let _ = api.register(&person).await.must_be(201);
}
