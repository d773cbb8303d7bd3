//! People: finding them, looking at them, changing and ending oneself.

use oruma_e2e::{Answer, Client, Deployment, Member, Person};
use serde_json::{Value, json};

use crate::support::{both_ways, is_user, keys, refused};

both_ways!(
    a_person_is_shown_flat,
    nobody_is_a_404,
    a_search_answers_a_bare_array,
    a_search_finds_by_name_and_address,
    searches_are_limited,
    search_parameters_are_checked,
    wildcards_are_plain_text,
    one_changes_ones_name,
    wrong_changes_are_refused,
    an_account_is_deleted,
);

async fn search(api: &Client, member: &Member, query: &str) -> Answer {
    let path = format!("/api/users/search{query}");
    api.get(&path).bearer(&member.token).send().await
}

/// The ids of the people that a search finds.
async fn found(api: &Client, member: &Member, words: &str) -> Vec<String> {
    let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let answer = search(api, member, &format!("?q={words}&limit=50"))
        .await
        .must_be(200);
    let people = answer.json();
    let people = people.as_array().expect("an array");
    people
        .iter()
        .map(|person| person["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// O-063, K-06: the same shape as `me`, for whoever is signed in; the id counts in any case.
async fn a_person_is_shown_flat(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let stranger = api.newcomer().await;
    for id in [member.id.clone(), member.id.to_uppercase()] {
        let path = format!("/api/users/{id}");
        let answer = api
            .get(&path)
            .bearer(&stranger.token)
            .send()
            .await
            .must_be(200);
        is_user(&answer.json());
        assert_eq!(answer.json()["id"], member.id);
        assert_eq!(answer.json()["name"], member.person.name);
    }
}

/// O-063, O-078: unknown and malformed ids answer 404 alike, but only to somebody who is signed in.
async fn nobody_is_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [
        "018f6b1e-0000-7000-8000-00000000dead",
        "00000000-0000-0000-0000-000000000000",
        "7",
        "-1",
        "nobody",
        "%00",
        "%ff%fe",
        "a%2Fb",
        "'%20OR%201=1--",
        "018f6b1e-0000-7000-8000-00000000dea",
        "%F0%9F%98%80",
        &"9".repeat(3_000),
    ] {
        let path = format!("/api/users/{id}");
        let answer = api.get(&path).bearer(&member.token).send().await;
        refused(&answer, 404, "user_not_found", &[]);
        refused(&api.get(&path).send().await, 401, "missing_token", &[]);
    }
}

/// O-062, O-070, O-201, K-05: no envelope, and only what is needed to write to somebody.
async fn a_search_answers_a_bare_array(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let answer = search(&api, member, &format!("?q={}", member.person.email))
        .await
        .must_be(200);
    let people = answer.json();
    let people = people.as_array().expect("an array");
    let person = people
        .iter()
        .find(|person| person["id"] == member.id.as_str());
    let person = person.expect("the address finds its owner");
    assert_eq!(keys(person), ["email", "id", "name"]);
    assert_eq!(person["name"], member.person.name);
    assert_eq!(person["email"], member.person.email);
    for nothing in ["", "?q=", "?q=%20", "?q=zzzzzzzzzzzzzzz"] {
        assert_eq!(
            search(&api, member, nothing).await.must_be(200).json(),
            json!([]),
            "{nothing}"
        );
    }
}

/// O-062: a part of the name in any case and accent, and the address.
async fn a_search_finds_by_name_and_address(deployment: &Deployment) {
    let api = deployment.client();
    let base = Person::new();
    let mark = base.email.replace("ada.", "").replace("@mit.edu", "");
    let person = Person {
        name: format!("Ayşe Yılmaz {mark}"),
        ..base
    };
    let member = api.join(person).await;
    for words in [
        mark.clone(),
        mark.to_uppercase(),
        format!("ayse yilmaz {mark}"),
        format!("YILMAZ {mark}"),
        member.person.email.clone(),
        member.person.email.to_uppercase(),
    ] {
        assert_eq!(
            found(&api, &member, &words).await,
            std::slice::from_ref(&member.id),
            "{words}"
        );
    }
}

/// O-062: 10 people by default, never more than 50.
async fn searches_are_limited(deployment: &Deployment) {
    let api = deployment.client();
    let base = Person::new();
    let mark = format!(
        "Crowd{}",
        base.email.replace("ada.", "").replace("@mit.edu", "")
    );
    let join = || {
        api.join(Person {
            name: format!("Ada {mark}"),
            ..Person::new()
        })
    };
    let mut crowd = Vec::new();
    for _ in 0..6 {
        crowd.extend(<[Member; 2]>::from(tokio::join!(join(), join())));
    }
    let member = crowd.first().expect("a crowd");
    for (limit, expected) in [
        ("", 10),
        ("&limit=3", 3),
        ("&limit=11", 11),
        ("&limit=1000000", 12),
        ("&limit=99999999999999", 12),
    ] {
        let answer = search(&api, member, &format!("?q={mark}{limit}"))
            .await
            .must_be(200);
        assert_eq!(
            answer.json().as_array().map(Vec::len),
            Some(expected),
            "{limit}"
        );
    }
}

/// O-062, O-076: a wrong parameter is a 400 that names it; unknown ones are nobody's business.
async fn search_parameters_are_checked(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for limit in ["0", "-1", "abc", "", "1.5", "%31%30x", "1e3", "+5"] {
        let answer = search(&api, member, &format!("?q=ada&limit={limit}")).await;
        refused(&answer, 400, "validation_failed", &["limit"]);
    }
    let long = "a".repeat(256);
    for words in ["%00", &long] {
        let answer = search(&api, member, &format!("?q={words}")).await;
        refused(&answer, 400, "validation_failed", &["q"]);
    }
    let _ = search(&api, member, "?q=ada&colour=blue&cursor=x")
        .await
        .must_be(200);
    refused(
        &api.get("/api/users/search?limit=0").send().await,
        401,
        "missing_token",
        &[],
    );
}

/// O-062, O-189: what SQL or a pattern would read as more is text.
async fn wildcards_are_plain_text(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for words in [
        "%",
        "_",
        "%%%",
        "' OR '1'='1",
        "\\",
        "*",
        "ada & !ada",
        "<->",
        ":*",
    ] {
        let found = found(&api, member, words).await;
        assert!(!found.contains(&member.id), "{words} finds everybody");
    }
}

/// O-008: what is sent changes, the rest stays, and everybody sees it.
async fn one_changes_ones_name(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let change = |body: Value| {
        api.call("PUT", "/api/users/me")
            .bearer(&member.token)
            .json(&body)
            .send()
    };
    let answer = change(json!({"name": "  Grace Hopper  "}))
        .await
        .must_be(200);
    is_user(&answer.json());
    assert_eq!(answer.json()["name"], "Grace Hopper");
    assert_eq!(answer.json()["email"], member.person.email);
    assert_eq!(
        api.me(&member.token).await.must_be(200).json(),
        answer.json()
    );
    for nothing in [
        json!({}),
        json!({"name": null}),
        json!({"email": "other@mit.edu", "id": "x", "role": "admin"}),
    ] {
        assert_eq!(change(nothing).await.must_be(200).json(), answer.json());
    }
}

/// O-076, O-194: names follow the rules of the registration.
async fn wrong_changes_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let change = |body: Value| {
        api.call("PUT", "/api/users/me")
            .bearer(&member.token)
            .json(&body)
            .send()
    };
    for name in ["", "  ", "a\u{0}b", &"x".repeat(256)] {
        refused(
            &change(json!({"name": name})).await,
            400,
            "validation_failed",
            &["name"],
        );
    }
    refused(
        &change(json!({"name": 7})).await,
        422,
        "wrong_type",
        &["name"],
    );
    refused(&change(json!(["name"])).await, 422, "wrong_type", &["body"]);
    let nobody = api
        .call("PUT", "/api/users/me")
        .body("nonsense")
        .send()
        .await;
    refused(&nobody, 401, "missing_token", &[]);
}

/// O-069, O-203: the account is gone for everybody, and its address is free again.
async fn an_account_is_deleted(deployment: &Deployment) {
    let (api, stranger) = (deployment.client(), deployment.member().await);
    let member = api.newcomer().await;
    let gone = api
        .call("DELETE", "/api/users/me")
        .bearer(&member.token)
        .send()
        .await;
    assert!(gone.must_be(204).body.is_empty());
    let path = format!("/api/users/{}", member.id);
    let answer = api.get(&path).bearer(&stranger.token).send().await;
    refused(&answer, 404, "user_not_found", &[]);
    assert_eq!(
        found(&api, stranger, &member.person.email).await,
        Vec::<String>::new()
    );
    refused(
        &api.sign_in(&member.person).await,
        401,
        "invalid_credentials",
        &[],
    );
    let again = api.join(member.person.clone()).await;
    assert_ne!(again.id, member.id);
    refused(
        &api.call("DELETE", "/api/users/me").send().await,
        401,
        "missing_token",
        &[],
    );
}
