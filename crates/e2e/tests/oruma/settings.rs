//! Deployments with other settings than the rest.

use std::time::Duration;

use oruma_e2e::{Client, Deployment, JWT_SECRET, Person};
use oruma_test_kit::eventually;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{refused, standalone};

/// O-110, O-195, O-205: a secret may stand in a file, and is the same secret; behind HTTPS, browsers are told to stay there.
#[tokio::test]
async fn production_has_secrets_in_files_and_https() {
    let folder = tempfile::Builder::new()
        .prefix("oruma-e2e-")
        .tempdir()
        .expect("a folder");
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{JWT_SECRET}\n")).expect("a file");
    let deployment = Deployment::standalone()
        .env("JWT_SECRET_KEY", "")
        .env("JWT_SECRET_KEY_FILE", file.to_str().expect("a path"))
        .env("PUBLIC_URL", "https://oruma.example")
        .start()
        .await;
    let api = deployment.client();
    let elsewhere = standalone().await.member().await;
    // The key fits; only the account is of another deployment.
    let answer = api.me(&elsewhere.token).await;
    refused(&answer, 404, "user_not_found", &[]);
    assert!(
        answer
            .header("strict-transport-security")
            .starts_with("max-age=")
    );
    let plain = standalone().await.client().get("/").send().await;
    assert_eq!(plain.header("strict-transport-security"), "");
    let _ = api.newcomer().await;
}

/// O-114, O-115, O-124: in development any page may call, without credentials, and the secret of the documentation will do.
#[tokio::test]
async fn development_is_permissive() {
    let deployment = Deployment::standalone()
        .env("API_DEBUG", "true")
        .env("JWT_SECRET_KEY", "your-super-secret-jwt-key-here")
        .start()
        .await;
    let api = deployment.client();
    for origin in ["http://127.0.0.1:8080", "https://anybody.example"] {
        let answer = api.get("/nothing").header("origin", origin).send().await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    let member = api.newcomer().await;
    let _ = api.me(&member.token).await.must_be(200);
}

/// O-074, O-188: with more sign-ins than can be checked, some are sent away at once with the time to come back; nothing piles up.
#[tokio::test]
async fn a_storm_of_sign_ins_is_refused_not_queued() {
    let deployment = Deployment::standalone()
        .env("BCRYPT_WORKERS", "1")
        .env("BCRYPT_QUEUE", "1")
        .start()
        .await;
    let api = deployment.client();
    let member = api.newcomer().await;
    let answers = futures::future::join_all((0..12).map(|_| api.sign_in(&member.person))).await;
    let (served, refusals): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert!(
        !served.is_empty() && refusals.len() > 6,
        "{} were served",
        served.len()
    );
    for answer in refusals {
        refused(answer, 503, "overloaded", &[]);
        assert!(
            answer
                .header("retry-after")
                .parse::<u64>()
                .is_ok_and(|seconds| seconds > 0)
        );
    }
    let _ = api.me(&member.token).await.must_be(200);
    let _ = api.signed_in(&member.person).await;
}

async fn is_known(api: &Client, name: &str) -> bool {
    let query: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let page = api
        .get(&format!("/api/universities/search?q={query}"))
        .send()
        .await
        .must_be(200)
        .json();
    let entries = page["universities"].as_array().expect("a list");
    entries.iter().any(|entry| entry["name"] == name)
}

/// O-119, O-155, O-209: what the outside source lists can be found and named at registration; while it fails, the built-in list serves.
#[tokio::test]
async fn the_directory_grows_from_outside() {
    let source = MockServer::start().await;
    let list = json!([
        {"name": "Unseen University of Ankh", "country": "Germany", "alpha_two_code": "DE", "state-province": null,
         "domains": ["uu.example"], "web_pages": ["https://uu.example/"]},
        {"name": "", "country": "", "alpha_two_code": ""}, {"nonsense": true},
    ]);
    let failure = Mock::given(method("GET"))
        .and(path("/search"))
        .respond_with(ResponseTemplate::new(500));
    failure.up_to_n_times(1).mount(&source).await;
    let answer = ResponseTemplate::new(200)
        .set_delay(Duration::from_millis(50))
        .set_body_json(list);
    Mock::given(method("GET"))
        .and(path("/search"))
        .respond_with(answer)
        .mount(&source)
        .await;

    let deployment = Deployment::standalone()
        .env("UNIVERSITIES_API_URL", &source.uri())
        .start()
        .await;
    let api = deployment.client();
    assert!(is_known(&api, "Massachusetts Institute of Technology").await);
    eventually("the outside entry is found", || {
        is_known(&api, "Unseen University of Ankh")
    })
    .await;
    let person = Person {
        university: "unseen university of ankh".to_owned(),
        ..Person::new()
    };
    let answer = api.register(&person).await.must_be(201);
    assert_eq!(
        answer.json()["user"]["university"],
        "Unseen University of Ankh"
    );
}
