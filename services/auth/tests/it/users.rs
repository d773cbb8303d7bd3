//! People as others see them.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::Caller;
use serde_json::json;

use crate::support::{
    Auth, Person, UNIVERSITY, answered, guest, invalid_fields, refused, start_time, time,
};

async fn cards(auth: &Auth, ids: Vec<String>) -> Result<Vec<proto::UserCard>, RpcError> {
    let request = guest().send(proto::ListUserCardsRequest { user_ids: ids });
    Ok(answered(auth.users().list_user_cards(request).await)?.cards)
}

async fn search(auth: &Auth, query: &str, page_size: i32) -> Result<Vec<proto::User>, RpcError> {
    let request = guest().send(proto::SearchUsersRequest {
        query: query.to_owned(),
        page_size,
        phones: false,
    });
    Ok(answered(auth.users().search_users(request).await)?.users)
}

/// The handles of those who are found, in the order of the answer.
async fn found(auth: &Auth, query: &str) -> Vec<String> {
    let users = search(auth, query, 50).await.unwrap();
    users.into_iter().map(|user| user.handle).collect()
}

async fn update(
    auth: &Auth,
    caller: &Caller,
    display_name: Option<&str>,
) -> Result<proto::User, RpcError> {
    let request = caller.send(proto::UpdateProfileRequest {
        display_name: display_name.map(str::to_owned),
        ..Default::default()
    });
    let answer = answered(auth.users().update_profile(request).await)?;
    Ok(answer.user.unwrap())
}

async fn record(auth: &Auth, seen: &[(&Person, DateTime<Utc>)]) -> Result<(), RpcError> {
    let activities = seen
        .iter()
        .map(|(person, at)| proto::Activity {
            user_id: person.user.id.clone(),
            seen_at: Some((*at).into()),
        })
        .collect();
    let request = guest().send(proto::RecordActivityRequest { activities });
    answered(auth.users().record_activity(request).await).map(drop)
}

async fn seen(auth: &Auth, person: &Person) -> DateTime<Utc> {
    time(auth.get_user(&person.user.id).await.unwrap().last_seen_at)
}

// === cards and people ===

/// O-063, O-078: nobody is found by an id that is nobody's.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_ids_are_not_found() {
    let auth = Auth::start().await;
    for id in [
        "",
        "1",
        "nonsense",
        "01890000-0000-7000-8000-000000000000",
        "\0",
    ] {
        refused(
            auth.get_user(id).await,
            ErrorCode::NotFound,
            "user_not_found",
        );
    }
}

/// O-063: many cards come in one answer; the unknown, the deleted and the nonsense are left out.
#[tokio::test(flavor = "multi_thread")]
async fn cards_come_for_all_who_are_there() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    let gone = auth.register("Gone", "gone@uni.edu").await;
    auth.delete_account(&gone.caller).await.unwrap();
    let ids = [
        &bob.user.id,
        "01890000-0000-7000-8000-000000000000",
        &ada.user.id,
        "nonsense",
        &gone.user.id,
        &ada.user.id,
    ];
    let mut cards = cards(&auth, ids.map(str::to_owned).to_vec()).await.unwrap();
    cards.sort_by_key(|card| card.number);
    let card = |person: &Person, name: &str, handle: &str, number: i64| proto::UserCard {
        id: person.user.id.clone(),
        number,
        handle: handle.to_owned(),
        display_name: name.to_owned(),
        university: UNIVERSITY.to_owned(),
        avatar_url: String::new(),
        version: 1,
        email: person.user.email.clone(),
        phone: String::new(),
        status: proto::UserStatus::Online.into(),
        status_message: String::new(),
        timezone: "UTC".to_owned(),
        created_at: person.user.created_at,
        last_seen_at: person.user.last_seen_at,
    };
    assert_eq!(
        cards,
        [card(&ada, "Ada", "ada", 1), card(&bob, "Bob", "bob", 2)]
    );
}

