//! The schema: its steps, and whether its indexes are of use.

use chrono::{DateTime, TimeDelta, Utc};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use oruma_auth::service::MIGRATIONS;
use oruma_proto::auth::v1 as proto;
use oruma_service_test_kit::schema::{check_replicas, check_steps, connect};
use oruma_test_kit::eventually;
use serde_json::Value;

use crate::support::{Auth, Setup, application, guest, rows, start_time};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let setup = Setup::new().await;
    check_steps(&setup.database, || MIGRATIONS).await;
    let auth = setup.start().await;
    auth.register("Ada", "ada@uni.edu").await;
    auth.sign_in("ada@uni.edu").await;
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("auth", || MIGRATIONS).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let auth = Auth::start().await;
    auth.register("Ada", "ada@uni.edu").await;
    let mut conn = connect(&auth.database).await;
    for wrong in [
        "UPDATE users SET handle = 'Ada'",
        "UPDATE users SET role = 'root'",
        "UPDATE users SET display_name = ''",
        "UPDATE users SET email = NULL",
        "UPDATE users SET university_id = gen_random_uuid()",
        "INSERT INTO users (id, handle, display_name, email, search_text, created_at, updated_at)
         VALUES (gen_random_uuid(), 'other', 'Other', 'ADA@UNI.EDU', '', now(), now())",
        "DELETE FROM universities",
        "UPDATE universities SET type = 'famous'",
        "UPDATE universities SET country_code = 'usa'",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}

// === indexes ===

/// Thousands of rows in each table, so that reading a whole one costs more than an index.
const CROWD: &str = "
    INSERT INTO auth.users (id, handle, display_name, email, search_text, university_id, university, created_at, updated_at)
    SELECT md5('u' || n)::uuid, 'crowd' || n, 'Crowd ' || n, 'crowd' || n || '@uni.edu',
           'crowd ' || md5(n::text) || ' crowd' || n || ' crowd' || n || '@uni.edu',
           (SELECT id FROM auth.universities LIMIT 1), 'Some University', now(), now()
    FROM generate_series(1, 6000) AS n;
    INSERT INTO auth.sessions (id, user_id, contract, created_at, refreshed_at, expires_at, revoked_at, revoked_reason, forget_at)
    SELECT md5('s' || n)::uuid, md5('u' || n)::uuid, 'oruma', at, at, at + interval '30 days', at, 'signed_out', at + interval '7 days'
    FROM generate_series(1, 6000) AS n, LATERAL (SELECT timestamptz '2027-01-14 00:00Z' + n * interval '1 second' AS at) AS times;
    INSERT INTO auth.refresh_tokens (hash, session_id, issued_at, expires_at)
    SELECT sha256(('t' || n)::bytea), md5('s' || n)::uuid, '2027-01-15', '2027-02-14' FROM generate_series(1, 6000) AS n;
    INSERT INTO auth.access_log (at, action, outcome, user_id, contract, address, user_agent)
    SELECT '2027-01-15', 'sign_in', 'succeeded', md5('u' || n)::uuid, 'oruma', '', '' FROM generate_series(1, 6000) AS n;
    INSERT INTO auth.universities (id, name, name_key, country, country_code, type, search_text, source, created_at, updated_at)
    SELECT gen_random_uuid(), 'Crowd ' || n, 'crowd ' || md5(n::text), 'Utopia', 'UT', 'public', 'crowd ' || md5(n::text), 'outside', now(), now()
    FROM generate_series(1, 6000) AS n";

