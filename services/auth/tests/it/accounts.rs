//! Joining, leaving, and taking one's data along.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use futures::future::join_all;
use oruma_auth::config::AdminConfig;
use oruma_auth::domain::account::Email;
use oruma_proto::auth::v1 as proto;
use oruma_proto::caller::v1::Role;
use oruma_rpc_error::ErrorCode;
use oruma_service_runtime::{Caller, Contract};
use oruma_test_kit::eventually;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::support::{
    ADDRESS, Auth, PASSWORD, Person, Setup, UNIVERSITY, USER_AGENT, answered, application, claims,
    guest, invalid_fields, nobody, refused, start_time, time,
};

/// O-007, O-008: the answer shows the person whole, and its tokens hold.
#[tokio::test(flavor = "multi_thread")]
async fn who_registers_is_a_member_and_signed_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada Lovelace", "Ada@Uni.EDU").await;
    let user = &ada.user;
    assert_eq!(user.display_name, "Ada Lovelace");
    assert_eq!(user.handle, "ada.lovelace");
    assert_eq!(user.email, "Ada@Uni.EDU");
    assert_eq!(user.university, UNIVERSITY);
    assert_eq!(user.number, 1);
    assert_eq!(user.role(), Role::User);
    assert!(!user.email_verified);
    assert_eq!(user.avatar_url, "");
    for at in [user.created_at, user.updated_at, user.last_login_at] {
        assert_eq!(time(at), start_time());
    }
    let university = auth
        .row(&format!(
            "SELECT name FROM auth.universities WHERE id = '{}'",
            user.university_id
        ))
        .await;
    assert_eq!(university["name"], UNIVERSITY);
    assert_eq!(auth.get_user(&user.id).await.unwrap(), ada.user);
    assert!(auth.is_active(ada.session).await);
    auth.refresh(&guest(), &ada.tokens.refresh_token)
        .await
        .unwrap();
}

/// O-007, O-073, O-076, O-147, O-154, O-155: one answer names every field at fault.
#[tokio::test(flavor = "multi_thread")]
async fn every_field_at_fault_is_named_at_once() {
    let auth = Auth::start().await;
    let nothing = auth
        .try_register(&guest(), proto::RegisterRequest::default())
        .await;
    let refusal = refused(nothing, ErrorCode::Invalid, "validation_failed");
    let named: Vec<(&str, &str)> = refusal
        .violations
        .iter()
        .map(|found| (found.field.as_str(), found.problem.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("display_name", "is required"),
            ("email", "is required"),
            ("password", "is required"),
            ("university", "is required"),
        ]
    );
    let wrong = proto::RegisterRequest {
        display_name: "Ada\u{7}".to_owned(),
        email: "ada@uni".to_owned(),
        password: "secret".to_owned(),
        university: "u".repeat(256),
        phone: String::new(),
    };
    assert_eq!(
        invalid_fields(auth.try_register(&guest(), wrong).await),
        ["display_name", "email", "password", "university"]
    );
    assert_eq!(auth.count("auth.users").await, 0);
    assert!(auth.outbox().await.is_empty());
}

/// O-147: at least eight characters and a number; nothing that bcrypt would cut.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_meets_the_policy_or_is_refused() {
    let auth = Auth::start().await;
    let with = |password: &str, email: &str| proto::RegisterRequest {
        password: password.to_owned(),
        ..application("Ada", email)
    };
    let too_long = "a1".repeat(36);
    for weak in [
        "passw0r",
        "password",
        "12345",
        "pass\0w0rd",
        too_long.as_str(),
    ] {
        let refusal = auth.try_register(&guest(), with(weak, "ada@uni.edu")).await;
        assert_eq!(invalid_fields(refusal), ["password"], "{weak}");
    }
    let longest = "a1".repeat(35) + "x";
    for (number, good) in ["passw0rd", "пароль12", longest.as_str()]
        .into_iter()
        .enumerate()
    {
        let email = format!("ada{number}@uni.edu");
        auth.try_register(&guest(), with(good, &email))
            .await
            .unwrap();
        auth.try_sign_in(&guest(), &email, good).await.unwrap();
    }
}

