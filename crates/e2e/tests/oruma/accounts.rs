//! Joining and signing in.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oruma_e2e::{Deployment, Person};
use serde_json::{Value, json};

use crate::support::{both_ways, is_user, keys, refused};

both_ways!(
    joining_signs_in,
    signing_in_again,
    the_claims_are_those_of_the_contract,
    me_is_flat,
    one_of_many_at_once_joins,
    nobody_learns_which_was_wrong,
    bodies_need_no_content_type,
);

/// O-003, O-007, O-125, O-201, K-01: the answer of a registration is that of a sign-in, and no more.
async fn joining_signs_in(deployment: &Deployment) {
    let api = deployment.client();
    let person = Person::new();
    let answer = api.register(&person).await.must_be(201);
    let body = answer.json();
    assert_eq!(keys(&body), ["refreshToken", "token", "user"]);
    assert!(body["token"].is_string() && body["refreshToken"].is_string());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
    is_user(&body["user"]);
    assert_eq!(body["user"]["name"], person.name);
    assert_eq!(body["user"]["email"], person.email);
    assert_eq!(body["user"]["university"], person.university);
    let me = api.me(&answer.member(person).token).await.must_be(200);
    assert_eq!(me.json(), body["user"]);
}

/// O-006, K-02: signing in answers as joining does, and an address is the same in any case.
async fn signing_in_again(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    for email in [
        member.person.email.clone(),
        member.person.email.to_uppercase(),
        format!("  {} ", member.person.email),
    ] {
        let body = json!({"email": email, "password": member.person.password});
        let answer = api.post("/api/auth/login", &body).send().await.must_be(200);
        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json();
        assert_eq!(keys(&body), ["refreshToken", "token", "user"]);
        is_user(&body["user"]);
        assert_eq!(body["user"]["id"], member.id);
        assert_eq!(body["user"]["email"], member.person.email);
        assert_ne!(body["token"], member.token);
        assert_ne!(body["refreshToken"], member.refresh_token);
    }
}

/// O-004, O-111, O-112, O-151, K-31, K-33: HS256, 24 hours to the second, with the contract as audience.
async fn the_claims_are_those_of_the_contract(deployment: &Deployment) {
    let member = deployment.member().await;
    let parts: Vec<&str> = member.token.split('.').collect();
    let [header, claims, _signature] = parts.as_slice() else {
        panic!("no JWT");
    };
    let decode = |part: &str| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    assert_eq!(decode(header)["alg"], "HS256");
    let claims = decode(claims);
    assert_eq!(claims["userId"], member.id);
    assert_eq!(claims["email"], member.person.email);
    assert_eq!(claims["university"], member.person.university);
    assert_eq!(claims["aud"], "oruma");
    let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!(
        expires.expect("a number") - issued.expect("a number"),
        86_400
    );
}

/// O-002, O-008, K-03: the person, not wrapped; a scheme counts in any case.
async fn me_is_flat(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for path in ["/api/auth/me", "/api/users/me"] {
        let answer = api
            .get(path)
            .bearer(&member.token)
            .send()
            .await
            .must_be(200);
        is_user(&answer.json());
        assert_eq!(answer.json()["id"], member.id);
        let lower = api
            .get(path)
            .header("authorization", &format!("bearer {}", member.token));
        assert_eq!(lower.send().await.must_be(200).json(), answer.json());
    }
}

/// O-007: of several registrations of one address at the same time exactly one succeeds.
async fn one_of_many_at_once_joins(deployment: &Deployment) {
    let api = deployment.client();
    let person = Person::new();
    let attempts = (0..4).map(|_| api.register(&person));
    let (mut joined, mut busy) = (0, 0);
    for answer in futures::future::join_all(attempts).await {
        match answer.status {
            201 => joined += 1,
            503 => busy += 1,
            _ => refused(&answer, 400, "validation_failed", &["email"]),
        }
    }
    // On a machine that is too busy the answer of the one that joined may be lost.
    assert!(joined == 1 || joined == 0 && busy > 0, "{joined}");
    let _ = api.signed_in(&person).await;
}

/// O-006, O-075, O-206: an unknown address and a wrong password get the same answer after about the same time.
async fn nobody_learns_which_was_wrong(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let wrong = Person {
        password: "Wrong-passw0rd".to_owned(),
        ..member.person.clone()
    };
    let mut fastest = [Duration::MAX; 2];
    let mut bodies = Vec::new();
    // The fastest of several tries is the one that other tests disturbed least.
    for _ in 0..4 {
        for (who, fastest) in [Person::new(), wrong.clone()].iter().zip(&mut fastest) {
            let began = Instant::now();
            let answer = api.sign_in(who).await;
            *fastest = began.elapsed().min(*fastest);
            refused(&answer, 401, "invalid_credentials", &[]);
            bodies.push(answer.json());
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let [unknown, known] = fastest.map(|time| time.as_secs_f64());
    assert!(
        (0.4..2.5).contains(&(unknown / known)),
        "{unknown} s and {known} s"
    );
}

/// O-006, O-007: a client that forgets the content type, or says another, is understood.
async fn bodies_need_no_content_type(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let body = member.person.credentials().to_string();
    for kind in [
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
    ] {
        let call = api.call("POST", "/api/auth/login");
        let answer = call.text(&body).header("content-type", kind).send().await;
        assert_eq!(answer.must_be(200).json()["user"]["id"], member.id);
    }
    let bare = api.call("POST", "/api/auth/login").text(&body).send().await;
    assert_eq!(bare.must_be(200).json()["user"]["id"], member.id);
}
