//! The schema: its steps, and whether its indexes are of use.

use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use oruma_service_test_kit::schema::{check_indexes_read, check_replicas, check_steps, connect};
use oruma_social::service::MIGRATIONS;
use oruma_social::store::feeds::Feed;
use oruma_test_kit::TestDatabase;
use serde_json::Value;

use crate::support::{Setup, Social, student, user_id};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let setup = Setup::new().await;
    check_steps(&setup.database, || MIGRATIONS).await;
    let social = setup.start().await;
    let post = social.post(&student(1), "hello #tag").await;
    social.comment(&student(2), &post.id, "hi").await;
    social.like(&student(2), &post.id, None).await.unwrap();
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("social", || MIGRATIONS).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "hello").await;
    let other = social.post(&ada, "other").await;
    social.comment(&ada, &post.id, "hi").await;
    let elsewhere = social.comment(&ada, &other.id, "elsewhere").await;
    let mut conn = connect(&social.database).await;
    let stray = format!(
        "UPDATE comments SET parent_id = '{}' WHERE content = 'hi'",
        elsewhere.id
    );
    for wrong in [
        "UPDATE posts SET content = ''",
        "UPDATE posts SET type = 'sport'",
        "UPDATE posts SET visibility = 'all'",
        "UPDATE posts SET like_count = -1",
        "UPDATE posts SET number = 7",
        "UPDATE comments SET author_id = NULL",
        "UPDATE comments SET content = ''",
        "UPDATE comments SET reply_count = -1",
        "INSERT INTO post_likes VALUES (gen_random_uuid(), gen_random_uuid(), now())",
        "INSERT INTO searches VALUES (now(), 'x', '', 0)",
        stray.as_str(),
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}

// === indexes ===

/// Posts of 200 people of 20 universities, by the second, each with one of 50 hashtags, some of them private; and what one of them saved;
/// and people who have blocked people.
const CROWD: &str = "
    INSERT INTO social.posts (id, author_id, university, content, type, location, images, given_hashtags, given_mentions, hashtags, mentions,
                              visibility, search, created_at, updated_at)
    SELECT md5('p' || n)::uuid, md5('u' || n % 200)::uuid, 'University ' || n % 20, 'post ' || n, 'general', '', '{}', '{}', '{}',
           ARRAY['tag' || n % 50], '{}', CASE WHEN n % 10 = 0 THEN 'private' ELSE 'public' END, to_tsvector('english', 'post ' || n), at, at
    FROM generate_series(1, 20000) AS n, LATERAL (SELECT timestamptz '2027-01-01 00:00Z' + n * interval '1 second' AS at) AS times;
    INSERT INTO social.post_hashtags SELECT id, unnest(hashtags), created_at FROM social.posts;
    INSERT INTO social.post_saves SELECT id, md5('u' || 1)::uuid, created_at FROM social.posts WHERE university < 'University 5';
    INSERT INTO social.post_likes SELECT id, md5('u' || 1)::uuid, created_at FROM social.posts WHERE university > 'University 5';
    INSERT INTO social.blocks SELECT md5('u' || n)::uuid, md5('u' || m)::uuid, now() FROM generate_series(10, 199) AS n, generate_series(200, 220) AS m";

/// The plan of a list for somebody at University 1, as the server would settle on it for a prepared statement.
async fn plan(conn: &mut AsyncPgConnection, feed: &Feed, mode: &str, after: &str) -> Value {
    let (of_type, of) = match feed {
        Feed::Everybody => (None, String::new()),
        Feed::University(text) | Feed::Hashtag(text) => (Some("text"), format!("'{text}', ")),
        Feed::Author(id) => (Some("uuid"), format!("'{id}', ")),
        Feed::Saved => (Some("uuid"), "md5('u1')::uuid, ".to_owned()),
    };
    let mut types = vec!["uuid", "uuid"];
    types.extend(of_type);
    types.extend([
        "uuid",
        "text",
        "uuid",
        "uuid",
        "timestamptz",
        "uuid",
        "bigint",
    ]);
    let mut parts = feed.statement().split('?');
    let mut sql = parts.next().unwrap().to_owned();
    for (nth, part) in parts.enumerate() {
        sql += &format!("${}{part}", nth + 1);
    }
    let prepare = format!(
        "DEALLOCATE ALL; SET plan_cache_mode = {mode}; PREPARE feed ({}) AS {sql}",
        types.join(", ")
    );
    conn.batch_execute(&prepare).await.unwrap();
    let viewer = "md5('u1')::uuid";
    let last = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    let explain = format!(
        "EXPLAIN (FORMAT JSON) EXECUTE feed ({viewer}, {viewer}, {of}{viewer}, 'University 1', {viewer}, {viewer}, '{after}', {last}, 11)"
    );
    let plan: String = diesel::sql_query(explain)
        .get_result::<Explained>(conn)
        .await
        .unwrap()
        .plan;
    serde_json::from_str(&plan).unwrap()
}

#[derive(diesel::QueryableByName)]
struct Explained {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// Each node of a plan, with its index and its conditions.
fn nodes(plan: &Value, found: &mut Vec<(String, String, String)>) {
    match plan {
        Value::Object(fields) => {
            let field = |name: &str| {
                fields
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            if fields.contains_key("Node Type") {
                found.push((field("Node Type"), field("Index Name"), field("Index Cond")));
            }
            for inner in fields.values() {
                nodes(inner, found);
            }
        }
        Value::Array(values) => {
            for inner in values {
                nodes(inner, found);
            }
        }
        _ => {}
    }
}

/// O-011, O-017, O-023, O-024, O-135, O-137: every list reads its own index in the order of the page, from where the page begins, and sorts nothing.
#[tokio::test(flavor = "multi_thread")]
async fn every_list_reads_its_index_in_order() {
    let database = TestDatabase::create("social", MIGRATIONS).await;
    let mut conn = connect(&database).await;
    conn.batch_execute(CROWD).await.unwrap();
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    for (feed, index) in [
        (Feed::Everybody, "posts_by_time"),
        (
            Feed::University("University 3".to_owned()),
            "posts_by_university",
        ),
        (Feed::Author(user_id(1)), "posts_by_author"),
        (Feed::Hashtag("tag7".to_owned()), "post_hashtags_by_hashtag"),
        (Feed::Saved, "post_saves_by_user"),
    ] {
        for mode in ["force_custom_plan", "force_generic_plan"] {
            for after in ["infinity", "2027-01-01 02:00Z"] {
                let plan = plan(&mut conn, &feed, mode, after).await;
                let mut found = Vec::new();
                nodes(&plan, &mut found);
                let scan = found.iter().find(|(_, name, _)| name == index);
                let (kind, _, condition) = scan.expect("the index of the list");
                assert!(
                    ["Index Scan", "Index Only Scan"].contains(&kind.as_str()),
                    "{plan:#}"
                );
                assert!(
                    condition.contains("ROW("),
                    "the page begins in the index: {plan:#}"
                );
                for (kind, _, _) in &found {
                    assert!(
                        !kind.contains("Sort") && kind != "Seq Scan" && !kind.contains("Bitmap"),
                        "{feed:?} {mode} {after}: {plan:#}"
                    );
                }
            }
        }
    }
}

/// O-144: words are looked up, not looked for in every post.
#[tokio::test(flavor = "multi_thread")]
async fn searches_read_their_index() {
    let social = Social::start().await;
    let mut conn = connect(&social.database).await;
    conn.batch_execute(CROWD).await.unwrap();
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    assert!(social.found(&student(1), "nowhere").await.is_empty());
    check_indexes_read(&mut conn, &["posts_by_words"]).await;
}
