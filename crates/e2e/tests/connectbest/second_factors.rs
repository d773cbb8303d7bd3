//! What people show besides the password.

use oruma_e2e::{Answer, Client, Deployment, Member, Person};
use serde_json::{Value, json};
use totp_rs::Totp;

use crate::support::{both_ways, chat, keys, member, other_than, refused};

both_ways!(
    a_code_comes_by_text_message,
    an_authenticator_holds_on_both_contracts,
    a_second_factor_is_changed_only_with_a_proof,
    guessing_is_stopped,
);

async fn sign_in_with(api: &Client, person: &Person, code: &str) -> Answer {
    let body =
        json!({"email": person.email, "password": person.password, "verificationCode": code});
    api.post("/api/auth/login", &body).send().await
}

/// Switches an authenticator program on; returns the first recovery codes.
async fn with_authenticator(api: &Client, member: &Member) -> Vec<String> {
    let made = api
        .post_as(member, "/api/auth/2fa/totp", &json!({}))
        .await
        .must_be(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let made = made.json();
    assert_eq!(keys(&made), ["otpauthUrl", "secret"]);
    let url = made["otpauthUrl"].as_str().expect("a link");
    let code = Totp::from_url(url)
        .expect("a link")
        .generate_current()
        .to_string();
    let body = json!({"code": code, "method": "totp"});
    let done = api
        .post_as(member, "/api/auth/2fa/verify", &body)
        .await
        .must_be(200)
        .json();
    assert_eq!(done["success"], true);
    let codes = done["recoveryCodes"].as_array().expect("codes");
    codes
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// C-010, C-067, C-114, C-202: codes go to the phone from the moment of switching on; without one the answer is 402, with the right one 200, once.
async fn a_code_comes_by_text_message(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let phone = format!(
        "+1415{:07}",
        u32::from_be_bytes(oruma_service_runtime::Random::system().bytes()) % 10_000_000
    );
    let answer = api
        .post_as(&member, "/api/auth/2fa/enable", &json!({"phone": "0612"}))
        .await;
    refused(&answer, 400, "validation_failed", &["phone"]);
    let answer = api
        .post_as(&member, "/api/auth/2fa/enable", &json!({"phone": phone}))
        .await
        .must_be(200);
    let expected =
        json!({"success": true, "message": "2FA enabled. Verification code sent to phone"});
    assert_eq!(answer.json(), expected);

    let code = deployment.letter(&phone, 1).await.code();
    let answer = api
        .post_as(
            &member,
            "/api/auth/2fa/verify",
            &json!({"code": other_than(&code)}),
        )
        .await;
    refused(&answer, 400, "invalid_code", &["code"]);
    let done = api
        .post_as(&member, "/api/auth/2fa/verify", &json!({"code": code}))
        .await
        .must_be(200)
        .json();
    assert_eq!(done["recoveryCodes"].as_array().map(Vec::len), Some(10));

    refused(
        &api.sign_in(&member.person).await,
        402,
        "second_factor_required",
        &[],
    );
    let code = deployment.letter(&phone, 2).await.code();
    let wrong = sign_in_with(&api, &member.person, &other_than(&code)).await;
    refused(&wrong, 400, "invalid_second_factor", &[]);
    assert_eq!(sign_in_with(&api, &member.person, &code).await.status, 200);
    let again = sign_in_with(&api, &member.person, &code).await;
    refused(&again, 400, "invalid_second_factor", &[]);
    let me = api.me(&member.token).await.must_be(200).json();
    assert_eq!(me["user"]["phone"], phone);
}

/// C-067, C-114, K-02: a second factor holds on every contract.
async fn an_authenticator_holds_on_both_contracts(deployment: &Deployment) {
    let (api, hub, member) = (
        chat(deployment),
        deployment.client(),
        member(deployment).await,
    );
    let codes = with_authenticator(&api, &member).await;
    assert_eq!(codes.len(), 10);
    let known = api
        .get_as(&member, "/api/auth/2fa")
        .await
        .must_be(200)
        .json();
    let expected = json!({"enabled": true, "sms": false, "totp": true, "phone": null, "recoveryCodesLeft": 10});
    assert_eq!(known, expected);

    refused(
        &api.sign_in(&member.person).await,
        402,
        "second_factor_required",
        &[],
    );
    refused(
        &hub.sign_in(&member.person).await,
        401,
        "second_factor_required",
        &[],
    );
    // Nobody learns without the password that there is a second factor.
    let wrong = Person {
        password: "Wrong-password-1".to_owned(),
        ..member.person.clone()
    };
    refused(&api.sign_in(&wrong).await, 400, "invalid_credentials", &[]);
    let [one, two, ..] = &*codes else {
        panic!("recovery codes: {codes:?}");
    };
    assert_eq!(sign_in_with(&api, &member.person, one).await.status, 200);
    refused(
        &sign_in_with(&hub, &member.person, one).await,
        401,
        "invalid_second_factor",
        &[],
    );
    assert_eq!(sign_in_with(&hub, &member.person, two).await.status, 200);
}

/// C-067: who holds a token alone can't take a second factor away.
async fn a_second_factor_is_changed_only_with_a_proof(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    with_authenticator(&api, &member).await;
    let path = "/api/auth/2fa/disable";
    refused(
        &api.post_as(&member, path, &json!({})).await,
        400,
        "proof_required",
        &["password"],
    );
    let wrong = json!({"password": "Wrong-password-1"});
    refused(
        &api.post_as(&member, path, &wrong).await,
        400,
        "wrong_password",
        &["password"],
    );
    let answer = api.post_as(&member, "/api/auth/2fa/totp", &json!({})).await;
    refused(&answer, 400, "proof_required", &["password"]);
    let right = json!({"password": member.person.password});
    let answer = api.post_as(&member, path, &right).await.must_be(200);
    assert_eq!(answer.json(), json!({"success": true}));
    assert_eq!(api.sign_in(&member.person).await.status, 200);
    let answer = api
        .post_as(
            &member,
            "/api/auth/2fa/verify",
            &json!({"code": "123456", "method": "smoke"}),
        )
        .await;
    refused(&answer, 400, "validation_failed", &["method"]);
}

/// C-114: after five wrong codes none is looked at for a while, on any contract.
async fn guessing_is_stopped(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let codes = with_authenticator(&api, &member).await;
    for _ in 0..5 {
        let answer = sign_in_with(&api, &member.person, "000000").await;
        refused(&answer, 400, "invalid_second_factor", &[]);
    }
    let right = codes.first().expect("a code");
    for api in [api, deployment.client()] {
        let answer = sign_in_with(&api, &member.person, right).await;
        refused(&answer, 429, "too_many_requests", &[]);
        assert!(!answer.header("retry-after").is_empty());
    }
}
