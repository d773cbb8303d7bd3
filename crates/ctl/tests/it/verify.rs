//! Whether stored numbers are those of the rows that they count, and copies those of their sources.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Answer, Installation};

/// A small world in which all agrees: one row at least for each counter, and each copy with its source.
const WORLD: &str = include_str!("world.sql");

/// Each counter, made wrong.
const WRONG_COUNTERS: [(&str, &str); 21] = [
    (
        "social.posts.like_count",
        "UPDATE social.posts SET like_count = like_count + 1",
    ),
    (
        "social.posts.comment_count",
        "UPDATE social.posts SET comment_count = comment_count + 1",
    ),
    (
        "social.posts.save_count",
        "UPDATE social.posts SET save_count = save_count + 1",
    ),
    (
        "social.posts.view_count",
        "UPDATE social.posts SET view_count = view_count + 1",
    ),
    ("social.post_hashtags", "DELETE FROM social.post_hashtags"),
    (
        "social.comments.like_count",
        "DELETE FROM social.comment_likes",
    ),
    (
        "social.comments.reply_count",
        "UPDATE social.comments SET reply_count = 0",
    ),
    (
        "events.events.registered_count",
        "UPDATE events.events SET registered_count = 0",
    ),
    ("events.events.save_count", "DELETE FROM events.event_saves"),
    (
        "events.events.view_count",
        "UPDATE events.events SET view_count = 9",
    ),
    (
        "marketplace.items.view_count",
        "UPDATE marketplace.items SET view_count = 9",
    ),
    (
        "marketplace.items.save_count",
        "UPDATE marketplace.items SET save_count = 9",
    ),
    (
        "marketplace.sellers.review_count",
        "UPDATE marketplace.sellers SET review_count = 2",
    ),
    (
        "marketplace.sellers.rating_sum",
        "UPDATE marketplace.sellers SET rating_sum = 5",
    ),
    (
        "messaging.conversations.member_count",
        "UPDATE messaging.conversations SET member_count = 9",
    ),
    (
        "messaging.conversations.last_sequence",
        "UPDATE messaging.conversations SET last_sequence = 1",
    ),
    (
        "messaging.messages.reply_count",
        "UPDATE messaging.messages SET reply_count = 9 WHERE sequence = 1",
    ),
    (
        "messaging.messages.reaction_count",
        "DELETE FROM messaging.reactions",
    ),
    (
        "messaging.messages.file_count",
        "UPDATE messaging.messages SET file_count = 9",
    ),
    (
        "media.images.unused_since",
        "UPDATE media.images SET unused_since = now()",
    ),
    (
        "media.files.unused_since",
        "UPDATE media.files SET unused_since = now()",
    ),
];

/// Each copy, lacking what its source has.
const LACKING: [(&str, &str); 10] = [
    (
        "messaging.people",
        "DELETE FROM messaging.people WHERE handle = 'ada'",
    ),
    (
        "messaging.blocks",
        "UPDATE messaging.blocks SET is_blocked = false",
    ),
    (
        "messaging.registrations",
        "DELETE FROM messaging.registrations",
    ),
    (
        "social.reports of events",
        "DELETE FROM social.reports WHERE subject_kind = 'event'",
    ),
    (
        "social.reports of items",
        "DELETE FROM social.reports WHERE subject_kind = 'item'",
    ),
    (
        "media.image_uses of posts",
        "DELETE FROM media.image_uses WHERE used_by LIKE 'social.post/%'",
    ),
    (
        "media.image_uses of events",
        "DELETE FROM media.image_uses WHERE used_by LIKE 'events.event/%'",
    ),
    (
        "media.image_uses of items",
        "DELETE FROM media.image_uses WHERE used_by LIKE 'marketplace.item/%'",
    ),
    (
        "media.image_uses of people",
        "DELETE FROM media.image_uses WHERE used_by LIKE 'auth.user/%'",
    ),
    ("media.file_uses", "DELETE FROM media.file_uses"),
];

