//! Joining, showing that an address is one's own, signing in, going on and signing out.

use oruma_e2e::{Deployment, Person};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::support::{
    both_ways, chat, claims, keys, member, other_than, refused, verified, verify,
};

both_ways!(
    the_code_of_the_mail_opens_the_door,
    wrong_registrations_are_refused,
    another_code_makes_the_one_before_worthless,
    guessing_at_a_code_ends_it,
    nobody_learns_which_addresses_there_are,
    a_wrong_sign_in_is_a_400,
    a_token_says_who_and_for_how_long,
    whoever_signs_out_is_out_and_offline,
    a_refresh_token_works_once,
    tokens_hold_on_their_own_contract_only,
    what_is_unknown_is_told_in_the_contracts_body,
    a_repeated_post_is_answered_once,
);

/// C-001, C-002, C-003, C-005, C-110, C-112, C-116, C-117, C-118, C-201, K-01, K-02: who joins gets a code by mail; the token opens `me` at once, and the
/// code the next sign-in. Whoever signs in is online.
async fn the_code_of_the_mail_opens_the_door(deployment: &Deployment) {
    let (api, person) = (chat(deployment), Person::new());
    let joined = api.register(&person).await.must_be(201);
    assert_eq!(joined.header("cache-control"), "no-store");
    let body = joined.json();
    assert_eq!(keys(&body), ["message", "refreshToken", "token", "user"]);
    let message = format!("Verification email sent to {}", person.email);
    assert_eq!(body["message"], message);
    let user = &body["user"];
    let fields = [
        "createdAt",
        "email",
        "emailVerified",
        "id",
        "name",
        "phone",
        "role",
    ];
    assert_eq!(keys(user), fields);
    assert_eq!(
        (&user["email"], &user["role"]),
        (&json!(person.email), &json!("user"))
    );
    assert_eq!(
        (&user["phone"], &user["emailVerified"]),
        (&Value::Null, &json!(false))
    );

    let token = body["token"].as_str().expect("a token");
    let me = api.me(token).await.must_be(200).json();
    assert_eq!(me["user"]["id"], user["id"]);
    refused(&api.sign_in(&person).await, 401, "email_not_verified", &[]);

    let code = deployment.letter(&person.email, 1).await.code();
    let done = verify(deployment, &person.email, &code).await.must_be(200);
    assert_eq!(
        done.json(),
        json!({"success": true, "message": "Email verified successfully"})
    );
    let again = verify(deployment, &person.email, &code).await;
    refused(&again, 400, "invalid_code", &["code"]);

    let entered = api.sign_in(&person).await.must_be(200);
    assert_eq!(entered.header("cache-control"), "no-store");
    let body = entered.json();
    assert_eq!(keys(&body), ["refreshToken", "token", "user"]);
    let expected = json!({
        "id": user["id"], "email": person.email, "name": person.name, "role": "user", "phone": null, "image": null,
        "emailVerified": true, "status": "online", "statusMessage": null,
    });
    assert_eq!(body["user"], expected);
    let token = body["token"].as_str().expect("a token");
    let me = api.me(token).await.must_be(200).json();
    let expected = json!({"user": {
        "id": user["id"], "email": person.email, "name": person.name, "role": "user", "phone": null, "image": null,
        "status": me["user"]["status"], "statusMessage": null, "emailVerified": true, "createdAt": user["createdAt"],
        "preferences": {"notifications": true, "soundEnabled": true, "timezone": "UTC"},
    }});
    assert_eq!(me, expected);
}

/// C-001, C-106, C-107, K-34: every field at fault is named, and nobody joins; what only the service decides can't be sent.
async fn wrong_registrations_are_refused(deployment: &Deployment) {
    let (api, taken) = (chat(deployment), member(deployment).await);
    let person = Person::new();
    let fine = person.registration();
    let mut wrong = vec![
        (json!({"name": "A"}), "name"),
        (json!({"email": "nowhere"}), "email"),
        (json!({"email": taken.person.email.to_uppercase()}), "email"),
        (json!({"phone": "0612345678"}), "phone"),
    ];
    for password in [
        "Short-1",
        "no-upper-case-1",
        "NO-LOWER-CASE-1",
        "No-number-at-all",
    ] {
        wrong.push((json!({"password": password}), "password"));
    }
    for (change, field) in wrong {
        let mut body = fine.clone();
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        let answer = api.post("/api/auth/register", &body).send().await;
        refused(&answer, 400, "validation_failed", &[field]);
    }
    let answer = api.post("/api/auth/register", &json!({})).send().await;
    refused(
        &answer,
        400,
        "validation_failed",
        &["email", "name", "password"],
    );
    let answer = api
        .post("/api/auth/register", &json!({"name": 7}))
        .send()
        .await;
    refused(&answer, 422, "wrong_type", &["name"]);
    let answer = api
        .call("POST", "/api/auth/register")
        .body("{")
        .send()
        .await;
    refused(&answer, 400, "invalid_json", &[]);

    let mut body = fine;
    for (name, value) in [
        ("role", json!("admin")),
        ("emailVerified", json!(true)),
        ("id", json!("1")),
    ] {
        body[name] = value;
    }
    body["phone"] = json!("+33612345678");
    let joined = api
        .post("/api/auth/register", &body)
        .send()
        .await
        .must_be(201)
        .json();
    let user = &joined["user"];
    assert_eq!(
        (&user["role"], &user["emailVerified"]),
        (&json!("user"), &json!(false))
    );
    assert_eq!(user["phone"], "+33612345678");
    assert_ne!(user["id"], "1");
}