/// O-006, O-007, O-010, O-062, O-064: whatever people and edges ask, no call reads a whole table; the statistics of PostgreSQL tell.
#[tokio::test(flavor = "multi_thread")]
async fn no_call_reads_a_whole_table() {
    let auth = Auth::start().await;
    auth.execute(CROWD).await;
    auth.execute("VACUUM ANALYZE").await;
    let database = auth.database.clone();
    drop(auth);
    let mut observer = connect(&database).await;
    alone(&mut observer).await;
    observer
        .batch_execute("SELECT pg_stat_reset()")
        .await
        .unwrap();

    let auth = Setup::on(database).start().await;
    auth.broker.release();
    // Often enough for the planner to settle on one plan for each statement.
    for round in 0..8 {
        ask_everything(&auth, round).await;
    }
    eventually("the outbox is empty", || async {
        auth.told.events().len() >= 8 * 4
    })
    .await;
    auth.app.database.close();
    alone(&mut observer).await;

    let read_whole = "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE seq_scan > 0
         AND relname IN ('users', 'sessions', 'refresh_tokens', 'access_log', 'universities')";
    assert_eq!(rows(&mut observer, read_whole).await, Vec::<Value>::new());
    for index in [
        "users_email_key",
        "users_by_trigram",
        "users_handle_key",
        "refresh_tokens_pkey",
        "sessions_by_revocation",
        "sessions_by_user",
        "access_log_by_user",
        "universities_by_trigram",
        "universities_by_name",
    ] {
        let used =
            format!("SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '{index}'");
        let used = rows(&mut observer, &used).await;
        assert!(
            used[0]["idx_scan"].as_i64().unwrap() >= 8,
            "{index}: {used:?}"
        );
    }
    // Of thousands that ended, only those of the pages were looked at.
    let read = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'sessions_by_revocation'";
    let read = rows(&mut observer, read).await;
    assert!(
        read[0]["idx_tup_read"].as_i64().unwrap() < 1_000,
        "{read:?}"
    );
}

/// Waits until no other connection is left: then all statistics are written.
async fn alone(observer: &mut AsyncPgConnection) {
    let observer = tokio::sync::Mutex::new(observer);
    eventually("all connections are closed", || async {
        let others = "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        rows(&mut **observer.lock().await, others).await.is_empty()
    })
    .await;
}

async fn ask_everything(auth: &Auth, round: u32) {
    let caller = guest();
    let email = format!("ada{round}@uni.edu");
    let ada = auth
        .try_register(&caller, application("Ada", &email))
        .await
        .unwrap();
    let phone = auth.sign_in(&email).await;
    let _ = auth
        .try_sign_in(&caller, "nobody@uni.edu", "wr0ng-password")
        .await;
    auth.refresh(&caller, &phone.tokens.refresh_token)
        .await
        .unwrap();
    auth.is_active(phone.session).await;
    auth.get_user(&ada.user.id).await.unwrap();
    // In the middle of the crowd, of which only a page is to be read.
    let since: DateTime<Utc> = "2027-01-14T00:50:00Z".parse().unwrap();
    let page = auth.revoked(proto::ListRevokedSessionsRequest {
        since: Some(since.into()),
        page_size: 10,
        ..Default::default()
    });
    assert_eq!(page.await.unwrap().sessions.len(), 10);

    let mut users = auth.users();
    let user_ids = vec![ada.user.id.clone(), phone.user.id.clone()];
    let request = caller.send(proto::ListUserCardsRequest { user_ids });
    users.list_user_cards(request).await.unwrap();
    let request = caller.send(proto::SearchUsersRequest {
        query: format!("crowd{}", 4_000 + round),
        page_size: 10,
        phones: false,
    });
    let found = users.search_users(request).await.unwrap().into_inner();
    assert_eq!(found.users.len(), 1);
    let request = ada.caller.send(proto::UpdateProfileRequest {
        display_name: Some("Ada King".to_owned()),
        ..Default::default()
    });
    users.update_profile(request).await.unwrap();
    let request = caller.send(proto::RecordActivityRequest {
        activities: vec![proto::Activity {
            user_id: ada.user.id.clone(),
            seen_at: Some((start_time() + TimeDelta::hours(1)).into()),
        }],
    });
    users.record_activity(request).await.unwrap();

    let request = caller.send(proto::SearchUniversitiesRequest {
        query: "stanford university".to_owned(),
        ..Default::default()
    });
    let mut universities = auth.universities();
    universities.search_universities(request).await.unwrap();
    let request = caller.send(proto::GetUniversityRequest {
        university_id: ada.user.university_id.clone(),
    });
    universities.get_university(request).await.unwrap();

    let request = ada.caller.send(proto::ExportAccountRequest {});
    auth.accounts().export_account(request).await.unwrap();
    auth.sign_out(&phone.caller, &ada.tokens.refresh_token)
        .await
        .unwrap();
    auth.delete_account(&ada.caller).await.unwrap();
}
