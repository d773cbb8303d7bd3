//! The outside source of the universities directory.

use std::time::Duration;

use chrono::TimeDelta;
use oruma_auth::app::directory::{self, DirectoryError};
use oruma_auth::config::DirectoryConfig;
use oruma_proto::auth::v1 as proto;
use oruma_test_kit::eventually;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Auth, Setup, UNIVERSITY, application, guest};

fn source(server: &MockServer) -> DirectoryConfig {
    DirectoryConfig {
        url: server.uri().parse().unwrap(),
        timeout: Duration::from_secs(5),
        every: Duration::from_secs(24 * 3_600),
    }
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let asked = Mock::given(method("GET")).and(path("/search"));
    asked.respond_with(answer).mount(&server).await;
    server
}

async fn listing(list: Value) -> MockServer {
    answering(ResponseTemplate::new(200).set_body_json(list)).await
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn utopia(name: &str, page: &str) -> Value {
    json!({
        "name": name, "country": "Utopia", "alpha_two_code": "UT", "state-province": "Amaurot",
        "domains": ["uni.example"], "web_pages": [page],
    })
}

/// What the directory holds, to the last column.
async fn contents(auth: &Auth) -> Vec<Value> {
    auth.rows("SELECT * FROM auth.universities ORDER BY id")
        .await
}

/// The entries that came from outside.
async fn outside(auth: &Auth) -> Vec<Value> {
    auth.rows(
        "SELECT * FROM auth.universities WHERE source = 'outside' ORDER BY name_key, country_code",
    )
    .await
}

/// The directory is what it was, and the failed turn is not noted as done.
async fn assert_unharmed(auth: &Auth, before: &[Value]) {
    assert_eq!(contents(auth).await, before);
    let refreshes = auth
        .rows("SELECT source FROM auth.directory_refreshes")
        .await;
    assert_eq!(refreshes, [json!({"source": "built_in"})]);
}

/// O-209: what the source lists is found and can be joined.
#[tokio::test(flavor = "multi_thread")]
async fn entries_of_the_source_are_merged() {
    let auth = Auth::start().await;
    let server = listing(json!([
        utopia("Utopia Polytechnic", "https://uni.example"),
        {"name": "Ütopian Community College", "country": "Utopia", "alpha_two_code": "ut", "state-province": null},
    ]))
    .await;
    let merged = directory::refresh(&auth.app, &source(&server)).await;
    assert_eq!(merged.unwrap(), 2);
    let entries = outside(&auth).await;
    let told = |entry: &Value| {
        json!([
            entry["name"],
            entry["country"],
            entry["country_code"],
            entry["state"],
            entry["type"],
            entry["website"],
        ])
    };
    assert_eq!(
        [told(&entries[0]), told(&entries[1])],
        [
            json!([
                "Utopia Polytechnic",
                "Utopia",
                "UT",
                "Amaurot",
                "technical",
                "https://uni.example"
            ]),
            json!([
                "Ütopian Community College",
                "Utopia",
                "UT",
                "",
                "community",
                null
            ]),
        ]
    );
    let member = proto::RegisterRequest {
        university: "utopian community college".to_owned(),
        ..application("Ada", "ada@uni.edu")
    };
    let ada = auth.try_register(&guest(), member).await.unwrap();
    assert_eq!(ada.user.university, "Ütopian Community College");
    for text in ["utopia poly", "uni.example"] {
        let request = guest().send(proto::SearchUniversitiesRequest {
            query: text.to_owned(),
            ..Default::default()
        });
        let found = auth.universities().search_universities(request).await;
        assert_eq!(
            found.unwrap().into_inner().universities[0].name,
            "Utopia Polytechnic"
        );
    }
}

/// O-209: entries of the binary stay as they are, whatever the source says of them.
#[tokio::test(flavor = "multi_thread")]
async fn built_in_entries_are_never_changed() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let server = listing(json!([
        {"name": "HARVARD university", "country": "Elsewhere", "alpha_two_code": "US", "web_pages": ["https://evil.example"]},
        // The same name in another country is another university.
        {"name": UNIVERSITY, "country": "Utopia", "alpha_two_code": "AA"},
    ]))
    .await;
    directory::refresh(&auth.app, &source(&server))
        .await
        .unwrap();
    let built_in = auth
        .rows("SELECT * FROM auth.universities WHERE source = 'built_in' ORDER BY id")
        .await;
    assert_eq!(built_in, before);
    assert_eq!(outside(&auth).await.len(), 1);
    let ada = auth.register("Ada", "ada@uni.edu").await;
    assert!(
        built_in
            .iter()
            .any(|entry| entry["id"] == json!(ada.user.university_id))
    );
}

