//! A new password for whoever forgot the old one.

use oruma_e2e::{Deployment, Person};
use serde_json::json;

use crate::support::{both_ways, chat, refused, verified};

both_ways!(
    a_link_sets_a_new_password_and_ends_every_sign_in,
    a_weak_password_leaves_the_link_as_it_is,
    a_link_of_nobody_is_refused,
);

/// C-007, C-008, C-120, C-121, C-201, K-38: the link of the mail works once, every sign-in ends on both contracts, and the old password is worthless.
async fn a_link_sets_a_new_password_and_ends_every_sign_in(deployment: &Deployment) {
    let (api, hub) = (chat(deployment), deployment.client());
    let person = Person::new();
    let here = verified(deployment, person.clone()).await;
    let there = hub.signed_in(&person).await;

    let body = json!({"email": person.email});
    let answer = api
        .post("/api/auth/forgot-password", &body)
        .send()
        .await
        .must_be(200);
    let expected = json!({"success": true, "message": "Password reset link sent to email"});
    assert_eq!(answer.json(), expected);
    let token = deployment.letter(&person.email, 2).await.token();
    assert!(uuid::Uuid::parse_str(&token).is_ok(), "{token}");

    let new = Person {
        password: "Another-password-2".to_owned(),
        ..person.clone()
    };
    let body = json!({"token": token, "newPassword": new.password});
    let answer = api
        .post("/api/auth/reset-password", &body)
        .send()
        .await
        .must_be(200);
    let expected = json!({"success": true, "message": "Password updated successfully"});
    assert_eq!(answer.json(), expected);

    refused(&api.me(&here.token).await, 401, "token_revoked", &[]);
    refused(&hub.me(&there.token).await, 401, "token_revoked", &[]);
    for (client, token) in [(&api, &here.refresh_token), (&hub, &there.refresh_token)] {
        let answer = client.refresh(token).await;
        refused(&answer, 401, "invalid_refresh_token", &[]);
    }
    refused(&api.sign_in(&person).await, 400, "invalid_credentials", &[]);
    refused(&hub.sign_in(&person).await, 401, "invalid_credentials", &[]);
    api.signed_in(&new).await;
    hub.signed_in(&new).await;

    let answer = api.post("/api/auth/reset-password", &body).send().await;
    refused(&answer, 400, "invalid_reset_token", &["token"]);
}

/// C-008, K-34: the password of a link is judged as the one of a registration, and a link that set none works still.
async fn a_weak_password_leaves_the_link_as_it_is(deployment: &Deployment) {
    let (api, person) = (chat(deployment), Person::new());
    verified(deployment, person.clone()).await;
    let body = json!({"email": person.email});
    let answer = api.post("/api/auth/forgot-password", &body).send().await;
    assert_eq!(answer.status, 200, "{answer}");
    let token = deployment.letter(&person.email, 2).await.token();
    let weak = json!({"token": token, "newPassword": "short"});
    let answer = api.post("/api/auth/reset-password", &weak).send().await;
    refused(&answer, 400, "validation_failed", &["newPassword"]);
    let fine = json!({"token": token, "newPassword": "Another-password-3"});
    let answer = api.post("/api/auth/reset-password", &fine).send().await;
    assert_eq!(answer.status, 200, "{answer}");
}

/// C-008: an unknown token is refused as a used one.
async fn a_link_of_nobody_is_refused(deployment: &Deployment) {
    for token in ["01890000-0000-7000-8000-000000000000", "nonsense"] {
        let body = json!({"token": token, "newPassword": "Another-password-4"});
        let answer = chat(deployment)
            .post("/api/auth/reset-password", &body)
            .send()
            .await;
        refused(&answer, 400, "invalid_reset_token", &["token"]);
    }
}
