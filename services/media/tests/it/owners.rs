//! What owners do with their pictures, and strangers can't.

use chrono::TimeDelta;
use oruma_rpc_error::ErrorCode;
use serde_json::json;

use crate::pictures::{jpeg, png};
use crate::support::{AVATARS, Media, POSTS, ada, bob, guest, invalid_fields, refused};

/// O-085: own pictures of that folder are claimed in their order, and others are named, whyever they are no good.
#[tokio::test(flavor = "multi_thread")]
async fn only_own_pictures_of_the_folder_are_claimed() {
    let media = Media::start().await;
    let first = media.upload(&ada(), &jpeg()).await;
    let second = media.upload(&ada(), &png()).await;
    let strangers = media.upload(&bob(), &jpeg()).await;
    let avatar = media
        .try_upload(&ada(), AVATARS, "", &jpeg())
        .await
        .unwrap();

    let paths = [second.path.as_str(), &first.path, &second.path];
    let claimed = media.claim(&ada(), POSTS, &paths).await.unwrap();
    assert_eq!(claimed, [second.clone(), first.clone(), second.clone()]);
    assert_eq!(media.claim(&ada(), POSTS, &[]).await.unwrap(), []);

    let unknown = "posts/01932a6e-0000-7000-8000-0000000000a1.jpg";
    let paths = [
        &first.path,
        &strangers.path,
        unknown,
        &avatar.path,
        "nonsense",
        &first.thumbnail_path,
    ];
    let refusal = media.claim(&ada(), POSTS, &paths).await.unwrap_err();
    assert!(
        refusal
            .violations
            .iter()
            .all(|violation| violation.problem == refusal.violations[0].problem)
    );
    let fields = invalid_fields(Err::<(), _>(refusal));
    assert_eq!(
        fields,
        [
            "images[1]",
            "images[2]",
            "images[3]",
            "images[4]",
            "images[5]"
        ]
    );
    // Of a refused claim nothing holds.
    let claimed = media
        .rows("SELECT id FROM media.images WHERE claimed_at IS NOT NULL")
        .await;
    assert_eq!(claimed.len(), 2);

    let many = vec![first.path.as_str(); 21];
    assert_eq!(
        invalid_fields(media.claim(&ada(), POSTS, &many).await),
        ["paths"]
    );
    let nobodys = media.claim(&guest(), POSTS, &[&first.path]).await;
    refused(nobodys, ErrorCode::Unauthenticated, "not_signed_in");
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_pictures_are_not_claimed() {
    let media = Media::start().await;
    let image = media.upload(&ada(), &jpeg()).await;
    media.discard(&ada(), &[&image.path]).await.unwrap();
    let refused_claim = media.claim(&ada(), POSTS, &[&image.path]).await;
    assert_eq!(invalid_fields(refused_claim), ["images[0]"]);
}

/// Own pictures without use are discarded; all others are left alone, and nobody learns which are which.
#[tokio::test(flavor = "multi_thread")]
async fn only_own_pictures_without_use_are_discarded() {
    let media = Media::start().await;
    let own = media.upload(&ada(), &jpeg()).await;
    let kept = media.upload(&ada(), &jpeg()).await;
    let used = media.upload(&ada(), &jpeg()).await;
    let strangers = media.upload(&bob(), &jpeg()).await;
    media.broker.release();
    media
        .hear(&crate::uses::created(1, &ada(), &[&used.path]))
        .await;

    let paths = [own.path.as_str(), &used.path, &strangers.path, "nonsense"];
    media.discard(&ada(), &paths).await.unwrap();
    media.discard(&ada(), &paths).await.unwrap();
    assert!(!media.is_served(&own).await);
    for image in [&kept, &used, &strangers] {
        assert!(media.is_served(image).await);
    }
    assert_eq!(
        media.deletions().await,
        [(own.id.clone(), "discarded".to_owned())]
    );
    let nobodys = media.discard(&guest(), &[&kept.path]).await;
    refused(nobodys, ErrorCode::Unauthenticated, "not_signed_in");

    // The files follow, once nothing can be under way with them.
    media.clock.advance(TimeDelta::minutes(16));
    media.tidy().await;
    assert_eq!(media.files().len(), 6);
    assert_eq!(media.count("media.images").await, 3);
}

/// O-071: the export has what the person uploaded, and nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_has_all_own_pictures() {
    let media = Media::start().await;
    let first = media.upload(&ada(), &jpeg()).await;
    let second = media.try_upload(&ada(), AVATARS, "", &png()).await.unwrap();
    let gone = media.upload(&ada(), &jpeg()).await;
    media.discard(&ada(), &[&gone.path]).await.unwrap();
    media.upload(&bob(), &jpeg()).await;

    let document = media.export(&ada()).await.unwrap();
    let mut paths: Vec<_> = document["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|image| image["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    let mut expected = [first.path.as_str(), &second.path];
    expected.sort_unstable();
    assert_eq!(paths, expected);
    assert_eq!(
        document["images"][0]["createdAt"],
        "2027-01-15T10:00:00.123Z"
    );
    let nothing = media.export(&crate::support::person(3)).await.unwrap();
    assert_eq!(nothing, json!({"images": [], "files": []}));
    let nobodys = media.export(&guest()).await;
    refused(nobodys, ErrorCode::Unauthenticated, "not_signed_in");
}