/// O-007: an address is taken in whatever case and form it is typed.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_taken_in_every_case() {
    let auth = Auth::start().await;
    auth.register("Ada", "Ada@Uni.EDU").await;
    auth.register("Zoë", "zo\u{eb}@uni.edu").await;
    for taken in [
        "Ada@Uni.EDU",
        "ada@uni.edu",
        "ADA@UNI.EDU",
        " ada@uni.edu ",
        "zoe\u{308}@uni.edu",
    ] {
        let again = auth
            .try_register(&guest(), application("Somebody", taken))
            .await;
        let refusal = refused(again, ErrorCode::Invalid, "validation_failed");
        assert_eq!(refusal.violations.len(), 1);
        assert_eq!(refusal.violations[0].field, "email");
        assert_eq!(refusal.violations[0].problem, "is already registered");
    }
    assert_eq!(auth.count("auth.users").await, 2);
}

/// O-155: the university must be in the directory.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_university_is_refused() {
    let auth = Auth::start().await;
    for unknown in [
        "University of Nowhere",
        "Stanford",
        "01890000-0000-7000-8000-000000000000",
        "%",
        "—",
    ] {
        let application = proto::RegisterRequest {
            university: unknown.to_owned(),
            ..application("Ada", "ada@uni.edu")
        };
        let refusal = auth.try_register(&guest(), application).await;
        assert_eq!(invalid_fields(refusal), ["university"], "{unknown}");
    }
}

/// O-007, O-155: case, accents and signs make no difference, and the id will do as well; the official name is what is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_university_is_named_in_any_spelling_or_by_its_id() {
    let auth = Auth::start().await;
    let id = auth
        .row("SELECT id FROM auth.universities WHERE name = 'Diné College'")
        .await;
    let id = id["id"].as_str().unwrap();
    for (number, named) in [
        "Diné College",
        "DINE COLLEGE",
        " dine-college ",
        "Dine\u{301} College",
        id,
        &id.to_uppercase(),
    ]
    .into_iter()
    .enumerate()
    {
        let application = proto::RegisterRequest {
            university: named.to_owned(),
            ..application("Ada", &format!("ada{number}@uni.edu"))
        };
        let person = auth.try_register(&guest(), application).await.unwrap();
        assert_eq!(person.user.university, "Diné College", "{named}");
        assert_eq!(person.user.university_id, id, "{named}");
        let told = claims(&person.tokens.access_token);
        assert_eq!(told["university"], "Diné College");
    }
}

/// O-007: whoever asks thirty times at once has one account.
#[tokio::test(flavor = "multi_thread")]
async fn registering_thirty_times_at_once_makes_one_account() {
    let auth = Auth::start().await;
    let attempts = (0..30).map(|number| {
        // Other names, so that only the address is in the way.
        let application = application(&format!("Ada {number}"), "ada@uni.edu");
        let auth = &auth;
        async move { auth.try_register(&guest(), application).await }
    });
    let (made, refusals): (Vec<_>, Vec<_>) = join_all(attempts)
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for refusal in refusals {
        assert_eq!(invalid_fields(refusal), ["email"]);
    }
    for table in [
        "users",
        "sessions",
        "refresh_tokens",
        "outbox",
        "access_log",
    ] {
        assert_eq!(auth.count(&format!("auth.{table}")).await, 1, "{table}");
    }
}

/// O-007: namesakes who come at once get handles of their own, all of them readable.
#[tokio::test(flavor = "multi_thread")]
async fn thirty_namesakes_at_once_get_thirty_readable_handles() {
    let auth = Auth::start().await;
    let namesakes = (0..30).map(|number| {
        let email = format!("ada{number}@uni.edu");
        let auth = &auth;
        async move { auth.register("Ada Lovelace", &email).await.user.handle }
    });
    let handles: HashSet<String> = join_all(namesakes).await.into_iter().collect();
    assert_eq!(handles.len(), 30, "{handles:?}");
    assert!(handles.contains("ada.lovelace"));
    for handle in &handles {
        let number = handle.strip_prefix("ada.lovelace").unwrap();
        assert!(
            number.len() <= 6 && number.bytes().all(|byte| byte.is_ascii_digit()),
            "{handle}"
        );
    }
    for few in 2..=9 {
        assert!(handles.contains(&format!("ada.lovelace{few}")), "{few}");
    }
}

