//! The schema: its steps, and what it refuses.

use diesel_async::SimpleAsyncConnection;
use oruma_media::service::MIGRATIONS;
use oruma_service_test_kit::schema::{check_replicas, check_steps, connect};

use crate::pictures::jpeg;
use crate::support::{Media, Setup, ada};

/// Each step goes down and up again and leaves what was there, and after all of them the service works.
#[tokio::test(flavor = "multi_thread")]
async fn every_step_goes_down_and_up_again() {
    let setup = Setup::new().await;
    check_steps(&setup.database, || MIGRATIONS).await;
    let media = setup.start().await;
    media.upload(&ada(), &jpeg()).await;
}

/// Replicas that are rolled out together run each step once.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_migrate_at_once_run_each_step_once() {
    check_replicas("media", || MIGRATIONS).await;
}

/// What goes wrong in the code is still refused by the schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_refuses_what_must_not_be() {
    let media = Media::start().await;
    media.upload(&ada(), &jpeg()).await;
    media.note(&ada()).await;
    let mut conn = connect(&media.database).await;
    for wrong in [
        "UPDATE images SET folder = '..'",
        "UPDATE images SET format = 'svg'",
        "UPDATE images SET state = 'lost'",
        "UPDATE images SET state = 'deleted'",
        "UPDATE images SET deleted_at = now()",
        "UPDATE images SET size_bytes = 0",
        "UPDATE images SET digest = ''",
        "UPDATE files SET name = ''",
        "UPDATE files SET name = repeat('n', 256)",
        "UPDATE files SET state = 'lost'",
        "UPDATE files SET state = 'deleted'",
        "UPDATE files SET content_type = NULL",
        "UPDATE files SET size_bytes = 0",
        "UPDATE files SET digest = ''",
        "UPDATE files SET thumbnail_size_bytes = 1",
        "INSERT INTO file_uses VALUES (gen_random_uuid(), 'messaging.message/1')",
        "INSERT INTO image_uses VALUES (gen_random_uuid(), 'social.post/1')",
    ] {
        assert!(conn.batch_execute(wrong).await.is_err(), "{wrong}");
    }
}
