//! The events of the service: their form, their transactions, and their way to subscribers.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_broker::{Broker, Event};
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_test_kit::eventually;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::support::{Auth, Person, Setup, application, guest, refused};

const REGISTERED: &str = include_str!("golden/auth.user.registered.v1.json");
const UPDATED: &str = include_str!("golden/auth.user.updated.v1.json");
const DELETED: &str = include_str!("golden/auth.user.deleted.v1.json");
const REVOKED: &str = include_str!("golden/auth.session.revoked.v1.json");

// === form ===

async fn rename(auth: &Auth, person: &Person, name: &str) -> Result<(), RpcError> {
    let request = person.caller.send(proto::UpdateProfileRequest {
        display_name: Some(name.to_owned()),
        ..Default::default()
    });
    crate::support::answered(auth.users().update_profile(request).await).map(drop)
}

/// The event as it is stored, with the ids of the golden files in place of its own.
fn with_golden_ids(event: &Value, person: &Person) -> Value {
    let id = event["id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(&id[14..15], "7", "a UUIDv7");
    let text = event
        .to_string()
        .replace(id, "01932a6e-0000-7000-8000-0000000000e1")
        .replace(&person.user.id, "01932a6e-0000-7000-8000-0000000000a1")
        .replace(
            &person.session.to_string(),
            "01932a6e-0000-7000-8000-000000000051",
        );
    serde_json::from_str(&text).unwrap()
}

/// O-007, O-009, O-063, O-069: what others consume has exactly the form that was published first. The files never change: another form
/// is another version.
#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_form_of_the_golden_files() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada Lovelace", "ada@uni.edu").await;
    auth.clock.advance(TimeDelta::minutes(1));
    rename(&auth, &ada, "Ada King").await.unwrap();
    auth.clock.advance(TimeDelta::minutes(1));
    auth.sign_out(&ada.caller, "").await.unwrap();
    auth.clock.advance(TimeDelta::minutes(1));
    auth.delete_account(&ada.caller).await.unwrap();

    let events = auth.outbox_json().await;
    let golden = [REGISTERED, UPDATED, REVOKED, DELETED];
    assert_eq!(events.len(), golden.len());
    for (event, golden) in events.iter().zip(golden) {
        let golden: Value = serde_json::from_str(golden).unwrap();
        assert_eq!(with_golden_ids(event, &ada), golden);
    }
}

fn data<T: DeserializeOwned>(golden: &str) -> T {
    let event = Event::from_json(golden.as_bytes()).unwrap();
    serde_json::from_value(event.data).unwrap()
}

/// O-007, O-009, O-063, O-069: whoever reads events by today's messages understands those of the first day.
#[test]
fn golden_events_are_understood() {
    let user_id = "01932a6e-0000-7000-8000-0000000000a1".to_owned();
    let registered: proto::UserRegisteredV1 = data(REGISTERED);
    assert_eq!((registered.number, registered.version), (1, 1));
    assert_eq!(registered.handle, "ada.lovelace");
    assert_eq!(registered.user_id, user_id);
    let updated: proto::UserUpdatedV1 = data(UPDATED);
    assert_eq!(
        (updated.display_name.as_str(), updated.version),
        ("Ada King", 2)
    );
    let revoked: proto::SessionRevokedV1 = data(REVOKED);
    assert_eq!(
        (revoked.reason.as_str(), &revoked.user_id),
        ("signed_out", &user_id)
    );
    assert!(revoked.forget_at.unwrap().seconds > revoked.revoked_at.unwrap().seconds);
    let deleted: proto::UserDeletedV1 = data(DELETED);
    assert_eq!(deleted.user_id, user_id);
}

// === transactions ===

/// O-007: an account and its event are made together: without a place for the event there is no account, and the error tells nothing.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_event_there_is_no_account() {
    let auth = Auth::start().await;
    auth.execute("DROP TABLE auth.outbox").await;
    let request = guest().send(application("Ada", "ada@uni.edu"));
    let status = auth.accounts().register(request).await.unwrap_err();
    let told = format!("{status:?} {}", String::from_utf8_lossy(status.details()));
    for inside in ["outbox", "relation", "INSERT", "auth.", "diesel"] {
        assert!(!told.contains(inside), "{told}");
    }
    assert_eq!(status.message(), "internal error");
    refused(Err::<(), _>(status.into()), ErrorCode::Internal, "internal");
    for table in ["users", "sessions", "refresh_tokens", "access_log"] {
        assert_eq!(auth.count(&format!("auth.{table}")).await, 0, "{table}");
    }
}