/// O-063: five hundred cards at once are fine, one more is not; none at all is.
#[tokio::test(flavor = "multi_thread")]
async fn at_most_five_hundred_cards_come_at_once() {
    let auth = Auth::start().await;
    add_people(&auth, 500).await;
    let ids = auth.rows("SELECT id FROM auth.users").await;
    let mut ids: Vec<String> = ids
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(cards(&auth, ids.clone()).await.unwrap().len(), 500);
    ids.push("01890000-0000-7000-8000-000000000000".to_owned());
    assert_eq!(invalid_fields(cards(&auth, ids).await), ["user_ids"]);
    assert!(cards(&auth, Vec::new()).await.unwrap().is_empty());
}

/// People by the dozen, without passwords.
async fn add_people(auth: &Auth, number: usize) {
    auth.execute(&format!(
        "INSERT INTO auth.users (id, handle, display_name, email, search_text, created_at, updated_at)
         SELECT gen_random_uuid(), 'member' || n, 'Member ' || n, 'member' || n || '@uni.edu',
                'member ' || n || ' member' || n || ' member' || n || '@uni.edu', now(), now()
         FROM generate_series(1, {number}) AS n"
    ))
    .await;
}

// === search ===

/// O-062: the handle itself comes first, then names that begin so, then all who have the words.
#[tokio::test(flavor = "multi_thread")]
async fn the_best_are_found_first() {
    let auth = Auth::start().await;
    for (name, email) in [
        ("Wanda Kim", "wanda@uni.edu"),
        ("Kimberly Adams", "kimberly@uni.edu"),
        ("Joan Kimball", "joan@uni.edu"),
        ("Kim Young", "kim.young@uni.edu"),
        ("Kim", "k1@uni.edu"),
        ("Nobody", "nobody@uni.edu"),
        ("Zoe", "kimono@uni.edu"),
    ] {
        auth.register(name, email).await;
    }
    assert_eq!(
        found(&auth, "kim").await,
        [
            "kim",
            "kim.young",
            "kimberly.adams",
            "joan.kimball",
            "wanda.kim",
            "zoe",
        ]
    );
}

/// O-062: people are found by name without accents and in any case, by handle and by address.
#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_name_handle_and_address() {
    let auth = Auth::start().await;
    auth.register("Ayşe Yılmaz", "a.y@metu.edu.tr").await;
    auth.register("José O'Neil", "jose_99@uni.edu").await;
    for (query, handle) in [
        ("ayse", "ayse.yilmaz"),
        ("AYŞE yılmaz", "ayse.yilmaz"),
        ("ayse.yil", "ayse.yilmaz"),
        ("A.Y@METU", "ayse.yilmaz"),
        ("  yilmaz ", "ayse.yilmaz"),
        ("oneil", "jose.oneil"),
        ("o'neil", "jose.oneil"),
        ("jose_99", "jose.oneil"),
    ] {
        assert_eq!(found(&auth, query).await, [handle], "{query}");
    }
    assert!(found(&auth, "nobody").await.is_empty());
}

/// O-062: what means something to the database is plain text to people.
#[tokio::test(flavor = "multi_thread")]
async fn signs_are_plain_text_in_searches() {
    let auth = Auth::start().await;
    auth.register("Percy", "a%b@uni.edu").await;
    auth.register("Under", "c_d@uni.edu").await;
    auth.register("Plain", "axb.cxd@uni.edu").await;
    for (query, handles) in [
        ("%", vec!["percy"]),
        ("_", vec!["under"]),
        ("a%b", vec!["percy"]),
        ("c_d", vec!["under"]),
        ("\\", vec![]),
        ("'; DROP TABLE auth.users; --", vec![]),
        ("\0", vec![]),
        ("pla\0in", vec![]),
        ("", vec![]),
        ("   ", vec![]),
    ] {
        assert_eq!(found(&auth, query).await, handles, "{query:?}");
    }
}

