//! How often somebody may ask.
//!
//! The clients come from addresses of their own (all of 127.0.0.0/8 is this machine), so that the scenarios don't count for each other.

use oruma_e2e::{Answer, Call, Client, Deployment, Person, Plan};
use oruma_service_runtime::Random;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::support::{MOUNT, both_ways, refused};

both_ways!(limits:
    five_sign_ins_and_no_more,
    requests_of_an_hour_are_counted,
    uploads_are_counted_apart,
    messages_are_counted_apart,
);

/// Small enough to be used up, and refilled so slowly that nothing comes back meanwhile.
const REQUESTS: u32 = 30;
const UPLOADS: u32 = 3;
const MESSAGES: u32 = 3;

fn limited(plan: Plan) -> Plan {
    plan.env("RATE_LIMIT_ENABLED", "true")
        .env("CONNECTBEST_REQUESTS_PER_HOUR", &REQUESTS.to_string())
        .env("CONNECTBEST_UPLOADS_PER_HOUR", &UPLOADS.to_string())
        .env("CONNECTBEST_MESSAGES_PER_MINUTE", &MESSAGES.to_string())
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

/// A client from an address that nobody else has.
fn client(deployment: &Deployment) -> Client {
    let [one, two, three] = Random::system().bytes();
    let address = format!("127.{}.{one}.{}", two.clamp(20, 250), three.clamp(1, 254));
    deployment.client().below(MOUNT).from(&address)
}

async fn exhaust(most: u32, mut call: impl FnMut() -> Call) -> (u32, Answer) {
    for count in 0..=most + 2 {
        let answer = call().send().await;
        if answer.status == 429 {
            return (count, answer);
        }
    }
    panic!("nothing is counted");
}

/// C-178, C-187, K-36: the sixth attempt within a quarter of an hour has to wait up to three minutes, whoever it is for; other requests don't.
async fn five_sign_ins_and_no_more(deployment: &Deployment) {
    let api = client(deployment);
    let attempt = || api.post("/api/auth/login", &Person::new().credentials());
    let (count, refusal) = exhaust(5, attempt).await;
    assert_eq!(count, 5);
    refused(&refusal, 429, "rate_limited", &[]);
    let wait: u64 = refusal.header("retry-after").parse().expect("seconds");
    assert!((1..=180).contains(&wait), "{wait}");
    assert_eq!(api.get("/api/auth/me").send().await.status, 401);
    let other = client(deployment).post("/api/auth/login", &Person::new().credentials());
    assert_eq!(other.send().await.status, 400);
}

/// C-181, C-187: answers tell what is left; files and health don't count.
async fn requests_of_an_hour_are_counted(deployment: &Deployment) {
    let api = client(deployment);
    let answer = api.get("/api/auth/me").send().await;
    assert_eq!(answer.header("ratelimit-limit"), REQUESTS.to_string());
    let (count, refusal) = exhaust(REQUESTS, || api.get("/api/auth/me")).await;
    assert_eq!(count, REQUESTS - 1);
    refused(&refusal, 429, "rate_limited", &[]);
    assert!(!refusal.header("retry-after").is_empty());
    assert_eq!(api.get("/api/health").send().await.status, 200);
    assert_eq!(api.get("/files/1/x").send().await.status, 404);
    assert_eq!(
        deployment
            .client()
            .get("/api/universities/search")
            .send()
            .await
            .status,
        200
    );
}

/// C-180: uploads have a number of their own.
async fn uploads_are_counted_apart(deployment: &Deployment) {
    let api = client(deployment);
    let member = api.newcomer().await;
    let upload = || api.post("/api/upload", &json!({})).bearer(&member.token);
    let (count, refusal) = exhaust(UPLOADS, upload).await;
    assert_eq!(count, UPLOADS);
    refused(&refusal, 429, "rate_limited", &[]);
    assert_eq!(api.me(&member.token).await.status, 200);
}

/// C-179: so have messages, wherever they go.
async fn messages_are_counted_apart(deployment: &Deployment) {
    let api = client(deployment);
    let member = api.newcomer().await;
    let path = "/api/chat/channels/01890000-0000-7000-8000-000000000000/messages/send";
    let send = || {
        api.post(path, &json!({"content": "hello"}))
            .bearer(&member.token)
    };
    let (count, refusal) = exhaust(MESSAGES, send).await;
    assert_eq!(count, MESSAGES);
    refused(&refusal, 429, "rate_limited", &[]);
    assert_eq!(api.me(&member.token).await.status, 200);
}