/// C-004, C-111: the code that was sent last is the one that counts.
async fn another_code_makes_the_one_before_worthless(deployment: &Deployment) {
    let (api, person) = (chat(deployment), Person::new());
    api.join(person.clone()).await;
    let first = deployment.letter(&person.email, 1).await.code();
    let body = json!({"email": person.email.to_uppercase()});
    let answer = api
        .post("/api/auth/resend-verification", &body)
        .send()
        .await
        .must_be(200);
    assert_eq!(
        answer.json(),
        json!({"success": true, "message": "Verification code sent"})
    );
    let second = deployment.letter(&person.email, 2).await.code();
    if first != second {
        let answer = verify(deployment, &person.email, &first).await;
        refused(&answer, 400, "invalid_code", &["code"]);
    }
    assert_eq!(verify(deployment, &person.email, &second).await.status, 200);
}

/// C-003, C-118: after five wrong ones the right one is worthless too.
async fn guessing_at_a_code_ends_it(deployment: &Deployment) {
    let (api, person) = (chat(deployment), Person::new());
    api.join(person.clone()).await;
    let code = deployment.letter(&person.email, 1).await.code();
    for _ in 0..5 {
        let answer = verify(deployment, &person.email, &other_than(&code)).await;
        refused(&answer, 400, "invalid_code", &["code"]);
    }
    let answer = verify(deployment, &person.email, &code).await;
    refused(&answer, 400, "invalid_code", &["code"]);
}

/// C-003, C-004, C-007: addresses without an account are answered as all others, and nothing is sent.
async fn nobody_learns_which_addresses_there_are(deployment: &Deployment) {
    let (api, nobody) = (chat(deployment), Person::new());
    let body = json!({"email": nobody.email});
    for path in ["/api/auth/resend-verification", "/api/auth/forgot-password"] {
        let answer = api.post(path, &body).send().await.must_be(200);
        assert_eq!(answer.json()["success"], true);
        let answer = api.post(path, &json!({"email": "nowhere"})).send().await;
        refused(&answer, 400, "validation_failed", &["email"]);
    }
    let answer = verify(deployment, &nobody.email, "123456").await;
    refused(&answer, 400, "invalid_code", &["code"]);
    // A mail to somebody else comes after what would have been sent.
    member(deployment).await;
    assert!(deployment.letters(&nobody.email).is_empty());
}

/// C-002, K-02: a wrong password and an unknown address have the same answer.
async fn a_wrong_sign_in_is_a_400(deployment: &Deployment) {
    let (api, known) = (chat(deployment), member(deployment).await);
    let wrong = Person {
        password: "Wrong-password-1".to_owned(),
        ..known.person.clone()
    };
    let one = api.sign_in(&wrong).await;
    refused(&one, 400, "invalid_credentials", &[]);
    let other = api.sign_in(&Person::new()).await;
    assert_eq!((other.status, other.body), (one.status, one.body));
    let answer = api
        .post("/api/auth/login", &json!({"email": known.person.email}))
        .send()
        .await;
    refused(&answer, 400, "validation_failed", &["password"]);
}

/// C-109, C-113, C-115, C-184, K-31, K-33: seven days, for this contract, with id, e-mail and role.
async fn a_token_says_who_and_for_how_long(deployment: &Deployment) {
    let member = member(deployment).await;
    let claims = claims(&member.token);
    assert_eq!(claims["aud"], "connectbest");
    assert_eq!(
        (&claims["userId"], &claims["id"]),
        (&json!(member.id), &json!(member.id))
    );
    assert_eq!(claims["email"], member.person.email);
    assert_eq!(claims["role"], "user");
    let (from, to) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert_eq!(to.zip(from).map(|(to, from)| to - from), Some(7 * 86_400));
}