/// O-062: who is suspended or gone is not found.
#[tokio::test(flavor = "multi_thread")]
async fn the_suspended_and_the_deleted_are_hidden() {
    let auth = Auth::start().await;
    auth.register("Ada One", "one@uni.edu").await;
    let two = auth.register("Ada Two", "two@uni.edu").await;
    auth.register("Ada Three", "three@uni.edu").await;
    auth.delete_account(&two.caller).await.unwrap();
    auth.execute("UPDATE auth.users SET suspended_at = now() WHERE handle = 'ada.three'")
        .await;
    assert_eq!(found(&auth, "ada").await, ["ada.one"]);
    for gone in ["deleted", "deleted account"] {
        assert!(found(&auth, gone).await.is_empty());
    }
}

/// O-062: ten unless asked otherwise, never more than fifty, and a negative number is a mistake.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_has_limits() {
    let auth = Auth::start().await;
    add_people(&auth, 60).await;
    for (asked, given) in [(0, 10), (1, 1), (50, 50), (51, 50), (i32::MAX, 50)] {
        let found = search(&auth, "member", asked).await.unwrap();
        assert_eq!(found.len(), given, "{asked}");
    }
    assert_eq!(
        invalid_fields(search(&auth, "member", -1).await),
        ["page_size"]
    );
}

// === profile ===

/// O-063: a change of the name is seen everywhere, grows the version, and the others are told.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_name_grows_the_version_and_is_told() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.clock.advance(TimeDelta::minutes(1));
    let renamed = update(&auth, &ada.caller, Some(" Ada K\u{e9}ats "))
        .await
        .unwrap();
    assert_eq!(renamed.display_name, "Ada Kéats");
    assert_eq!(renamed.handle, "ada");
    assert_eq!(
        time(renamed.updated_at),
        start_time() + TimeDelta::minutes(1)
    );
    assert_eq!(auth.get_user(&ada.user.id).await.unwrap(), renamed);
    let card = cards(&auth, vec![ada.user.id.clone()]).await.unwrap();
    assert_eq!(
        (card[0].display_name.as_str(), card[0].version),
        ("Ada Kéats", 2)
    );
    assert_eq!(found(&auth, "keats").await, ["ada"]);
    let told = auth.outbox().await.pop().unwrap();
    assert_eq!(told.kind, "auth.user.updated.v1");
    assert_eq!(told.subject, ada.user.id);
    assert_eq!(told.data["displayName"], "Ada Kéats");
    assert_eq!(told.data["version"], json!("2"));
}

/// O-063: what is not said stays as it is, and is no change.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_without_fields_changes_nothing() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.clock.advance(TimeDelta::minutes(1));
    assert_eq!(update(&auth, &ada.caller, None).await.unwrap(), ada.user);
    assert_eq!(auth.kinds_for(&ada).await, ["auth.user.registered.v1"]);
}

/// O-063, O-076: a name that could not be registered can't be taken later either.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_is_refused_and_changes_nothing() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    for wrong in ["", "  ", "A\nda", "\0", &"x".repeat(256)] {
        let refusal = update(&auth, &ada.caller, Some(wrong)).await;
        assert_eq!(invalid_fields(refusal), ["display_name"], "{wrong:?}");
    }
    let longest = "é".repeat(255);
    let renamed = update(&auth, &ada.caller, Some(&longest)).await.unwrap();
    assert_eq!(renamed.display_name, longest);
    auth.delete_account(&ada.caller).await.unwrap();
    refused(
        update(&auth, &ada.caller, Some("Ada again")).await,
        ErrorCode::NotFound,
        "user_not_found",
    );
}

