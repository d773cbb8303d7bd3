//! Who may do everything.

use serde_json::json;

use crate::support::Installation;

const PASSWORD: &str = "Analytical-Engine-1843";

fn create(installation: &Installation, email: &str) -> serde_json::Value {
    let arguments = [
        "admin",
        "create",
        "--email",
        email,
        "--name",
        "Ada Lovelace",
        "--json",
    ];
    let created = installation.ctl_reading(&arguments, &format!("{PASSWORD}\n"));
    assert_eq!(created.code, 0, "{created:?}");
    assert!(!created.text.contains(PASSWORD) && !created.problem.contains(PASSWORD));
    created.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_is_made_and_told_of() {
    let installation = Installation::new().await;
    let created = create(&installation, "ada@example.org");
    assert_eq!(created["role"], "admin");
    let listed = installation.json(&["admin", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], created["id"]);

    let user = "SELECT role, email_verified_at IS NOT NULL AS verified, password_hash LIKE '$2%' AS hashed, version FROM auth.users";
    assert_eq!(
        installation.tables.rows(user).await,
        [json!({"role": "admin", "verified": true, "hashed": true, "version": 2})]
    );
    assert_eq!(
        installation.tables.kinds().await,
        ["user.registered", "user.updated"]
    );
    let log = "SELECT action, outcome, contract, user_agent FROM auth.access_log ORDER BY id";
    let line = |action| json!({"action": action, "outcome": "succeeded", "contract": "operator", "user_agent": "grace"});
    assert_eq!(
        installation.tables.rows(log).await,
        [line("register"), line("promote")]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_an_account_is_named() {
    let installation = Installation::new().await;
    create(&installation, "ada@example.org");
    let of = |email, name| ["admin", "create", "--email", email, "--name", name];
    let taken = installation.ctl_reading(&of("ADA@example.org", "Ada"), PASSWORD);
    taken.failed(1, "email is already registered");
    let wrong = installation.ctl_reading(&of("nobody", "Ada"), PASSWORD);
    wrong.failed(1, "email must be a valid e-mail address");
    let none = installation.ctl(&of("bob@example.org", "Bob"));
    none.failed(
        1,
        "there is no password: give --password-file, or the password on standard input",
    );
    let weak = installation.ctl_reading(&of("bob@example.org", "Bob"), "short");
    assert!(
        weak.code == 1 && weak.problem.contains("password"),
        "{weak:?}"
    );
    assert_eq!(installation.tables.count("auth.users").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_may_stand_in_a_file() {
    let installation = Installation::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let file = file.to_str().unwrap();
    let arguments = [
        "admin",
        "create",
        "--email",
        "ada@example.org",
        "--name",
        "Ada",
    ];
    let created = installation.ctl(&[&arguments[..], &["--password-file", file]].concat());
    assert_eq!(created.code, 0, "{created:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_given_and_taken_once() {
    let installation = Installation::new().await;
    let id = create(&installation, "ada@example.org")["id"].clone();
    let id = id.as_str().unwrap();
    let session = format!(
        "INSERT INTO auth.sessions (id, user_id, contract, created_at, refreshed_at, expires_at)
         VALUES (gen_random_uuid(), '{id}', 'oruma', now(), now(), now() + interval '1 day')"
    );
    installation.tables.execute(&session).await;

    let same = installation.json(&["admin", "promote", "Ada@Example.org"]);
    assert_eq!(same["changed"], false);
    let demoted = installation.json(&["admin", "demote", id]);
    assert_eq!(
        (&demoted["changed"], &demoted["role"]),
        (&json!(true), &json!("user"))
    );
    let revoked = "SELECT revoked_reason FROM auth.sessions";
    assert_eq!(
        installation.tables.rows(revoked).await,
        [json!({"revoked_reason": "role_taken"})]
    );
    assert_eq!(installation.json(&["admin", "list"]), json!([]));
    let promoted = installation.json(&["admin", "promote", "ada@example.org"]);
    assert_eq!(promoted["changed"], true);
    assert_eq!(
        installation.tables.kinds().await[2..],
        ["user.updated", "session.revoked", "user.updated"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_promoted_who_is_not_there() {
    let installation = Installation::new().await;
    for stranger in ["eve@example.org", "0195f000-0000-7000-8000-000000000000"] {
        let refused = installation.ctl(&["admin", "promote", stranger]);
        refused.failed(1, "nobody has that address or id");
    }
    assert_eq!(installation.tables.count("auth.outbox").await, 0);
    assert_eq!(installation.tables.count("auth.access_log").await, 0);
}
