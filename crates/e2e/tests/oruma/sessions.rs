//! Sign-ins: how their tokens are traded, and how they end.

use oruma_e2e::{Deployment, Member, Person};
use serde_json::json;

use crate::support::{both_ways, claims, keys, refused};

both_ways!(
    a_refresh_trades_both_tokens,
    a_used_refresh_token_ends_the_sign_in,
    one_of_many_refreshes_at_once_wins,
    refresh_tokens_that_are_none,
    signing_out_ends_both_tokens,
    signing_out_leaves_other_sign_ins,
    nobody_signs_somebody_else_out,
    signing_out_without_a_refresh_token,
    a_deleted_account_has_no_tokens,
    every_gateway_knows_of_a_sign_out_at_once,
);

/// O-010, O-113, O-152, K-32: both tokens are new and good, with nothing else in the answer.
async fn a_refresh_trades_both_tokens(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let mut refresh_token = member.refresh_token.clone();
    for _ in 0..3 {
        let answer = api.refresh(&refresh_token).await.must_be(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json();
        assert_eq!(keys(&body), ["refreshToken", "token"]);
        let token = body["token"].as_str().expect("a text");
        let next = body["refreshToken"].as_str().expect("a text");
        assert_ne!(next, refresh_token);
        assert_eq!(api.me(token).await.must_be(200).json()["id"], member.id);
        assert_eq!(
            claims(token)["exp"].as_i64(),
            claims(token)["iat"].as_i64().map(|iat| iat + 86_400)
        );
        refresh_token = next.to_owned();
    }
}

/// O-010, O-152, K-32: a refresh token works once; when it comes back, somebody else may have it, and the whole sign-in ends.
async fn a_used_refresh_token_ends_the_sign_in(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let next = api.refresh(&member.refresh_token).await.must_be(200).json();
    let text = |field: &str| next[field].as_str().expect("a text").to_owned();
    refused(
        &api.refresh(&member.refresh_token).await,
        401,
        "invalid_refresh_token",
        &[],
    );
    refused(
        &api.refresh(&text("refreshToken")).await,
        401,
        "invalid_refresh_token",
        &[],
    );
    oruma_test_kit::eventually("the access tokens die too", || async {
        api.me(&text("token")).await.status == 401 && api.me(&member.token).await.status == 401
    })
    .await;
    let _ = api.signed_in(&member.person).await;
}

/// O-010: of several refreshes at the same time exactly one wins, and its tokens are good.
async fn one_of_many_refreshes_at_once_wins(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let attempts = (0..6).map(|_| api.refresh(&member.refresh_token));
    let answers = futures::future::join_all(attempts).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "{answers:?}");
    for answer in lost {
        refused(answer, 401, "invalid_refresh_token", &[]);
    }
}

/// O-010, O-075: a missing token is a 400, one that was never issued a 401, and an access token is none.
async fn refresh_tokens_that_are_none(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for missing in [
        json!({}),
        json!({"refreshToken": ""}),
        json!({"refreshToken": null}),
        json!({"refresh_token": "x"}),
    ] {
        let answer = api.post("/api/auth/refresh", &missing).send().await;
        refused(&answer, 400, "validation_failed", &["refreshToken"]);
    }
    for unknown in [
        "x",
        " ",
        "\u{0}",
        "ü",
        &member.token,
        &"x".repeat(10_000),
        &member.refresh_token.to_uppercase(),
    ] {
        refused(
            &api.refresh(unknown).await,
            401,
            "invalid_refresh_token",
            &[],
        );
    }
}

/// O-009, O-153, K-04: `{}`, and neither token is good for anything.
async fn signing_out_ends_both_tokens(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let answer = api.sign_out(&member).await.must_be(200);
    assert_eq!(answer.json(), json!({}));
    refused(&api.me(&member.token).await, 401, "token_revoked", &[]);
    refused(
        &api.refresh(&member.refresh_token).await,
        401,
        "invalid_refresh_token",
        &[],
    );
    refused(&api.sign_out(&member).await, 401, "token_revoked", &[]);
}

