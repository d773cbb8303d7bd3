//! What somebody has a right to.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use oruma_broker::{Broker, InProcessBroker, Relay, Subscription};
use oruma_service_test_kit::Told;
use serde_json::Value;

use crate::support::Installation;

const EMAIL: &str = "ada@example.org";

async fn joined() -> (Installation, String) {
    let installation = Installation::new().await;
    let arguments = [
        "admin", "create", "--email", EMAIL, "--name", "Ada", "--json",
    ];
    let created = installation.ctl_reading(&arguments, "Analytical-Engine-1843");
    assert_eq!(created.code, 0, "{created:?}");
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let post = format!(
        "INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags, mentions, visibility, search, created_at, updated_at)
         VALUES (gen_random_uuid(), '{id}', '', 'On engines', 'study', '', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', 'public', '', now(), now())"
    );
    installation.tables.execute(&post).await;
    (installation, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_what_all_services_keep() {
    let (installation, id) = joined().await;
    let folder = tempfile::tempdir().unwrap();
    let uploads = folder.path().join("uploads");
    let installation = installation.with("UPLOAD_DIR", uploads.to_str().unwrap());
    let out = folder.path().join("ada.json");
    let path = out.to_str().unwrap();
    let exported = installation.json(&["person", "export", EMAIL, "--out", path]);
    assert_eq!(exported["id"], id);
    let text = std::fs::read_to_string(&out).unwrap();
    assert_eq!(exported["bytes"], text.len());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["account"]["profile"]["email"], EMAIL);
    assert_eq!(document["posts"][0]["content"], "On engines");
    for section in ["events", "marketplace", "media"] {
        assert!(document[section].is_object(), "{section}");
    }
    let mode = std::fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let log =
        "SELECT action FROM auth.access_log WHERE contract = 'operator' ORDER BY id DESC LIMIT 1";
    let log = installation.tables.rows(log).await;
    assert_eq!(log, [serde_json::json!({"action": "export"})]);

    // What is there is not written over.
    let again = installation.ctl(&["person", "export", &id, "--out", path]);
    assert_eq!(again.code, 1);
    assert!(again.problem.contains("can't be made"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
    let nobody = installation.ctl(&["person", "export", "eve@example.org", "--out", "/dev/null"]);
    nobody.failed(1, "nobody has that address or id");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_announced_then_done_and_told() {
    let (installation, id) = joined().await;
    let plan = installation.ctl(&["person", "erase", EMAIL]);
    assert_eq!(plan.code, 1);
    assert!(plan.text.contains("social: posts"), "{plan:?}");
    let there = "SELECT deleted_at IS NULL AS there FROM auth.users";
    let is_there = |there: bool| [serde_json::json!({ "there": there })];
    assert_eq!(installation.tables.rows(there).await, is_there(true));

    let erased = installation.json(&["person", "erase", EMAIL, "--yes"]);
    assert_eq!(
        (&erased["id"], &erased["erased"]),
        (&id.clone().into(), &true.into())
    );
    assert_eq!(installation.tables.rows(there).await, is_there(false));
    let log = "SELECT action, user_agent FROM auth.access_log WHERE action = 'delete_account'";
    assert_eq!(
        installation.tables.rows(log).await,
        [serde_json::json!({"action": "delete_account", "user_agent": "grace"})]
    );

    // The relay of auth tells it to whoever wants to know.
    let broker = Arc::new(InProcessBroker::new(None));
    let told = Told::default();
    let wanted = Subscription::once("test.deleted", ["auth.user.deleted.v1"]);
    broker
        .subscribe(wanted, Arc::new(told.clone()))
        .await
        .unwrap();
    let relay = Relay::new(installation.database.connect(), "auth", broker);
    relay.drain().await.unwrap();
    let subjects: Vec<String> = told
        .events()
        .into_iter()
        .map(|event| event.subject)
        .collect();
    assert_eq!(subjects, std::slice::from_ref(&id));

    let gone = installation.ctl(&["person", "erase", &id, "--yes"]);
    gone.failed(1, "nobody has that address or id");
    // Nobody has removed the post, as social does not run.
    let left = installation.ctl(&["verify", "--patience", "0", "--json"]);
    assert_eq!(left.code, 1);
    let deviations = left.json()["deviations"].clone();
    let post = deviations
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["what"] == "social.posts.author_id");
    assert_eq!(post.unwrap()["id"], id);
}