/// O-007: a name without Latin letters takes its handle from the address.
#[tokio::test(flavor = "multi_thread")]
async fn a_handle_is_made_from_the_name_or_else_from_the_address() {
    let auth = Auth::start().await;
    for (name, email, handle) in [
        ("Ayşe Yılmaz", "a@uni.edu", "ayse.yilmaz"),
        ("李伟", "li.wei@uni.edu", "li.wei"),
        ("李伟", "李@uni.edu", "member"),
    ] {
        assert_eq!(auth.register(name, email).await.user.handle, handle);
    }
}

/// O-007: names, addresses and universities have up to 255 characters, counted as people count them.
#[tokio::test(flavor = "multi_thread")]
async fn fields_of_255_characters_are_taken_and_of_256_refused() {
    let auth = Auth::start().await;
    let of_length = |length: usize| {
        let domain = ["a", "b", "c"].map(|letter| letter.repeat(63)).join(".");
        let local = "l".repeat(length - domain.len() - "@.edu".len());
        proto::RegisterRequest {
            display_name: "é".repeat(length),
            email: format!("{local}@{domain}.edu"),
            university: "Ü".repeat(length),
            ..application("", "")
        }
    };
    auth.execute(
        "INSERT INTO auth.universities (id, name, name_key, country, country_code, type, search_text, source, created_at, updated_at)
         VALUES (gen_random_uuid(), repeat('Ü', 255), repeat('u', 255), 'Utopia', 'UT', 'public', '', 'outside', now(), now())",
    )
    .await;
    let longest = of_length(255);
    assert_eq!(longest.email.chars().count(), 255);
    let person = auth.try_register(&guest(), longest.clone()).await.unwrap();
    assert_eq!(person.user.display_name, longest.display_name);
    assert_eq!(person.user.email, longest.email);
    assert_eq!(person.user.university, longest.university);
    auth.sign_in(&longest.email).await;

    let too_long = auth.try_register(&guest(), of_length(256)).await;
    assert_eq!(
        invalid_fields(too_long),
        ["display_name", "email", "university"]
    );
}

/// O-007: text is kept in Unicode's composed form, whichever form was typed.
#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_are_kept_composed() {
    let auth = Auth::start().await;
    let zoe = auth.register(" Zoe\u{308} ", "zoe\u{308}@uni.edu").await;
    assert_eq!(zoe.user.display_name, "Zo\u{eb}");
    assert_eq!(zoe.user.email, "zo\u{eb}@uni.edu");
    assert_eq!(zoe.user.handle, "zoe");
    for typed in ["zoe\u{308}@uni.edu", "zo\u{eb}@uni.edu", "ZO\u{cb}@UNI.EDU"] {
        assert_eq!(auth.sign_in(typed).await.id, zoe.id);
    }
}

/// O-007: what people write is neither mangled nor run.
#[tokio::test(flavor = "multi_thread")]
async fn signs_in_names_are_plain_text() {
    let auth = Auth::start().await;
    for (number, name) in [
        "<script>alert(1)</script>",
        "Robert'); DROP TABLE auth.users;--",
        "100% _\\ \"quoted\"",
        "👩‍🚀",
    ]
    .into_iter()
    .enumerate()
    {
        let person = auth.register(name, &format!("p{number}@uni.edu")).await;
        assert_eq!(person.user.display_name, name);
        assert_eq!(
            auth.get_user(&person.user.id).await.unwrap().display_name,
            name
        );
    }
}

/// O-188: only a bcrypt hash of the password is kept, with the policy that it met.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_password_only_its_bcrypt_hash_is_kept() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let user = auth
        .row("SELECT password_hash, password_policy FROM auth.users")
        .await;
    let hash = user["password_hash"].as_str().unwrap();
    assert!(hash.starts_with("$2b$04$"), "{hash}");
    assert!(bcrypt::verify(PASSWORD, hash).unwrap());
    assert_eq!(user["password_policy"], "oruma");
    for table in [
        "users",
        "sessions",
        "refresh_tokens",
        "access_log",
        "outbox",
    ] {
        for row in auth.rows(&format!("SELECT * FROM auth.{table}")).await {
            assert!(!row.to_string().contains(PASSWORD), "{table}");
        }
    }
}

/// O-188: two people with the same password have different hashes.
#[tokio::test(flavor = "multi_thread")]
async fn hashes_are_salted() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    auth.register("Bob", "bob@uni.edu").await;
    let hashes = auth
        .rows("SELECT DISTINCT password_hash FROM auth.users")
        .await;
    assert_eq!(hashes.len(), 2);
}

