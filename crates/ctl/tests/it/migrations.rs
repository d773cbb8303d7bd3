//! The tables of the services.

use oruma_service_test_kit::Tables;
use oruma_test_kit::TestDatabase;
use serde_json::Value;

use crate::support::Installation;

fn states(migrations: &Value) -> Vec<&str> {
    let migrations = migrations.as_array().unwrap();
    migrations
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn migrations_are_pending_then_applied_and_run_once() {
    let installation = Installation::empty().await;
    let before = installation.json(&["migrations"]);
    assert!(states(&before).iter().all(|state| *state == "pending"));
    assert!(states(&before).len() > 40);

    let ran = installation.json(&["migrate", "--service", "social"]);
    assert_eq!(ran[0]["service"], "social");
    let of_social = |one: &&Value| one["service"] == "social";
    let known = before.as_array().unwrap().iter().filter(of_social).count();
    assert_eq!(ran[0]["ran"].as_array().unwrap().len(), known);
    assert_eq!(ran[0]["ran"][0], "2026-11-21-000100_create_posts");
    let mixed = installation.json(&["migrations"]);
    for migration in mixed.as_array().unwrap() {
        let is_social = migration["service"] == "social";
        assert_eq!(migration["state"] == "applied", is_social, "{migration}");
        assert_eq!(migration["ran_at"].is_string(), is_social, "{migration}");
    }

    installation.json(&["migrate"]);
    let after = installation.json(&["migrations"]);
    assert!(states(&after).iter().all(|state| *state == "applied"));
    assert_eq!(states(&after).len(), states(&before).len());
    let again = installation.json(&["migrate"]);
    for one in again.as_array().unwrap() {
        assert_eq!(one["ran"], serde_json::json!([]), "{one}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_has_run_is_told() {
    let installation = Installation::new().await;
    let later = "INSERT INTO media.__diesel_schema_migrations (version) VALUES ('20990101000000')";
    installation.tables.execute(later).await;
    let shown = installation.json(&["migrations", "--service", "media"]);
    assert_eq!(states(&shown).last(), Some(&"unknown"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_have_a_database_of_its_own() {
    let own = TestDatabase::create_empty("media").await;
    let installation = Installation::empty().await;
    let installation = installation.with("MEDIA_DATABASE_URL", own.url());
    installation.json(&["migrate"]);
    assert_eq!(Tables::of(&own).count("media.images").await, 0);
    let schemas = "SELECT nspname FROM pg_namespace WHERE nspname IN ('media', 'social')";
    let schemas = installation.tables.rows(schemas).await;
    assert_eq!(schemas, [serde_json::json!({"nspname": "social"})]);
    assert_eq!(installation.ctl(&["verify", "--patience", "0"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_in_one_line() {
    let installation = Installation::empty().await;
    let wrong = installation.with("AUTH_DATABASE_URL", "mysql://nowhere");
    wrong
        .ctl(&["migrations"])
        .failed(2, "AUTH_DATABASE_URL is not a postgresql:// connection URL");
    let version = wrong.ctl(&["--version"]);
    assert!(version.text.starts_with("oruma-ctl 0."), "{version:?}");
    let away = Installation::empty().await;
    let away = away.with("MEDIA_DATABASE_URL", "postgresql://app@127.0.0.1:1/none");
    let answer = away.ctl(&["migrations"]);
    assert_eq!(answer.code, 1);
    assert!(
        answer
            .problem
            .starts_with("oruma-ctl: media: the database can't be reached"),
        "{answer:?}"
    );
    assert_eq!(answer.problem.lines().count(), 1);
    assert_eq!(away.ctl(&["verify"]).code, 2);
}