/// Each copy but those that outlive their source, with what that has no more, or has otherwise.
const STALE: [(&str, &str); 8] = [
    (
        "messaging.people",
        "UPDATE messaging.people SET display_name = 'Somebody' WHERE handle = 'ada'",
    ),
    ("messaging.blocks", "DELETE FROM social.blocks"),
    (
        "messaging.registrations",
        "UPDATE events.registrations SET status = 'cancelled'",
    ),
    (
        "media.image_uses of posts",
        "UPDATE social.posts SET images = '{}'",
    ),
    (
        "media.image_uses of events",
        "UPDATE events.events SET banner_image = ''",
    ),
    (
        "media.image_uses of items",
        "UPDATE marketplace.items SET images = '{}'",
    ),
    (
        "media.image_uses of people",
        "UPDATE auth.users SET avatar_url = NULL",
    ),
    ("media.file_uses", "DELETE FROM messaging.attachments"),
];

async fn world() -> Installation {
    let installation = Installation::new().await;
    installation.tables.execute(WORLD).await;
    installation
}

fn verified(installation: &Installation) -> Answer {
    installation.ctl(&["verify", "--patience", "0", "--json"])
}

fn named(report: &Value, list: &str) -> BTreeSet<String> {
    let found = report[list].as_array().unwrap().iter();
    found
        .map(|one| one["what"].as_str().unwrap().to_owned())
        .collect()
}