/// O-147: each contract has its own policy, and the account remembers which one its password met.
#[tokio::test(flavor = "multi_thread")]
async fn another_contract_has_another_policy() {
    let auth = Auth::start().await;
    let chat = nobody(Contract::Connectbest);
    let with = |password: &str| proto::RegisterRequest {
        password: password.to_owned(),
        university: String::new(),
        phone: String::new(),
        ..application("Ada", "ada@uni.edu")
    };
    assert_eq!(
        invalid_fields(auth.try_register(&chat, with("passw0rd")).await),
        ["password"]
    );
    let ada = auth.try_register(&chat, with("Passw0rd")).await.unwrap();
    assert_eq!(
        (
            ada.user.university.as_str(),
            ada.user.university_id.as_str()
        ),
        ("", "")
    );
    let policy = auth.row("SELECT password_policy FROM auth.users").await;
    assert_eq!(policy["password_policy"], "connectbest");
}

/// O-069: the row is emptied, every sign-in ends, and what the log and the sign-ins told of places is gone.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_leaves_nothing_personal_behind() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada Lovelace", "ada@uni.edu").await;
    let bob = auth.register("Bob", "bob@uni.edu").await;
    let phone = auth.sign_in("ada@uni.edu").await;
    let _ = auth
        .try_sign_in(&guest(), "ada@uni.edu", "wr0ng-password")
        .await;
    auth.execute(&format!(
        "UPDATE auth.users SET avatar_url = 'https://img.example/ada', bio = 'Ada''s bio', phone = '+15550100', region = 'r',
             gender = 'g', birth_year = 1815, interests = '{{engines}}', status_message = 'Ada''s status',
             preferences = '{{\"theme\": \"ada\"}}', email_verified_at = now(), role = 'admin', last_seen_at = now(),
             suspended_reason = 'Ada wrote too much'
         WHERE id = '{}'",
        ada.id
    ))
    .await;
    let before = auth
        .row(&format!("SELECT * FROM auth.users WHERE id = '{}'", bob.id))
        .await;
    auth.clock.advance(TimeDelta::minutes(5));
    auth.delete_account(&ada.caller).await.unwrap();

    let row = auth
        .row(&format!("SELECT * FROM auth.users WHERE id = '{}'", ada.id))
        .await;
    let emptied = [
        "email",
        "email_verified_at",
        "password_hash",
        "password_policy",
        "university_id",
        "avatar_url",
        "bio",
        "phone",
        "region",
        "gender",
        "birth_year",
        "status_message",
        "suspended_reason",
        "last_login_at",
        "last_seen_at",
    ];
    for column in emptied {
        assert_eq!(row[column], Value::Null, "{column}");
    }
    for (column, value) in [
        ("display_name", json!("Deleted account")),
        ("handle", json!("deleted-1")),
        ("university", json!("")),
        ("search_text", json!("")),
        ("role", json!("user")),
        ("interests", json!([])),
        ("preferences", json!({})),
    ] {
        assert_eq!(row[column], value, "{column}");
    }
    assert!(!row.to_string().to_lowercase().contains("ada"), "{row}");

    for session in [ada.session, phone.session] {
        assert!(!auth.is_active(session).await);
    }
    for table in ["sessions", "access_log"] {
        let traces = auth
            .rows(&format!(
                "SELECT * FROM auth.{table} WHERE user_id = '{}'",
                ada.id
            ))
            .await;
        assert!(traces.len() >= 2);
        for trace in traces {
            assert_eq!(trace["address"], "", "{trace}");
            assert_eq!(trace["user_agent"], "", "{trace}");
            assert_eq!(trace["email_hash"], Value::Null, "{trace}");
        }
    }
    let after = auth
        .row(&format!("SELECT * FROM auth.users WHERE id = '{}'", bob.id))
        .await;
    assert_eq!(after, before);
    assert!(auth.is_active(bob.session).await);
    let bobs = auth
        .row(&format!(
            "SELECT * FROM auth.access_log WHERE user_id = '{}'",
            bob.id
        ))
        .await;
    assert_eq!(bobs["address"], ADDRESS);
}