/// O-007: the other way round, an account that fails after its event leaves no event.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_account_there_is_no_event() {
    let auth = Auth::start().await;
    auth.execute("ALTER TABLE auth.access_log RENAME TO elsewhere")
        .await;
    let failed = auth
        .try_register(&guest(), application("Ada", "ada@uni.edu"))
        .await;
    refused(failed, ErrorCode::Internal, "internal");
    assert_eq!(auth.count("auth.users").await, 0);
    assert!(auth.outbox().await.is_empty());

    auth.execute("ALTER TABLE auth.elsewhere RENAME TO access_log")
        .await;
    auth.register("Ada", "ada@uni.edu").await;
    assert_eq!(auth.outbox().await.len(), 1);
}

/// O-009, O-063, O-069: no other change happens without its event either.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_event_nothing_changes() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let state = async || {
        let users = auth.rows("SELECT * FROM auth.users").await;
        let sessions = auth.rows("SELECT * FROM auth.sessions").await;
        let tokens = auth
            .rows("SELECT * FROM auth.refresh_tokens ORDER BY issued_at, hash")
            .await;
        (users, sessions, tokens)
    };
    auth.clock.advance(TimeDelta::minutes(1));
    let next = auth
        .refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
    auth.clock.advance(TimeDelta::minutes(1));
    let before = state().await;
    // The relay lets go of the table once it has told what was there.
    auth.broker.release();
    eventually("the outbox is empty", || async {
        auth.count("auth.outbox").await == 0
    })
    .await;
    auth.execute("ALTER TABLE auth.outbox RENAME TO elsewhere")
        .await;
    for failed in [
        rename(&auth, &ada, "Ada King").await,
        auth.sign_out(&ada.caller, &next.refresh_token).await,
        // The reuse of a traded token ends its sign-in, or is no refusal.
        auth.refresh(&guest(), &ada.tokens.refresh_token)
            .await
            .map(drop),
        auth.delete_account(&ada.caller).await,
    ] {
        refused(failed, ErrorCode::Internal, "internal");
    }
    assert_eq!(state().await, before);
    assert!(auth.revoked_ids().await.is_empty());
}

// === the way to subscribers ===

/// O-007, O-009, O-063, O-069: every event reaches its subscribers once, and those of a person in the order of what happened.
#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_told_once_and_in_its_order() {
    let auth = Auth::start().await;
    let lives = (0..8).map(|number| {
        let auth = &auth;
        async move {
            let email = format!("ada{number}@uni.edu");
            let ada = auth.register("Ada", &email).await;
            let phone = auth.sign_in(&email).await;
            rename(auth, &ada, "Ada King").await.unwrap();
            auth.sign_out(&phone.caller, "").await.unwrap();
            auth.delete_account(&ada.caller).await.unwrap();
            ada.user.id
        }
    });
    let people = join_all(lives).await;
    let expected = auth.outbox().await;
    assert_eq!(expected.len(), 8 * 5);
    assert!(auth.told.events().is_empty());

    auth.broker.release();
    eventually("the outbox is empty", || async {
        auth.count("auth.outbox").await == 0
    })
    .await;
    // One more that goes through after all others.
    auth.register("Last", "last@uni.edu").await;
    eventually("the last one is told", || async {
        auth.told.events().len() > 8 * 5
    })
    .await;
    let mut told: HashMap<String, Vec<Event>> = HashMap::new();
    for event in auth.told.events() {
        told.entry(event.subject.clone()).or_default().push(event);
    }
    for person in &people {
        let of_person: Vec<Event> = expected
            .iter()
            .filter(|event| event.subject == *person)
            .cloned()
            .collect();
        assert_eq!(told[person], of_person);
        let kinds: Vec<&str> = of_person.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "auth.user.registered.v1",
                "auth.user.updated.v1",
                "auth.session.revoked.v1",
                "auth.session.revoked.v1",
                "auth.user.deleted.v1",
            ]
        );
    }
    assert_eq!(auth.told.events().len(), 8 * 5 + 1);
}

/// O-007: what was not told before a stop is told after the next start.
#[tokio::test(flavor = "multi_thread")]
async fn events_outlive_a_stop() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let database = auth.database.clone();
    auth.broker.close().await;
    drop(auth);

    let auth = Setup::on(database).start().await;
    assert_eq!(auth.kinds_for(&ada).await, ["auth.user.registered.v1"]);
    auth.broker.release();
    eventually("the event is told", || async {
        !auth.told.events().is_empty()
    })
    .await;
    assert_eq!(auth.told.events()[0].subject, ada.user.id);
}

/// O-007, O-188: events carry no address, no password and no token.
#[tokio::test(flavor = "multi_thread")]
async fn events_carry_no_secrets() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada.secret@uni.edu").await;
    rename(&auth, &ada, "Ada King").await.unwrap();
    auth.delete_account(&ada.caller).await.unwrap();
    for event in auth.outbox_json().await {
        let text = event.to_string();
        for secret in [
            "ada.secret",
            "uni.edu",
            "$2b$",
            crate::support::ADDRESS,
            &ada.tokens.refresh_token,
            &ada.tokens.access_token,
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