/// O-063: of changes at the same time none is lost to the version, and each is told in its order.
#[tokio::test(flavor = "multi_thread")]
async fn each_of_twenty_changes_at_once_has_a_version_of_its_own() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let names: Vec<String> = (0..20).map(|number| format!("Ada {number}")).collect();
    let changes = names
        .iter()
        .map(|name| update(&auth, &ada.caller, Some(name)));
    assert!(join_all(changes).await.iter().all(Result::is_ok));
    let told: Vec<String> = auth
        .outbox()
        .await
        .into_iter()
        .map(|event| event.data["version"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (1..=21).map(|version| version.to_string()).collect();
    assert_eq!(told, expected);
}

// === activity ===

/// O-186: the last time counts, whatever the order in which the times come.
#[tokio::test(flavor = "multi_thread")]
async fn activity_never_goes_back_in_time() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    let at = |minutes: i64| start_time() + TimeDelta::minutes(minutes);
    record(&auth, &[(&ada, at(5)), (&bob, at(1))])
        .await
        .unwrap();
    assert_eq!(
        [seen(&auth, &ada).await, seen(&auth, &bob).await],
        [at(5), at(1)]
    );
    record(&auth, &[(&ada, at(3)), (&bob, at(4))])
        .await
        .unwrap();
    assert_eq!(
        [seen(&auth, &ada).await, seen(&auth, &bob).await],
        [at(5), at(4)]
    );
    // The same person several times in one call, as several requests of a minute make it.
    record(&auth, &[(&ada, at(7)), (&ada, at(9)), (&ada, at(8))])
        .await
        .unwrap();
    record(&auth, &[(&bob, at(9)), (&bob, at(7)), (&bob, at(8))])
        .await
        .unwrap();
    assert_eq!(
        [seen(&auth, &ada).await, seen(&auth, &bob).await],
        [at(9), at(9)]
    );
    let user = auth.get_user(&ada.user.id).await.unwrap();
    assert_eq!(user.updated_at, ada.user.updated_at);
}

/// O-069, O-186: what is noted late about a deleted person is not kept.
#[tokio::test(flavor = "multi_thread")]
async fn the_activity_of_a_deleted_person_is_not_noted() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.delete_account(&ada.caller).await.unwrap();
    record(&auth, &[(&ada, start_time())]).await.unwrap();
    let row = auth.row("SELECT last_seen_at FROM auth.users").await;
    assert_eq!(row, json!({"last_seen_at": null}));
}

/// O-186: what makes no sense is passed over, a thousand times are fine, and more are not.
#[tokio::test(flavor = "multi_thread")]
async fn activity_has_limits() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let later = start_time() + TimeDelta::minutes(1);
    let good = proto::Activity {
        user_id: ada.user.id.clone(),
        seen_at: Some(later.into()),
    };
    let nonsense = [
        proto::Activity {
            user_id: "nonsense".to_owned(),
            ..good.clone()
        },
        proto::Activity {
            seen_at: None,
            ..good.clone()
        },
        proto::Activity {
            user_id: "01890000-0000-7000-8000-000000000000".to_owned(),
            ..good.clone()
        },
        good,
    ];
    let request = guest().send(proto::RecordActivityRequest {
        activities: nonsense.to_vec(),
    });
    auth.users().record_activity(request).await.unwrap();
    assert_eq!(seen(&auth, &ada).await, later);

    record(&auth, &vec![(&ada, later); 1_000]).await.unwrap();
    assert_eq!(
        invalid_fields(record(&auth, &vec![(&ada, later); 1_001]).await),
        ["activities"]
    );
    record(&auth, &[]).await.unwrap();
}

/// O-186: edges that note the same people in different orders don't get in each other's way.
#[tokio::test(flavor = "multi_thread")]
async fn edges_may_note_the_same_people_at_once() {
    let auth = Auth::start().await;
    add_people(&auth, 300).await;
    let ids = auth.rows("SELECT id FROM auth.users ORDER BY id").await;
    let ids: Vec<String> = ids
        .iter()
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    let notes = (0..24).map(|number: i64| {
        let at = start_time() + TimeDelta::seconds(number);
        let mut ids = ids.clone();
        if number % 2 == 1 {
            ids.reverse();
        }
        let activities = ids
            .into_iter()
            .map(|user_id| proto::Activity {
                user_id,
                seen_at: Some(at.into()),
            })
            .collect();
        let mut users = auth.users();
        async move {
            let request = guest().send(proto::RecordActivityRequest { activities });
            answered(users.record_activity(request).await)
        }
    });
    for noted in join_all(notes).await {
        noted.unwrap();
    }
    let times = auth
        .rows("SELECT DISTINCT last_seen_at FROM auth.users")
        .await;
    let times: HashSet<String> = times
        .iter()
        .map(|row| row["last_seen_at"].to_string())
        .collect();
    assert_eq!(times.len(), 1, "{times:?}");
}