/// O-009: one's other sign-ins go on, unless their refresh token is sent along.
async fn signing_out_leaves_other_sign_ins(deployment: &Deployment) {
    let api = deployment.client();
    let phone = api.newcomer().await;
    let laptop = api.signed_in(&phone.person).await;
    let tablet = api.signed_in(&phone.person).await;
    let both = Member {
        refresh_token: tablet.refresh_token.clone(),
        ..phone.clone()
    };
    let _ = api.sign_out(&both).await.must_be(200);
    for ended in [&phone, &tablet] {
        refused(&api.me(&ended.token).await, 401, "token_revoked", &[]);
        refused(
            &api.refresh(&ended.refresh_token).await,
            401,
            "invalid_refresh_token",
            &[],
        );
    }
    let _ = api.me(&laptop.token).await.must_be(200);
    let _ = api.refresh(&laptop.refresh_token).await.must_be(200);
}

/// O-009, O-077: somebody else's refresh token has no effect.
async fn nobody_signs_somebody_else_out(deployment: &Deployment) {
    let api = deployment.client();
    let (victim, attacker) = (api.newcomer().await, api.newcomer().await);
    let attack = Member {
        refresh_token: victim.refresh_token.clone(),
        ..attacker
    };
    let _ = api.sign_out(&attack).await.must_be(200);
    let _ = api.me(&victim.token).await.must_be(200);
    let _ = api.refresh(&victim.refresh_token).await.must_be(200);
}

/// O-009: the access token alone ends its sign-in; whoever has none signs nothing out.
async fn signing_out_without_a_refresh_token(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let bare = api.post(
        "/api/auth/logout",
        &json!({"refreshToken": member.refresh_token}),
    );
    refused(&bare.send().await, 401, "missing_token", &[]);
    let _ = api.me(&member.token).await.must_be(200);
    let call = api
        .post("/api/auth/logout", &json!({}))
        .bearer(&member.token);
    assert_eq!(call.send().await.must_be(200).json(), json!({}));
    refused(&api.me(&member.token).await, 401, "token_revoked", &[]);
    refused(
        &api.refresh(&member.refresh_token).await,
        401,
        "invalid_refresh_token",
        &[],
    );
}

/// O-069, O-075: all tokens of all sign-ins die with the account.
async fn a_deleted_account_has_no_tokens(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let other = api.signed_in(&member.person).await;
    let answer = api
        .call("DELETE", "/api/users/me")
        .bearer(&member.token)
        .send()
        .await;
    assert!(answer.must_be(204).body.is_empty());
    for ended in [&member, &other] {
        refused(&api.me(&ended.token).await, 401, "token_revoked", &[]);
        refused(
            &api.refresh(&ended.refresh_token).await,
            401,
            "invalid_refresh_token",
            &[],
        );
    }
    refused(
        &api.sign_in(&member.person).await,
        401,
        "invalid_credentials",
        &[],
    );
}

/// O-153, O-216, K-31: whoever has signed out at one gateway is a stranger to the other with the very next request, fifty times in a row.
async fn every_gateway_knows_of_a_sign_out_at_once(deployment: &Deployment) {
    let api = deployment.client();
    let person: Person = api.newcomer().await.person;
    let gateways = deployment.processes().count();
    for _ in 0..if gateways > 1 { 25 } else { 3 } {
        // Two at a time, since a sign-in keeps a processor busy.
        let (one, two) = tokio::join!(api.signed_in(&person), api.signed_in(&person));
        for member in [one, two] {
            let _ = api.sign_out(&member).await.must_be(200);
            // The client asks the gateways in turn, so these two are asked for the first time.
            refused(&api.me(&member.token).await, 401, "token_revoked", &[]);
            refused(&api.me(&member.token).await, 401, "token_revoked", &[]);
            refused(
                &api.refresh(&member.refresh_token).await,
                401,
                "invalid_refresh_token",
                &[],
            );
        }
    }
}