/// O-209: a later turn corrects what an earlier one brought, keeps its id, and takes nothing away.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_turn_corrects_an_earlier_one() {
    let auth = Auth::start().await;
    let first = listing(json!([
        utopia("Utopia University", "https://old.example"),
        utopia("Utopia College", "https://college.example"),
    ]))
    .await;
    directory::refresh(&auth.app, &source(&first))
        .await
        .unwrap();
    let before = outside(&auth).await;
    auth.clock.advance(TimeDelta::days(1));
    let second = listing(json!([utopia("UTOPIA University", "https://new.example")])).await;
    let merged = directory::refresh(&auth.app, &source(&second)).await;
    assert_eq!(merged.unwrap(), 1);
    let after = outside(&auth).await;
    assert_eq!(after[0], before[0]);
    assert_eq!(after[1]["id"], before[1]["id"]);
    assert_eq!(after[1]["created_at"], before[1]["created_at"]);
    assert_eq!(after[1]["name"], "UTOPIA University");
    assert_eq!(after[1]["website"], "https://new.example");
}

/// O-209: an error of the source is tried again.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_tried_again() {
    let auth = Auth::start().await;
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(500))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    let list = json!([utopia("Utopia University", "https://uni.example")]);
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(list))
        .mount(&server)
        .await;
    let merged = directory::refresh(&auth.app, &source(&server)).await;
    assert_eq!(merged.unwrap(), 1);
    assert_eq!(asked(&server).await, 2);
}

/// O-209: a source that only fails is given up, and does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_only_fails_does_no_harm() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let server = answering(ResponseTemplate::new(503)).await;
    let refused = directory::refresh(&auth.app, &source(&server)).await;
    assert!(matches!(refused, Err(DirectoryError::Unreachable(_))));
    assert_eq!(asked(&server).await, 4);
    assert_unharmed(&auth, &before).await;
}

/// O-209: neither does one that is down, nor one that takes longer than it may.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_down_or_slow_does_no_harm() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let list = json!([utopia("Utopia University", "https://uni.example")]);
    let late = ResponseTemplate::new(200)
        .set_body_json(list)
        .set_delay(Duration::from_secs(30));
    let slow = answering(late).await;
    let slow = DirectoryConfig {
        timeout: Duration::from_millis(100),
        ..source(&slow)
    };
    // Nobody listens on port 1.
    let down = DirectoryConfig {
        url: "http://127.0.0.1:1".parse().unwrap(),
        ..slow.clone()
    };
    let (slow, down) = tokio::join!(
        directory::refresh(&auth.app, &slow),
        directory::refresh(&auth.app, &down),
    );
    assert!(
        matches!(slow, Err(DirectoryError::Unreachable(_))),
        "{slow:?}"
    );
    assert!(
        matches!(down, Err(DirectoryError::Unreachable(_))),
        "{down:?}"
    );
    assert_unharmed(&auth, &before).await;
}

/// O-209: an answer that is no list of universities changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn rubbish_changes_nothing() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let nested = "[".repeat(100_000);
    for rubbish in [
        b"".as_slice(),
        b"<html>Bad gateway</html>",
        b"{}",
        b"[]",
        b"[1, null, \"x\", {\"name\": 7}]",
        br#"[{"name": "Cut off", "country": "Uto"#,
        b"[\"\xff\xfe\"]",
        nested.as_bytes(),
    ] {
        let server = answering(ResponseTemplate::new(200).set_body_bytes(rubbish)).await;
        let answer = directory::refresh(&auth.app, &source(&server)).await;
        assert!(matches!(answer, Err(DirectoryError::Rubbish)), "{answer:?}");
        assert_eq!(asked(&server).await, 1);
    }
    assert_unharmed(&auth, &before).await;
}