fn checks_against(report: &Value, against: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .filter(|check| against(check["against"].as_str().unwrap()))
        .map(|check| check["what"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_equal_world_is_said_to_be_equal() {
    let installation = world().await;
    let answer = verified(&installation);
    assert_eq!(answer.code, 0, "{answer:?}");
    let report = answer.json();
    assert_eq!(report["verdict"], "equal");
    for check in report["checks"].as_array().unwrap() {
        let compared = check["rows"].as_u64().unwrap();
        // Nobody has left.
        let departed = check["against"] == "auth.users.deleted_at";
        assert_eq!(compared > 0, !departed, "{check}");
    }
    let text = installation.ctl(&["verify", "--patience", "0", "--service", "social"]);
    assert!(text.text.ends_with("all agrees\n"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_counter_is_named() {
    let installation = world().await;
    let mut planted = BTreeSet::new();
    for (counter, statement) in WRONG_COUNTERS {
        installation.tables.execute(statement).await;
        planted.insert(counter.to_owned());
    }
    let answer = verified(&installation);
    assert_eq!(answer.code, 1, "{answer:?}");
    let report = answer.json();
    assert_eq!(report["verdict"], "deviates");
    // A counter that nobody makes wrong here is not known to be looked at.
    assert_eq!(
        checks_against(&report, |against| against == "its rows"),
        planted
    );
    let deviations = named(&report, "deviations");
    let missing: Vec<_> = planted.difference(&deviations).collect();
    assert!(missing.is_empty(), "not found: {missing:?}");
    let likes = report["deviations"].as_array().unwrap().iter();
    let likes: Vec<_> = likes
        .filter(|one| one["what"] == "social.posts.like_count")
        .collect();
    assert_eq!(likes.len(), 1);
    assert_eq!(
        (&likes[0]["stored"], &likes[0]["counted"]),
        (&"2".into(), &"1".into())
    );
    assert_eq!(likes[0]["id"], "00000000-0000-7000-8000-000000000100");
}

/// Makes copies wrong, and returns what was found of copies, with all copies that were looked at.
async fn with_copies(wrong: &[(&str, &str)]) -> (Vec<Value>, BTreeSet<String>) {
    let installation = world().await;
    for (_, statement) in wrong {
        installation.tables.execute(statement).await;
    }
    let answer = verified(&installation);
    assert_eq!(answer.code, 1, "{answer:?}");
    let report = answer.json();
    let looked = checks_against(&report, |against| {
        against != "its rows" && against != "auth.users.deleted_at"
    });
    let found = report["deviations"].as_array().unwrap().iter();
    let of_copies = found.filter(|one| looked.contains(one["what"].as_str().unwrap()));
    (of_copies.cloned().collect(), looked)
}

fn names(wrong: &[(&str, &str)]) -> BTreeSet<String> {
    wrong.iter().map(|(copy, _)| (*copy).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_copy_lacks_is_named() {
    let (found, looked) = with_copies(&LACKING).await;
    // A copy that nobody makes wrong here is not known to be looked at.
    assert_eq!(looked, names(&LACKING));
    assert_eq!(found.len(), LACKING.len(), "{found:?}");
    for one in &found {
        assert_eq!(
            (&one["stored"], &one["counted"]),
            (&"absent".into(), &"present".into()),
            "{one}"
        );
    }
    let found: BTreeSet<_> = found
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(found.len(), LACKING.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_copy_has_that_is_no_more_is_named() {
    let (found, _) = with_copies(&STALE).await;
    let named: BTreeSet<String> = found
        .iter()
        .map(|one| one["what"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, names(&STALE), "{found:?}");
    assert_eq!(found.len(), STALE.len(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_somebody_who_has_gone_is_named() {
    let installation = world().await;
    let gone = "UPDATE auth.users SET deleted_at = now(), email = NULL";
    installation.tables.execute(gone).await;
    let answer = verified(&installation);
    assert_eq!(answer.code, 1);
    let report = answer.json();
    let traces = checks_against(&report, |against| against == "auth.users.deleted_at");
    let deviations = named(&report, "deviations");
    let unseen: Vec<&String> = traces.difference(&deviations).collect();
    assert!(unseen.is_empty(), "not found: {unseen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_late_is_told_from_one_that_is_wrong() {
    let installation = world().await;
    installation
        .tables
        .execute(
            "DELETE FROM social.blocks;
             INSERT INTO social.outbox (id, kind, subject, event) VALUES (gen_random_uuid(), 'social.user.unblocked.v1', 's', '{}')",
        )
        .await;
    let late = verified(&installation);
    assert_eq!(late.code, 2, "{late:?}");
    let report = late.json();
    assert_eq!(report["verdict"], "behind");
    assert_eq!(report["deviations"], serde_json::json!([]));
    assert_eq!(
        named(&report, "behind"),
        BTreeSet::from(["messaging.blocks".to_owned()])
    );
    // The event went out, and the block is still there.
    installation
        .tables
        .execute("DELETE FROM social.outbox")
        .await;
    assert_eq!(verified(&installation).code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agrees_a_moment_later_does_not_deviate() {
    let installation = world().await;
    installation
        .tables
        .execute("UPDATE messaging.blocks SET is_blocked = false")
        .await;
    let database = installation.database.connect();
    let looked = tokio::task::spawn_blocking(move || {
        let answer = installation.ctl(&["verify", "--patience", "60", "--json"]);
        (installation, answer)
    });
    // Once the program has begun to look again, the copy comes.
    oruma_test_kit::eventually("the program looks", async || {
        let mut conn = database.reader().await.unwrap();
        let looks = "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%FROM messaging.blocks b%' AND query LIKE '%<= $2%' AND pid <> pg_backend_pid()";
        !oruma_service_test_kit::rows(&mut conn, looks).await.is_empty()
    })
    .await;
    let mut conn = database.reader().await.unwrap();
    diesel_async::SimpleAsyncConnection::batch_execute(
        &mut *conn,
        "UPDATE messaging.blocks SET is_blocked = true",
    )
    .await
    .unwrap();
    let (_installation, answer) = looked.await.unwrap();
    assert_eq!(answer.code, 0, "{answer:?}");
}

/// Anybody may name any address as that of their picture.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_somebody_else_is_no_deviation() {
    let installation = world().await;
    let foreign = "UPDATE auth.users SET avatar_url = (SELECT a.avatar_url FROM auth.users a WHERE a.handle = 'ada') WHERE handle = 'bob'";
    installation.tables.execute(foreign).await;
    let answer = verified(&installation);
    assert_eq!(answer.code, 0, "{answer:?}");
}