/// O-069: nobody signs in to a deleted account, none of its tokens holds, and its person is not found.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deleted_account_lets_anybody_in() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    auth.delete_account(&ada.caller).await.unwrap();
    refused(
        auth.try_sign_in(&guest(), "ada@uni.edu", PASSWORD).await,
        ErrorCode::Unauthenticated,
        "invalid_credentials",
    );
    refused(
        auth.refresh(&guest(), &ada.tokens.refresh_token).await,
        ErrorCode::Unauthenticated,
        "invalid_refresh_token",
    );
    assert_eq!(auth.revoked_ids().await, [ada.session.to_string()]);
    refused(
        auth.get_user(&ada.user.id).await,
        ErrorCode::NotFound,
        "user_not_found",
    );
    // What the edge let through before it heard of the end.
    refused(
        auth.delete_account(&ada.caller).await,
        ErrorCode::NotFound,
        "user_not_found",
    );
    refused(
        export(&auth, &ada.caller).await,
        ErrorCode::NotFound,
        "user_not_found",
    );
    let kinds = auth.kinds_for(&ada).await;
    assert_eq!(
        kinds,
        [
            "auth.user.registered.v1",
            "auth.session.revoked.v1",
            "auth.user.deleted.v1"
        ]
    );
}

/// O-007, O-069: the address of a deleted account is free again, for somebody new.
#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_deleted_account_can_join_again() {
    let auth = Auth::start().await;
    let first = auth.register("Ada", "ada@uni.edu").await;
    auth.delete_account(&first.caller).await.unwrap();
    let second = auth.register("Ada", "ADA@uni.edu").await;
    assert_ne!(second.id, first.id);
    assert_eq!(second.user.handle, "ada");
    assert_eq!(auth.sign_in("ada@uni.edu").await.id, second.id);
}

/// O-069: of deletions at the same time one counts, and the events are told once.
#[tokio::test(flavor = "multi_thread")]
async fn deleting_ten_times_at_once_deletes_once() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let deletions = (0..10).map(|_| auth.delete_account(&ada.caller));
    let (done, refusals): (Vec<_>, Vec<_>) = join_all(deletions)
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    for refusal in refusals {
        refused(refusal, ErrorCode::NotFound, "user_not_found");
    }
    assert_eq!(auth.outbox().await.len(), 3);
}

/// O-069: a password that was right a moment before the account ended opens nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_under_way_does_not_outlive_the_account() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    // Holds the row as a deletion does while it is at work.
    let mut conn = auth.sql().reader().await.unwrap();
    let hold = format!(
        "BEGIN; SELECT id FROM auth.users WHERE id = '{}' FOR UPDATE",
        ada.id
    );
    conn.batch_execute(&hold).await.unwrap();
    let caller = guest();
    let sign_in = auth.try_sign_in(&caller, "ada@uni.edu", PASSWORD);
    let deletion = async {
        eventually("the sign-in waits for the row", || async {
            let waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            !auth.rows(waiting).await.is_empty()
        })
        .await;
        let erase = format!(
            "UPDATE auth.users SET email = NULL, password_hash = NULL, deleted_at = now() WHERE id = '{}'; COMMIT",
            ada.id
        );
        conn.batch_execute(&erase).await.unwrap();
    };
    let (signed_in, ()) = tokio::join!(sign_in, deletion);
    refused(signed_in, ErrorCode::Unauthenticated, "invalid_credentials");
    assert_eq!(auth.count("auth.sessions").await, 1);
}

