//! The schema: its steps, what it refuses, and whether its indexes are of use.

use std::sync::Arc;

use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use oruma_messaging::service::MIGRATIONS;
use oruma_messaging::store;
use oruma_service_test_kit::schema::{check_replicas, check_steps, connect};
use oruma_test_kit::TestDatabase;
use serde_json::Value;

use crate::support::{Messaging, person};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let database = Arc::new(TestDatabase::create("messaging", MIGRATIONS).await);
    check_steps(&database, || MIGRATIONS).await;
    let messaging = Messaging::on(database, 7).await;
    messaging.send(&person(1), &person(2), "hello").await;
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("messaging", || MIGRATIONS).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let messaging = Messaging::start().await;
    messaging.send(&person(1), &person(2), "hello").await;
    let mut conn = connect(&messaging.database).await;
    for wrong in [
        "UPDATE conversations SET kind = 'party'",
        "UPDATE conversations SET kind = 'group'",
        "UPDATE conversations SET first_user_id = second_user_id",
        "UPDATE conversations SET first_user_id = second_user_id, second_user_id = first_user_id",
        "UPDATE conversations SET member_count = -1",
        "INSERT INTO conversations (id, kind, first_user_id, second_user_id, member_count, created_at, activity_at)
         SELECT gen_random_uuid(), kind, first_user_id, second_user_id, 2, now(), now() FROM conversations",
        "UPDATE members SET read_sequence = 1",
        "UPDATE members SET role = 'king'",
        "INSERT INTO members SELECT * FROM members",
        "INSERT INTO members VALUES (gen_random_uuid(), gen_random_uuid(), 'member', now())",
        "UPDATE messages SET sequence = 0",
        "UPDATE messages SET kind = 'shout'",
        "UPDATE messages SET reply_count = -1",
        "UPDATE messages SET reaction_count = -1",
        "UPDATE conversations SET name = 'a name'",
        "UPDATE conversations SET visibility = 'public'",
        "INSERT INTO conversations (id, kind, member_count, created_at, activity_at) VALUES (gen_random_uuid(), 'channel', 0, now(), now())",
        "INSERT INTO conversations (id, kind, name, visibility, member_count, created_at, activity_at)
         VALUES (gen_random_uuid(), 'channel', 'Upper', 'public', 0, now(), now())",
        "INSERT INTO conversations (id, kind, name, visibility, member_count, created_at, activity_at)
         VALUES (gen_random_uuid(), 'channel', 'one', 'secret', 0, now(), now())",
        "INSERT INTO conversations (id, kind, name, visibility, member_count, created_at, activity_at)
         SELECT gen_random_uuid(), 'channel', 'twice', 'public', 0, now(), now() FROM generate_series(1, 2)",
        "INSERT INTO reactions SELECT id, id, '👍', now() FROM messages, generate_series(1, 2)",
        "INSERT INTO attachments SELECT m.id, m.id, n, '', '', '', '', 0 FROM messages m, generate_series(1, 2) AS n",
        "INSERT INTO conversation_settings SELECT id, id, true, 'loud' FROM conversations",
        "INSERT INTO messages (id, conversation_id, sequence, kind, content, created_at)
         SELECT gen_random_uuid(), conversation_id, sequence, 'text', 'again', now() FROM messages",
        "INSERT INTO notifications (id, user_id, event_id, kind, subject_kind, subject_id, excerpt, created_at)
         SELECT gen_random_uuid(), id, id, 'review', 'planet', id, '', now() FROM messages",
        "INSERT INTO notifications (id, user_id, event_id, kind, subject_kind, subject_id, excerpt, created_at)
         SELECT gen_random_uuid(), id, id, 'review', 'item', id, repeat('x', 141), now() FROM messages",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}

// === indexes ===

/// A thousand people, each in 40 conversations of 10 messages, the last of which are not read.
const CROWD: &str = "
    INSERT INTO messaging.conversations (id, kind, first_user_id, second_user_id, last_sequence, member_count, created_at, activity_at)
    SELECT md5('c' || n || ' ' || k)::uuid, 'direct', least(one, other), greatest(one, other), 10, 2, now(),
           timestamptz '2027-01-01 00:00Z' + (n * 7919 + k) % 20000 * interval '1 second'
    FROM generate_series(1, 1000) AS n, generate_series(1, 20) AS k,
         LATERAL (SELECT md5('u' || n)::uuid AS one, md5('u' || (n + k * 23) % 1000 + 1)::uuid AS other) AS two
    WHERE one <> other ON CONFLICT DO NOTHING;
    INSERT INTO messaging.members (conversation_id, user_id, role, joined_at, delivered_sequence, read_sequence)
    SELECT id, unnest(ARRAY[first_user_id, second_user_id]), 'member', now(), 8, 7 FROM messaging.conversations;
    INSERT INTO messaging.messages (id, conversation_id, sequence, sender_id, kind, content, created_at)
    SELECT gen_random_uuid(), id, n, CASE WHEN n % 2 = 0 THEN first_user_id ELSE second_user_id END, 'text',
           CASE WHEN n = 1 AND random() < 0.01 THEN 'rarely ' ELSE 'message ' END || n, now()
    FROM messaging.conversations, generate_series(1, 10) AS n;
    INSERT INTO messaging.attachments (file_id, message_id, position, name, path, thumbnail_path, content_type, size_bytes)
    SELECT gen_random_uuid(), id, 1, 'n', 'p', '', 't', 1 FROM messaging.messages WHERE sequence < 3;
    INSERT INTO messaging.reactions (message_id, user_id, emoji, created_at)
    SELECT id, gen_random_uuid(), '👍', now() FROM messaging.messages WHERE sequence < 3;
    INSERT INTO messaging.thread_members (conversation_id, user_id, root_id, read_sequence, is_unread)
    SELECT conversation_id, sender_id, id, 0, true FROM messaging.messages WHERE sequence < 3";

#[derive(diesel::QueryableByName)]
struct Explained {
    #[diesel(sql_type = diesel::sql_types::Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// The plan of a statement, as the server would settle on it when it is prepared.
async fn plan(conn: &mut AsyncPgConnection, statement: &str, types: &str, values: &str) -> Value {
    let mut parts = statement.split('?');
    let mut sql = parts.next().unwrap().to_owned();
    for (nth, part) in parts.enumerate() {
        sql += &format!("${}{part}", nth + 1);
    }
    let prepare = format!("DEALLOCATE ALL; PREPARE list ({types}) AS {sql}");
    conn.batch_execute(&prepare).await.unwrap();
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE list ({values})");
    let explained: Explained = diesel::sql_query(explain).get_result(conn).await.unwrap();
    serde_json::from_str(&explained.plan).unwrap()
}

/// The kinds of the nodes of a plan, and the indexes that they read.
fn nodes(plan: &Value, kinds: &mut Vec<String>, indexes: &mut Vec<String>) {
    match plan {
        Value::Object(fields) => {
            kinds.extend(
                fields
                    .get("Node Type")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            indexes.extend(
                fields
                    .get("Index Name")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            fields
                .values()
                .for_each(|inner| nodes(inner, kinds, indexes));
        }
        Value::Array(values) => values.iter().for_each(|inner| nodes(inner, kinds, indexes)),
        _ => {}
    }
}

/// O-142, O-143: both hot lists read their indexes, and no table as a whole: a person's conversations, and a conversation's messages from where the page begins.
#[tokio::test(flavor = "multi_thread")]
async fn lists_read_their_indexes() {
    let database = TestDatabase::create("messaging", MIGRATIONS).await;
    let mut conn = connect(&database).await;
    conn.batch_execute(CROWD).await.unwrap();
    conn.batch_execute("VACUUM ANALYZE").await.unwrap();
    let user = "md5('u1')::uuid";
    let conversation = "md5('c1 1')::uuid";
    let lists = [
        (
            store::conversations::list_statement(),
            "uuid, text[], text[], timestamptz, uuid, bigint",
            format!(
                "{user}, '{{}}', '{{}}', 'infinity', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 21"
            ),
            vec![
                "members_by_user",
                "conversations_pkey",
                "messages_sequence_key",
                "members_pkey",
            ],
        ),
        (
            store::messages::list_statement(),
            "uuid, uuid, bigint, bigint",
            format!("{user}, {conversation}, 9, 51"),
            vec![
                "conversations_pkey",
                "members_pkey",
                "messages_sequence_key",
            ],
        ),
        (
            store::channels::list_statement(),
            "uuid, text, text, bigint, bigint",
            format!("{user}, '', '', 51, 0"),
            vec![
                "members_by_user",
                "conversations_pkey",
                "messages_sequence_key",
            ],
        ),
        (
            store::searches::find_statement(),
            "text, uuid, boolean, uuid, boolean, uuid, timestamptz, timestamptz, bigint, bigint, uuid",
            format!(
                "'rarely', {user}, true, {user}, true, {user}, 'infinity', 'epoch', 10000, 20, {user}"
            ),
            // Few messages of few conversations are found by these, and rare words by theirs.
            vec!["messages_pkey"],
        ),
    ];
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = format!("SET plan_cache_mode = {mode}");
        conn.batch_execute(&set).await.unwrap();
        for (statement, types, values, expected) in &lists {
            let plan = plan(&mut conn, statement, types, values).await;
            let (mut kinds, mut indexes) = (Vec::new(), Vec::new());
            nodes(&plan, &mut kinds, &mut indexes);
            assert!(!kinds.contains(&"Seq Scan".to_owned()), "{mode} {plan:#}");
            for index in expected {
                assert!(
                    indexes.iter().any(|name| name == index),
                    "{index} {mode} {plan:#}"
                );
            }
        }
    }
}