/// O-209: among good entries the bad ones are passed over.
#[tokio::test(flavor = "multi_thread")]
async fn bad_entries_among_good_ones_are_passed_over() {
    let auth = Auth::start().await;
    let with =
        |name: &str, code: &str| json!({"name": name, "country": "Utopia", "alpha_two_code": code});
    let server = listing(json!([
        7,
        null,
        with("", "UT"),
        with(&"x".repeat(256), "UT"),
        with("Nul\u{0}", "UT"),
        with("Line\nbreak", "UT"),
        with("No Code", "UTO"),
        with("Signs only country", ""),
        {"name": "No country", "alpha_two_code": "UT"},
        {"name": "Odd fields", "country": "Utopia", "alpha_two_code": "UT", "domains": "uni.example"},
        utopia("Good University", "javascript:alert(1)"),
        utopia("GOOD  university", "https://twice.example"),
        with(&"y".repeat(255), "UT"),
        {"name": "Nul State", "country": "Utopia", "alpha_two_code": "UT", "state-province": "a\u{0}b", "domains": ["a\u{0}b"]},
    ]))
    .await;
    let merged = directory::refresh(&auth.app, &source(&server)).await;
    assert_eq!(merged.unwrap(), 3);
    let entries = outside(&auth).await;
    let names: Vec<&str> = entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Good University", "Nul State", &"y".repeat(255)]);
    assert_eq!(entries[0]["website"], Value::Null);
    assert_eq!(entries[1]["state"], "");
}

/// O-209: an answer without end is not read to its end.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_is_not_taken() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let huge = vec![b' '; 32 * 1024 * 1024 + 1];
    let server = answering(ResponseTemplate::new(200).set_body_bytes(huge)).await;
    let source = DirectoryConfig {
        timeout: Duration::from_secs(30),
        ..source(&server)
    };
    let answer = directory::refresh(&auth.app, &source).await;
    assert!(
        matches!(answer, Err(DirectoryError::TooLarge)),
        "{answer:?}"
    );
    assert_unharmed(&auth, &before).await;
}

/// O-209: the operator named one address, and no other is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let auth = Auth::start().await;
    let before = contents(&auth).await;
    let other = listing(json!([utopia("Utopia University", "https://uni.example")])).await;
    let elsewhere = format!("{}/search", other.uri());
    let redirect = ResponseTemplate::new(302).insert_header("location", elsewhere);
    let server = answering(redirect).await;
    let answer = directory::refresh(&auth.app, &source(&server)).await;
    assert!(matches!(answer, Err(DirectoryError::Rubbish)), "{answer:?}");
    assert_eq!(asked(&other).await, 0);
    assert_unharmed(&auth, &before).await;
}

/// O-209: thousands of entries come in one turn.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_entries_are_merged_at_once() {
    let auth = Auth::start().await;
    let list: Vec<Value> = (0..2_500)
        .map(|number| utopia(&format!("University {number}"), "https://uni.example"))
        .collect();
    let server = listing(Value::Array(list)).await;
    let merged = directory::refresh(&auth.app, &source(&server)).await;
    assert_eq!(merged.unwrap(), 2_500);
    assert_eq!(outside(&auth).await.len(), 2_500);
}

// === the job ===

async fn start_with_source(on: Option<&Auth>, server: &MockServer, later: TimeDelta) -> Auth {
    let mut setup = match on {
        Some(auth) => Setup::on(auth.database.clone()),
        None => Setup::new().await,
    };
    setup.config.directory = Some(source(server));
    setup.hand.advance(later);
    setup.start().await
}

/// O-209: the source is read at the start, and again only when it is due: restarts and replicas ask no more often.
#[tokio::test(flavor = "multi_thread")]
async fn the_source_is_read_when_it_is_due() {
    let server = listing(json!([utopia("Utopia University", "https://uni.example")])).await;
    let first = start_with_source(None, &server, TimeDelta::zero()).await;
    let noted = "SELECT * FROM auth.directory_refreshes WHERE source = 'outside'";
    eventually("the source is read", || async {
        !first.rows(noted).await.is_empty()
    })
    .await;
    assert_eq!(outside(&first).await.len(), 1);
    let before = first.row(noted).await;
    let hours = TimeDelta::hours;
    let _restarted = start_with_source(Some(&first), &server, hours(23)).await;
    let _due = start_with_source(Some(&first), &server, hours(25)).await;
    eventually("it is read again", || async {
        first.row(noted).await != before
    })
    .await;
    assert_eq!(asked(&server).await, 2);
}

/// O-209: a source that is down delays neither the start nor anybody's call.
#[tokio::test(flavor = "multi_thread")]
async fn the_service_works_while_the_source_is_down() {
    let mut setup = Setup::new().await;
    setup.config.directory = Some(DirectoryConfig {
        url: "http://127.0.0.1:1".parse().unwrap(),
        timeout: Duration::from_secs(1),
        every: Duration::from_secs(3_600),
    });
    let auth = setup.start().await;
    auth.register("Ada", "ada@uni.edu").await;
    assert!(outside(&auth).await.is_empty());
}