/// O-071, O-186: an export has the profile, the sign-ins and the log of its person, and nothing of anybody else.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_is_known_of_its_person_only() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada Lovelace", "ada@uni.edu").await;
    let elsewhere = Caller {
        address: "198.51.100.9".to_owned(),
        user_agent: "Elsewhere/2".to_owned(),
        ..guest()
    };
    auth.try_register(&elsewhere, application("Bob Other", "bob@uni.edu"))
        .await
        .unwrap();
    auth.clock.advance(TimeDelta::minutes(1));
    let _ = auth
        .try_sign_in(&guest(), "ada@uni.edu", "wr0ng-password")
        .await;
    auth.clock.advance(TimeDelta::minutes(1));
    let phone = auth.sign_in("ada@uni.edu").await;
    auth.clock.advance(TimeDelta::minutes(1));
    auth.sign_out(&phone.caller, "").await.unwrap();

    let text = export(&auth, &ada.caller).await.unwrap();
    for secret in ["bob", "Bob", "198.51.100.9", "Elsewhere", "$2b$", "hash"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        document["profile"],
        json!({
            "id": ada.user.id, "number": 1, "username": "ada.lovelace", "name": "Ada Lovelace", "email": "ada@uni.edu",
            "emailVerifiedAt": null, "role": "user", "university": UNIVERSITY, "avatar": null,
            "phone": null, "status": "online", "statusMessage": null,
            "preferences": {"notifications": true, "soundEnabled": true, "timezone": "UTC"},
            "createdAt": "2027-01-15T10:00:00.123Z", "updatedAt": "2027-01-15T10:00:00.123Z",
            "lastLoginAt": "2027-01-15T10:02:00.123Z", "lastSeenAt": "2027-01-15T10:02:00.123Z",
        })
    );
    assert_eq!(
        document["sessions"],
        json!([
            {"id": phone.session, "contract": "oruma", "address": ADDRESS, "userAgent": USER_AGENT,
             "createdAt": "2027-01-15T10:02:00.123Z", "revokedAt": "2027-01-15T10:03:00.123Z"},
            {"id": ada.session, "contract": "oruma", "address": ADDRESS, "userAgent": USER_AGENT,
             "createdAt": "2027-01-15T10:00:00.123Z", "revokedAt": null},
        ])
    );
    let log: Vec<(&str, &str, &str)> = document["accessLog"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            assert_eq!(line["address"], ADDRESS);
            assert_eq!(line["userAgent"], USER_AGENT);
            assert_eq!(line["contract"], "oruma");
            let text = |name: &str| line[name].as_str().unwrap();
            (text("at"), text("action"), text("outcome"))
        })
        .collect();
    assert_eq!(
        log,
        [
            ("2027-01-15T10:03:00.123Z", "sign_out", "succeeded"),
            ("2027-01-15T10:02:00.123Z", "sign_in", "succeeded"),
            ("2027-01-15T10:01:00.123Z", "sign_in", "invalid_credentials"),
            ("2027-01-15T10:00:00.123Z", "register", "succeeded"),
        ]
    );
}

async fn export(auth: &Auth, caller: &Caller) -> Result<String, oruma_rpc_error::RpcError> {
    let request = caller.send(proto::ExportAccountRequest {});
    Ok(answered(auth.accounts().export_account(request).await)?.document)
}

/// O-072: the administrator of the configuration exists after the start, once, and is one.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_made_once() {
    let with_admin = |mut setup: Setup| {
        setup.config.admin = Some(AdminConfig {
            email: Email::parse("Admin@Uni.edu").unwrap(),
            password: SecretString::from("Sup3r-secret"),
        });
        setup
    };
    let auth = with_admin(Setup::new().await).start().await;
    let admin: Person = auth
        .try_sign_in(&guest(), "admin@uni.edu", "Sup3r-secret")
        .await
        .unwrap();
    assert_eq!(admin.user.role(), Role::Admin);
    assert_eq!(claims(&admin.tokens.access_token)["role"], "admin");
    let before = auth.row("SELECT * FROM auth.users").await;

    let again = with_admin(Setup::on(auth.database.clone())).start().await;
    assert_eq!(again.row("SELECT * FROM auth.users").await, before);
    assert_eq!(again.outbox().await.len(), 1);
}

/// O-072: a member whose address the configuration names becomes the administrator, and keeps the password.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_can_be_made_the_administrator() {
    let auth = Auth::start().await;
    let ada = auth.register("Ada", "ada@uni.edu").await;
    let mut setup = Setup::on(auth.database.clone());
    setup.config.admin = Some(AdminConfig {
        email: Email::parse("ADA@uni.edu").unwrap(),
        password: SecretString::from("An0ther-password"),
    });
    let again = setup.start().await;
    let admin = again.sign_in("ada@uni.edu").await;
    assert_eq!(admin.id, ada.id);
    assert_eq!(admin.user.role(), Role::Admin);
    assert_eq!(admin.user.display_name, "Ada");
}

/// O-188, O-147: an administrator with a weak password is no way to start.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_with_a_weak_password_stops_the_start() {
    let mut setup = Setup::new().await;
    setup.config.admin = Some(AdminConfig {
        email: Email::parse("admin@uni.edu").unwrap(),
        password: SecretString::from("admin"),
    });
    assert!(setup.try_start().await.is_err());
}