/// C-006, C-119, K-04: the token and its refresh token are worthless at once, and the person is offline.
async fn whoever_signs_out_is_out_and_offline(deployment: &Deployment) {
    let (api, observer) = (chat(deployment), member(deployment).await);
    let person = member(deployment).await.person;
    let member = api.signed_in(&person).await;
    let path = format!("/api/users/{}", member.id);
    let seen = api.get_as(&observer, &path).await.must_be(200).json();
    assert_eq!(seen["user"]["status"], "online");
    let answer = api
        .call_as(&member, "POST", "/api/auth/logout")
        .await
        .must_be(200);
    assert_eq!(answer.json(), json!({"success": true}));
    refused(&api.me(&member.token).await, 401, "token_revoked", &[]);
    let answer = api.refresh(&member.refresh_token).await;
    refused(&answer, 401, "invalid_refresh_token", &[]);
    eventually("the person is offline", || async {
        let seen = api.get_as(&observer, &path).await.must_be(200).json();
        seen["user"]["status"] == "offline"
    })
    .await;
    refused(
        &api.call("POST", "/api/auth/logout").send().await,
        401,
        "missing_token",
        &[],
    );
}

/// C-066, K-32: a refresh token is traded once; one that comes back ends the sign-in.
async fn a_refresh_token_works_once(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let answer = api.refresh(&member.refresh_token).await.must_be(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    let next = answer.json();
    assert_eq!(keys(&next), ["refreshToken", "token"]);
    let token = next["token"].as_str().expect("a token");
    assert_eq!(api.me(token).await.status, 200);
    let answer = api.refresh(&member.refresh_token).await;
    refused(&answer, 401, "invalid_refresh_token", &[]);
    refused(&api.me(token).await, 401, "token_revoked", &[]);
    let answer = api.post("/api/auth/refresh", &json!({})).send().await;
    refused(&answer, 400, "validation_failed", &["refreshToken"]);
}

/// C-183, K-33, K-47: one person is on both contracts, and a token of one opens nothing on the other.
async fn tokens_hold_on_their_own_contract_only(deployment: &Deployment) {
    let (api, hub) = (chat(deployment), deployment.client());
    let person = Person::new();
    let here = verified(deployment, person.clone()).await;
    let there = hub.signed_in(&person).await;
    assert_eq!(here.id, there.id);
    refused(&api.me(&there.token).await, 401, "invalid_token", &[]);
    refused(&hub.me(&here.token).await, 401, "invalid_token", &[]);
    let answer = hub.refresh(&here.refresh_token).await;
    refused(&answer, 401, "invalid_refresh_token", &[]);
    let answer = api.refresh(&there.refresh_token).await;
    refused(&answer, 401, "invalid_refresh_token", &[]);
    assert_eq!(api.me(&here.token).await.status, 200);
}

/// C-183, C-221, K-40: 401 before all else; unknown addresses and methods in this contract's body.
async fn what_is_unknown_is_told_in_the_contracts_body(deployment: &Deployment) {
    let api = chat(deployment);
    for path in ["/api/nothing", "/nothing", "", "/"] {
        refused(&api.get(path).send().await, 404, "route_not_found", &[]);
    }
    let answer = api.get("/api/auth/login").send().await;
    refused(&answer, 405, "method_not_allowed", &[]);
    assert_eq!(answer.header("allow"), "POST");
    for (method, path) in [
        ("PUT", "/api/users/profile"),
        ("PUT", "/api/users/status"),
        ("POST", "/api/users/avatar"),
        ("POST", "/api/upload"),
    ] {
        let answer = api.call(method, path).body("nonsense").send().await;
        refused(&answer, 401, "missing_token", &[]);
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(!answer.header("x-request-id").is_empty());
    }
    let answer = api.get("/api/users/nobody").bearer("nonsense").send().await;
    refused(&answer, 401, "invalid_token", &[]);
}

/// C-070: a POST with a key is done once; credentials are kept for nobody.
async fn a_repeated_post_is_answered_once(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let body = json!({"name": "Report"});
    let create = async || {
        let call = api.post("/api/api-keys", &body).bearer(&member.token);
        call.header("idempotency-key", "one")
            .send()
            .await
            .must_be(201)
    };
    let (one, other) = (create().await, create().await);
    assert_eq!(other.header("idempotency-replayed"), "");
    assert_ne!(one.json()["key"], other.json()["key"]);
}
