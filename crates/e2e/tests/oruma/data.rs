//! What is kept, and what is not.

use oruma_e2e::{Deployment, Person};
use oruma_test_kit::eventually;

use crate::support::{both_ways, database, texts};

both_ways!(
    passwords_and_tokens_are_kept_as_hashes,
    a_visit_is_noted,
    attempts_to_get_in_are_logged,
    a_deleted_account_leaves_nothing_personal,
    the_schema_is_migrated,
);

/// O-188, O-192, K-35: bcrypt of cost 12, and nothing from which a token could be made.
async fn passwords_and_tokens_are_kept_as_hashes(deployment: &Deployment) {
    let (member, database) = (deployment.member().await, database(deployment));
    let id = &member.id;
    let hash = texts(
        &database,
        &format!("SELECT password_hash FROM auth.users WHERE id = '{id}'"),
    )
    .await;
    assert!(
        hash[0].starts_with("$2") && hash[0].contains("$12$"),
        "{hash:?}"
    );
    for (table, secret) in [
        ("users", &member.person.password),
        ("sessions", &member.token),
        ("refresh_tokens", &member.refresh_token),
        ("sessions", &member.refresh_token),
        ("outbox", &member.person.password),
        ("access_log", &member.person.email),
    ] {
        let rows = texts(
            &database,
            &format!("SELECT row_to_json(it) FROM auth.{table} AS it"),
        )
        .await;
        assert!(!rows.is_empty() || table == "outbox", "{table}");
        assert!(!rows.iter().any(|row| row.contains(secret)), "{table}");
    }
}

/// O-186: when somebody signed in last.
async fn a_visit_is_noted(deployment: &Deployment) {
    let (api, database) = (deployment.client(), database(deployment));
    let member = api.newcomer().await;
    let noted = format!(
        "SELECT count(*) FROM auth.users WHERE id = '{}' AND last_login_at > created_at",
        member.id
    );
    assert_eq!(texts(&database, &noted).await, ["0"]);
    let _ = api.signed_in(&member.person).await;
    assert_eq!(texts(&database, &noted).await, ["1"]);
}

/// O-207: who tried what, from where, and how it ended.
async fn attempts_to_get_in_are_logged(deployment: &Deployment) {
    let (api, database) = (deployment.client(), database(deployment));
    let member = api.newcomer().await;
    let wrong = Person {
        password: "Wrong-passw0rd".to_owned(),
        ..member.person.clone()
    };
    assert_eq!(api.sign_in(&wrong).await.status, 401);
    assert_eq!(api.refresh(&member.refresh_token).await.status, 200);
    assert_eq!(api.refresh(&member.refresh_token).await.status, 401);
    let again = api.signed_in(&member.person).await;
    assert_eq!(api.sign_out(&again).await.status, 200);
    let lines = format!(
        "SELECT concat_ws(' ', action, outcome, contract, address) FROM auth.access_log WHERE user_id = '{}' ORDER BY id",
        member.id
    );
    let expected = [
        "register succeeded oruma 127.0.0.1",
        "sign_in invalid_credentials oruma 127.0.0.1",
        "refresh succeeded oruma 127.0.0.1",
        "refresh invalid_refresh_token oruma 127.0.0.1",
        "sign_in succeeded oruma 127.0.0.1",
        "sign_out succeeded oruma 127.0.0.1",
    ];
    assert_eq!(texts(&database, &lines).await, expected);
}

/// O-069, O-203: neither in the row of the account nor in any other; and the other services are told.
async fn a_deleted_account_leaves_nothing_personal(deployment: &Deployment) {
    let (api, database) = (deployment.client(), database(deployment));
    let member = api.newcomer().await;
    let call = api.call("DELETE", "/api/users/me").bearer(&member.token);
    let _ = call.send().await.must_be(204);
    for table in ["users", "sessions", "access_log"] {
        let rows = texts(
            &database,
            &format!("SELECT row_to_json(it) FROM auth.{table} AS it"),
        )
        .await;
        for personal in [
            &member.person.email,
            &member.person.name,
            &member.person.email.to_lowercase(),
        ] {
            assert!(
                !rows.iter().any(|row| row.contains(personal.as_str())),
                "{table}"
            );
        }
    }
    eventually("all events are published", || async {
        let left = format!("SELECT id FROM auth.outbox WHERE subject = '{}'", member.id);
        texts(&database, &left).await.is_empty()
    })
    .await;
    let dead = texts(&database, "SELECT reason FROM auth.dead_letters").await;
    assert!(dead.is_empty(), "{dead:?}");
}

/// O-108, O-214, O-220: the steps are noted where they were made.
async fn the_schema_is_migrated(deployment: &Deployment) {
    let database = database(deployment);
    let steps = "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_name LIKE '%diesel_schema_migrations%'";
    let mut tables = texts(&database, steps).await;
    tables.sort();
    let schemas: Vec<&str> = tables
        .iter()
        .filter_map(|table| table.split('.').next())
        .collect();
    assert_eq!(
        schemas,
        [
            "auth",
            "events",
            "marketplace",
            "media",
            "messaging",
            "social"
        ]
    );
    for table in &tables {
        let made = texts(&database, &format!("SELECT version FROM {table}")).await;
        assert!(made.len() >= 2, "{table}");
    }
}
