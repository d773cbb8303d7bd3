//! What is removed in time, and what is kept.

use chrono::TimeDelta;

use crate::pictures::jpeg;
use crate::support::{AVATARS, Media, POSTS, ada};
use crate::uses::{created, deleted, updated};

/// Nothing uses it for a day: it is gone. What is used, or claimed since, stays.
#[tokio::test(flavor = "multi_thread")]
async fn orphans_are_removed_after_a_day() {
    let media = Media::start().await;
    media.broker.release();
    let orphan = media.upload(&ada(), &jpeg()).await;
    let used = media.upload(&ada(), &jpeg()).await;
    let claimed = media.upload(&ada(), &jpeg()).await;
    media.hear(&created(1, &ada(), &[&used.path])).await;
    media.clock.advance(TimeDelta::hours(24));
    media.tidy().await;
    assert!(media.is_served(&orphan).await);

    media.claim(&ada(), POSTS, &[&claimed.path]).await.unwrap();
    media.clock.advance(TimeDelta::seconds(1));
    media.tidy().await;
    assert!(!media.is_served(&orphan).await);
    assert!(media.is_served(&used).await);
    assert!(media.is_served(&claimed).await);
    assert_eq!(media.files().len(), 4);

    // A claim that came to nothing.
    media.clock.advance(TimeDelta::hours(24));
    media.tidy().await;
    assert!(!media.is_served(&claimed).await);
    media.clock.advance(TimeDelta::days(400));
    media.tidy().await;
    assert!(media.is_served(&used).await);
    let mut expected = [&orphan, &claimed].map(|image| (image.id.clone(), "orphaned".to_owned()));
    expected.sort();
    assert_eq!(media.deletions().await, expected);
    assert_eq!(media.count("media.images").await, 1);
}

/// A picture goes some minutes after its last use, in which another post may yet tell that it shows the same.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_soon_after_their_last_use() {
    let media = Media::start().await;
    media.broker.release();
    let image = media.upload(&ada(), &jpeg()).await;
    media.hear(&created(1, &ada(), &[&image.path])).await;
    media.hear(&created(2, &ada(), &[&image.path])).await;
    media.clock.advance(TimeDelta::days(9));
    media.hear(&updated(1, &ada(), &[])).await;
    media.clock.advance(TimeDelta::days(9));
    media.tidy().await;
    assert!(media.is_served(&image).await);
    media.hear(&deleted(2, &ada())).await;
    media.clock.advance(TimeDelta::minutes(4));
    media.tidy().await;
    assert!(media.is_served(&image).await);
    media.clock.advance(TimeDelta::minutes(2));
    media.tidy().await;
    assert!(!media.is_served(&image).await);
    assert!(media.files().is_empty());
    assert_eq!(
        media.deletions().await,
        [(image.id.clone(), "unused".to_owned())]
    );
}

/// No event tells what uses avatars: a claimed one is kept, one that was never claimed is not.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_event_tells_of_is_kept_when_claimed() {
    let media = Media::start().await;
    let claimed = media
        .try_upload(&ada(), AVATARS, "", &jpeg())
        .await
        .unwrap();
    let orphan = media
        .try_upload(&ada(), AVATARS, "", &jpeg())
        .await
        .unwrap();
    media
        .claim(&ada(), AVATARS, &[&claimed.path])
        .await
        .unwrap();
    media.clock.advance(TimeDelta::days(400));
    media.tidy().await;
    assert!(media.is_served(&claimed).await);
    assert!(!media.is_served(&orphan).await);
}

/// A process that was killed between the row, the files and the word leaves something that is found and removed.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_is_removed() {
    let media = Media::start().await;
    for keep in [0, 1, 2] {
        let image = media.upload(&ada(), &jpeg()).await;
        media
            .execute("UPDATE media.images SET state = 'storing' WHERE state = 'stored'")
            .await;
        for path in [&image.path, &image.thumbnail_path].into_iter().skip(keep) {
            std::fs::remove_file(media.folder.path().join("images").join(path)).unwrap();
        }
    }
    media.clock.advance(TimeDelta::minutes(10));
    media.tidy().await;
    assert_eq!(media.count("media.images").await, 3);
    media.clock.advance(TimeDelta::minutes(10));
    media.tidy().await;
    assert_eq!(media.count("media.images").await, 0);
    assert!(media.files().is_empty());
    assert_eq!(media.deletions().await, []);
}

/// Replicas that tidy at the same time share the work, and tell of each picture once.
#[tokio::test(flavor = "multi_thread")]
async fn many_replicas_remove_everything_once() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    media
        .execute(
            "INSERT INTO media.images (id, owner_id, folder, format, state, width, height, size_bytes, digest,
                 thumbnail_size_bytes, thumbnail_digest, created_at, unused_since)
             SELECT gen_random_uuid(), owner_id, folder, format, state, width, height, size_bytes, digest,
                 thumbnail_size_bytes, thumbnail_digest, created_at, unused_since
             FROM media.images, generate_series(1, 199)",
        )
        .await;
    media.clock.advance(TimeDelta::hours(25));
    tokio::join!(media.tidy(), media.tidy(), media.tidy(), media.tidy());
    // One that skipped what another had locked may have been too early for the rest.
    media.tidy().await;
    assert_eq!(media.deletions().await.len(), 200);
    assert_eq!(media.count("media.outbox").await, 201);
    assert_eq!(media.count("media.images").await, 0);
    assert!(!media.is_served(&image).await);
}

/// A store that is away keeps nothing from being deleted for readers, and the files go when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn files_wait_for_the_store() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    media.clock.advance(TimeDelta::hours(25));
    // A folder stands where the file was: it can't be removed as a file.
    let path = media.folder.path().join("images").join(&image.path);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(oruma_media::app::retention::tidy(&media.app).await.is_err());
    assert!(!media.is_served(&image).await);
    assert_eq!(media.count("media.images").await, 1);
    std::fs::remove_dir(&path).unwrap();
    media.tidy().await;
    assert_eq!(media.count("media.images").await, 0);
    assert!(media.files().is_empty());
}
