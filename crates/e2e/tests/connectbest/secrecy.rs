//! What is secret is in no log.

use oruma_e2e::{Deployment, Person, Plan};
use oruma_test_kit::eventually;
use serde_json::json;

use crate::support::{chat, refused, verified};

/// C-191: codes, links, passwords, tokens, keys and addresses are in no line that any process writes, at the most talkative level.
async fn nothing_secret_is_written(plan: Plan) {
    let deployment = plan.env("LOG_LEVEL", "DEBUG").start().await;
    let (api, person) = (chat(&deployment), Person::new());
    let member = verified(&deployment, person.clone()).await;
    let code = deployment.letter(&person.email, 1).await.code();
    let signed_in = api.signed_in(&person).await;
    let made = api
        .post_as(&member, "/api/api-keys", &json!({"name": "Report"}))
        .await
        .must_be(201)
        .json();
    let key = made["key"].as_str().expect("a key").to_owned();
    let answer = api.me(&key).await;
    assert_eq!(answer.status, 200, "{answer}");
    let phone = "+14155550177";
    let enable = json!({"phone": phone});
    let answer = api.post_as(&member, "/api/auth/2fa/enable", &enable).await;
    assert_eq!(answer.status, 200, "{answer}");
    let text = deployment.letter(phone, 1).await.code();
    let body = json!({"code": text});
    let answer = api.post_as(&member, "/api/auth/2fa/verify", &body).await;
    assert_eq!(answer.status, 200, "{answer}");
    let answer = api
        .post("/api/auth/forgot-password", &json!({"email": person.email}))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{answer}");
    let link = deployment.letter(&person.email, 2).await.token();
    let body = json!({"token": link, "newPassword": "Another-password-5"});
    let answer = api.post("/api/auth/reset-password", &body).send().await;
    assert_eq!(answer.status, 200, "{answer}");
    let path = format!(
        "/api/auth/callback/google?code=secret-code&state={}",
        "secret-state"
    );
    let answer = api.get(&path).send().await;
    assert_eq!(answer.status, 302, "{answer}");
    refused(&api.me(&signed_in.token).await, 401, "token_revoked", &[]);

    let last = "00-11111111111111111111111111111111-2222222222222222-01";
    api.get("/api/auth/me")
        .header("traceparent", last)
        .send()
        .await;
    let written = "11111111111111111111111111111111";
    eventually("the last request is written", || async {
        deployment.logs().contains(written)
    })
    .await;
    let logs = deployment.logs();
    for (what, secret) in [
        ("password", &*person.password),
        ("new password", "Another-password-5"),
        ("address", &*person.email),
        ("phone", phone),
        ("token", &*member.token),
        ("refresh token", &*signed_in.refresh_token),
        ("API key", &*key),
        ("link", &*link),
        ("code of Google", "secret-code"),
        ("state of Google", "secret-state"),
    ] {
        assert!(!logs.contains(secret), "a {what} is in the logs");
    }
    for (what, code) in [("code of a mail", code), ("code of a text message", text)] {
        let alone = |line: &str| {
            line.split(|letter: char| !letter.is_ascii_alphanumeric())
                .any(|word| word == code)
        };
        let found = logs.lines().find(|line| alone(line));
        assert!(found.is_none(), "a {what} is in the logs: {found:?}");
    }
}

#[tokio::test]
async fn standalone() {
    nothing_secret_is_written(Deployment::standalone()).await;
}

#[tokio::test]
async fn distributed() {
    nothing_secret_is_written(Deployment::distributed()).await;
}
