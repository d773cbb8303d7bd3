//! Which files are removed in time, and which are kept.

use chrono::TimeDelta;

use crate::file_uses::sent;
use crate::support::{Media, ada, start_time};

/// C-154, C-195: nothing uses it for seven days: it is gone. What is used, or claimed since, stays.
#[tokio::test(flavor = "multi_thread")]
async fn unused_files_are_removed_after_a_week() {
    let media = Media::start().await;
    media.broker.release();
    let unused = media.note(&ada()).await;
    let used = media.note(&ada()).await;
    let claimed = media.note(&ada()).await;
    media.hear(&sent(1, &ada(), &[&used.id])).await;
    media.clock.advance(TimeDelta::days(7));
    media.tidy().await;
    assert!(media.has_file(&unused).await);

    media
        .claim_files(&ada(), &[&claimed.id], None)
        .await
        .unwrap();
    media.clock.advance(TimeDelta::seconds(1));
    media.tidy().await;
    assert!(!media.has_file(&unused).await);
    assert!(media.has_file(&used).await && media.has_file(&claimed).await);
    assert_eq!(media.files().len(), 2);

    // A claim that came to nothing.
    media.clock.advance(TimeDelta::days(8));
    media.tidy().await;
    assert!(!media.has_file(&claimed).await);
    media.clock.advance(TimeDelta::days(400));
    media.tidy().await;
    assert!(media.has_file(&used).await);
    let mut expected = [&unused, &claimed].map(|file| (file.id.clone(), "unused".to_owned()));
    expected.sort();
    assert_eq!(media.deletions().await, expected);
}

/// The file of a message that is due in a year is there when it is sent, and gone soon after when it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_holds_until_the_message_is_due() {
    let media = Media::start().await;
    media.broker.release();
    let sent_later = media.note(&ada()).await;
    let never_sent = media.note(&ada()).await;
    let due = start_time() + TimeDelta::days(365);
    let ids = [sent_later.id.as_str(), &never_sent.id];
    media.claim_files(&ada(), &ids, Some(due)).await.unwrap();
    // A shorter claim takes nothing from it.
    let soon = start_time() + TimeDelta::days(1);
    media.claim_files(&ada(), &ids, Some(soon)).await.unwrap();
    media.claim_files(&ada(), &ids, None).await.unwrap();

    media.clock.advance(TimeDelta::days(365));
    media.tidy().await;
    assert!(media.has_file(&sent_later).await && media.has_file(&never_sent).await);
    media.hear(&sent(1, &ada(), &[&sent_later.id])).await;
    media.clock.advance(TimeDelta::seconds(1));
    media.tidy().await;
    assert!(media.has_file(&sent_later).await);
    assert!(!media.has_file(&never_sent).await);
}

/// Replicas that tidy at the same time share the work, and tell of each file once.
#[tokio::test(flavor = "multi_thread")]
async fn many_replicas_remove_everything_once() {
    let media = Media::start().await;
    media.note(&ada()).await;
    media
        .execute(
            "INSERT INTO media.files (id, owner_id, name, state, content_type, size_bytes, digest, created_at, unused_since)
             SELECT gen_random_uuid(), owner_id, name, state, content_type, size_bytes, digest, created_at, unused_since
             FROM media.files, generate_series(1, 199)",
        )
        .await;
    media.clock.advance(TimeDelta::days(8));
    tokio::join!(media.tidy(), media.tidy(), media.tidy(), media.tidy());
    // One that skipped what another had locked may have been too early for the rest.
    media.tidy().await;
    assert_eq!(media.deletions().await.len(), 200);
    assert_eq!(media.count("media.outbox").await, 201);
    assert_eq!(media.count("media.files").await, 0);
    assert!(media.files().is_empty());
}
