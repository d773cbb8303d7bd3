//! What the scenarios share: the two deployments, and how people get into the chat.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oruma_e2e::{Answer, Client, Deployment, Member, Person, Plan};
pub(crate) use oruma_e2e::{both_ways, keys, refused};
use serde_json::Value;
use tokio::sync::OnceCell;

/// Where the contract is mounted.
pub(crate) const MOUNT: &str = "/connectbest";
/// The first administrator.
pub(crate) const ADMIN: (&str, &str) = ("root@oruma.example", "Administrator-of-the-chat-1");

fn plan(plan: Plan) -> Plan {
    plan.env("ADMIN_EMAIL", ADMIN.0)
        .env("ADMIN_PASSWORD", ADMIN.1)
        .env("CONNECTBEST_HOST", "chat.example")
}

/// The whole platform in one process, for all scenarios that leave it as it is.
pub(crate) async fn standalone() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || plan(Deployment::standalone()).start();
    DEPLOYMENT.get_or_init(start).await
}

/// All services, two gateways, RabbitMQ and Redis, likewise.
pub(crate) async fn distributed() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || plan(Deployment::distributed().gateways(2)).start();
    DEPLOYMENT.get_or_init(start).await
}

/// A client of the chat.
pub(crate) fn chat(deployment: &Deployment) -> Client {
    deployment.client().below(MOUNT)
}

/// Somebody who has joined the chat, and whose address is verified.
pub(crate) async fn member(deployment: &Deployment) -> Member {
    verified(deployment, Person::new()).await
}

/// Joins the chat as somebody, and verifies the address.
pub(crate) async fn verified(deployment: &Deployment, person: Person) -> Member {
    let member = chat(deployment).join(person).await;
    let code = deployment.letter(&member.person.email, 1).await.code();
    let answer = verify(deployment, &member.person.email, &code).await;
    assert_eq!(answer.status, 200, "{answer}");
    member
}

/// Sends a code for an address.
pub(crate) async fn verify(deployment: &Deployment, email: &str, code: &str) -> Answer {
    let body = serde_json::json!({"email": email, "code": code});
    chat(deployment)
        .post("/api/auth/verify-email", &body)
        .send()
        .await
}

/// What an access token says.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// Another code than this one.
pub(crate) fn other_than(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}
