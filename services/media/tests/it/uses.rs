//! What other services tell: uses of pictures, and accounts that ended.

use oruma_broker::{Broker, Event};
use oruma_proto::auth::v1::{UserDeletedV1, UserUpdatedV1};
use oruma_proto::events::v1::{EventCreatedV1, EventDeletedV1, EventUpdatedV1};
use oruma_proto::social::v1::{PostCreatedV1, PostDeletedV1, PostUpdatedV1};
use oruma_service_runtime::{Caller, Random};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::pictures::jpeg;
use crate::support::{AVATARS, EVENTS, Media, ada, bob, start_time};

pub(crate) fn event(kind: &str, subject: String, data: &impl Serialize) -> Event {
    let id = Random::system().id(start_time());
    Event::new(id, kind, "/oruma/tests", subject, start_time(), data)
}

fn post_id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

fn texts(paths: &[&str]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

/// Somebody wrote a post with these pictures.
pub(crate) fn created(post: u128, author: &Caller, images: &[&str]) -> Event {
    let data = PostCreatedV1 {
        post_id: post_id(post),
        author_id: author.user().unwrap().to_string(),
        images: texts(images),
        ..Default::default()
    };
    event("social.post.created.v1", post_id(post), &data)
}

/// The post has these pictures from now on.
pub(crate) fn updated(post: u128, author: &Caller, images: &[&str]) -> Event {
    let data = PostUpdatedV1 {
        post_id: post_id(post),
        author_id: author.user().unwrap().to_string(),
        images: texts(images),
        ..Default::default()
    };
    event("social.post.updated.v1", post_id(post), &data)
}

/// The post is gone.
pub(crate) fn deleted(post: u128, author: &Caller) -> Event {
    let data = PostDeletedV1 {
        post_id: post_id(post),
        author_id: author.user().unwrap().to_string(),
        ..Default::default()
    };
    event("social.post.deleted.v1", post_id(post), &data)
}

pub(crate) fn left(person: &Caller) -> Event {
    let user_id = person.user().unwrap().to_string();
    let data = UserDeletedV1 {
        user_id: user_id.clone(),
        ..Default::default()
    };
    event("auth.user.deleted.v1", user_id, &data)
}

/// What uses which picture.
async fn uses(media: &Media) -> Vec<(String, String)> {
    let query = "SELECT image_id, used_by FROM media.image_uses ORDER BY image_id, used_by";
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
    media
        .rows(query)
        .await
        .iter()
        .map(|row| (text(row, "image_id"), text(row, "used_by")))
        .collect()
}

fn by(post: u128) -> String {
    format!("social.post/{}", post_id(post))
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_use_what_they_show() {
    let media = Media::start().await;
    media.broker.release();
    let first = media.upload(&ada(), &jpeg()).await;
    let second = media.upload(&ada(), &jpeg()).await;
    let mut both = vec![(first.id.clone(), by(1)), (second.id.clone(), by(1))];
    both.sort();

    media
        .hear(&created(1, &ada(), &[&first.path, &second.path]))
        .await;
    assert_eq!(uses(&media).await, both);
    media.hear(&updated(1, &ada(), &[&second.path])).await;
    assert_eq!(uses(&media).await, [(second.id.clone(), by(1))]);
    media
        .hear(&updated(
            1,
            &ada(),
            &[&first.path, &second.path, &first.path],
        ))
        .await;
    assert_eq!(uses(&media).await, both);
    media.hear(&deleted(1, &ada())).await;
    assert_eq!(uses(&media).await, []);
}

/// Nobody keeps, or learns of, somebody else's pictures by writing a post.
#[tokio::test(flavor = "multi_thread")]
async fn posts_use_only_pictures_of_their_author() {
    let media = Media::start().await;
    media.broker.release();
    let bobs = media.upload(&bob(), &jpeg()).await;
    let gone = media.upload(&ada(), &jpeg()).await;
    media.discard(&ada(), &[&gone.path]).await.unwrap();
    let unknown = "posts/01932a6e-0000-7000-8000-0000000000a1.jpg";
    let paths = [
        bobs.path.as_str(),
        unknown,
        "https://elsewhere/a.jpg",
        "",
        &gone.path,
    ];
    media.hear(&created(1, &ada(), &paths)).await;
    assert_eq!(uses(&media).await, []);
    let dead = media.broker.dead_letters("media.posts", 10).await;
    assert!(dead.unwrap().is_empty());
}

/// An event that comes again has no effect, whatever came between.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_again_change_nothing() {
    let media = Media::start().await;
    media.broker.release();
    let image = media.upload(&ada(), &jpeg()).await;
    let (created, deleted) = (created(1, &ada(), &[&image.path]), deleted(1, &ada()));
    media.hear(&created).await;
    media.hear(&created).await;
    assert_eq!(uses(&media).await.len(), 1);
    media.hear(&deleted).await;
    media.hear(&created).await;
    assert_eq!(uses(&media).await, []);
    assert_eq!(media.count("media.inbox").await, 2);
}

/// Posts that share a picture, at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn many_posts_at_once_keep_the_account() {
    let media = Media::start().await;
    media.broker.release();
    let first = media.upload(&ada(), &jpeg()).await;
    let second = media.upload(&ada(), &jpeg()).await;
    let told = (1..=20).map(|post| {
        let paths = if post % 2 == 0 {
            [first.path.as_str(), &second.path]
        } else {
            [second.path.as_str(), &first.path]
        };
        created(post, &ada(), &paths)
    });
    let told: Vec<Event> = told
        .chain((1..=19).map(|post| deleted(post, &ada())))
        .collect();
    let results = media.broker.publish(&told).await;
    assert!(results.iter().all(Result::is_ok));
    let mut left = vec![(first.id.clone(), by(20)), (second.id.clone(), by(20))];
    left.sort();
    assert_eq!(uses(&media).await, left);
    media.hear(&deleted(20, &ada())).await;
    let idle = media
        .rows("SELECT used_before, unused_since IS NOT NULL AS idle FROM media.images")
        .await;
    let expected = json!({"used_before": true, "idle": true});
    assert_eq!(idle, [expected.clone(), expected]);
}

/// What can never be understood is put aside, and does not stop the rest.
#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_put_aside() {
    let media = Media::start().await;
    media.broker.release();
    let image = media.upload(&ada(), &jpeg()).await;
    let mut nonsense = created(1, &ada(), &[]);
    nonsense.data = json!({"postId": "no id", "authorId": ""});
    media.hear(&nonsense).await;
    nonsense.id = Random::system().id(start_time());
    nonsense.data = json!({"images": 7});
    media.hear(&nonsense).await;
    let dead = media.broker.dead_letters("media.posts", 10).await.unwrap();
    assert_eq!(dead.len(), 2);
    media.hear(&created(2, &ada(), &[&image.path])).await;
    assert_eq!(uses(&media).await.len(), 1);
}

/// O-069: the pictures of a person go with the account: at once for readers, soon from the store.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_go_with_the_account() {
    let media = Media::start().await;
    media.broker.release();
    let used = media.upload(&ada(), &jpeg()).await;
    let other = media.upload(&ada(), &jpeg()).await;
    let bobs = media.upload(&bob(), &jpeg()).await;
    media.hear(&created(1, &ada(), &[&used.path])).await;

    let event = left(&ada());
    media.hear(&event).await;
    media.hear(&event).await;
    for image in [&used, &other] {
        assert!(!media.is_served(image).await);
    }
    assert!(media.is_served(&bobs).await);
    let mut expected = [&used, &other].map(|image| (image.id.clone(), "owner_deleted".to_owned()));
    expected.sort();
    assert_eq!(media.deletions().await, expected);

    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    assert_eq!(media.files().len(), 2);
    assert_eq!(media.count("media.images").await, 1);
    assert_eq!(media.count("media.image_uses").await, 0);
    // The posts go as well, later or earlier.
    media.hear(&deleted(1, &ada())).await;
}

/// An upload that was under way when the account ended comes to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_under_way_go_with_the_account() {
    let media = Media::start().await;
    media.broker.release();
    let image = media.upload(&ada(), &jpeg()).await;
    media
        .execute("UPDATE media.images SET state = 'storing'")
        .await;
    media.hear(&left(&ada())).await;
    assert_eq!(media.deletions().await, []);
    assert!(!media.is_served(&image).await);
    media.clock.advance(chrono::TimeDelta::minutes(16));
    media.tidy().await;
    assert!(media.files().is_empty());
}

/// C-123: who shows another picture, or none, no longer needs the one before; one that is shown stays.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_avatar_goes_when_another_is_shown() {
    let media = Media::start().await;
    media.broker.release();
    let mut avatars = Vec::new();
    for _ in 0..2 {
        avatars.push(
            media
                .try_upload(&ada(), AVATARS, "", &jpeg())
                .await
                .unwrap(),
        );
    }
    let bobs = media
        .try_upload(&bob(), AVATARS, "", &jpeg())
        .await
        .unwrap();
    let shows = |avatar_url: String| {
        let user_id = ada().user().unwrap().to_string();
        let data = UserUpdatedV1 {
            user_id: user_id.clone(),
            avatar_url,
            ..Default::default()
        };
        event("auth.user.updated.v1", user_id, &data)
    };
    // One of them was claimed, as those were that were shown before this was told.
    media
        .claim(&ada(), AVATARS, &[&avatars[0].path])
        .await
        .unwrap();
    let first = shows(format!("/uploads/images/{}", avatars[0].path));
    media.hear(&first).await;
    media
        .hear(&shows(format!(
            "https://api.example.org/uploads/images/{}",
            avatars[0].path
        )))
        .await;
    media.clock.advance(chrono::TimeDelta::hours(23));
    media
        .hear(&shows(format!(
            "https://api.example.org/connectbest/uploads/images/{}",
            avatars[1].path
        )))
        .await;
    media.hear(&first).await;
    media.clock.advance(chrono::TimeDelta::minutes(6));
    media.tidy().await;
    assert!(!media.is_served(&avatars[0]).await);
    assert!(media.is_served(&avatars[1]).await);
    media.clock.advance(chrono::TimeDelta::days(400));
    media.tidy().await;
    assert!(media.is_served(&avatars[1]).await);

    // Somebody else's, or one that is elsewhere, is used by nobody.
    media
        .hear(&shows(format!("/uploads/images/{}", bobs.path)))
        .await;
    assert_eq!(uses(&media).await, []);
    media
        .hear(&shows("https://lh3.example.com/a/b=s96".to_owned()))
        .await;
    media.clock.advance(chrono::TimeDelta::minutes(6));
    media.tidy().await;
    assert!(!media.is_served(&avatars[1]).await);
    assert!(media.files().is_empty());
}

/// Whoever replaces a picture need not wait for the word that another one is shown.
#[tokio::test(flavor = "multi_thread")]
async fn an_avatar_is_discarded_at_once() {
    let media = Media::start().await;
    media.broker.release();
    let shown = media
        .try_upload(&ada(), AVATARS, "", &jpeg())
        .await
        .unwrap();
    let user_id = ada().user().unwrap().to_string();
    let data = UserUpdatedV1 {
        user_id: user_id.clone(),
        avatar_url: format!("/uploads/images/{}", shown.path),
        ..Default::default()
    };
    media
        .hear(&event("auth.user.updated.v1", user_id, &data))
        .await;
    assert_eq!(uses(&media).await.len(), 1);
    media.discard(&bob(), &[&shown.path]).await.unwrap();
    assert!(media.is_served(&shown).await);
    media.discard(&ada(), &[&shown.path]).await.unwrap();
    assert!(!media.is_served(&shown).await);
}

/// Somebody announced an event, gave it another banner, or removed it: each keeps what it shows then, and no other picture.
#[tokio::test(flavor = "multi_thread")]
async fn events_use_their_banner_as_long_as_they_show_it() {
    let media = Media::start().await;
    media.broker.release();
    let (event_id, organizer_id) = (post_id(7), ada().user().unwrap().to_string());
    let mut banners = Vec::new();
    for _ in 0..2 {
        let banner = media.try_upload(&ada(), EVENTS, "", &jpeg()).await.unwrap();
        media.claim(&ada(), EVENTS, &[&banner.path]).await.unwrap();
        banners.push(banner);
    }
    let by_event = format!("events.event/{event_id}");
    let used = |nth: usize| vec![(banners[nth].id.clone(), by_event.clone())];

    let data = EventCreatedV1 {
        event_id: event_id.clone(),
        organizer_id: organizer_id.clone(),
        banner_image: banners[0].path.clone(),
        ..Default::default()
    };
    let created = event("events.event.created.v1", event_id.clone(), &data);
    media.hear(&created).await;
    assert_eq!(uses(&media).await, used(0));
    let data = EventUpdatedV1 {
        event_id: event_id.clone(),
        organizer_id: organizer_id.clone(),
        banner_image: banners[1].path.clone(),
        ..Default::default()
    };
    let updated = event("events.event.updated.v1", event_id.clone(), &data);
    media.hear(&updated).await;
    media.hear(&created).await;
    assert_eq!(uses(&media).await, used(1));

    // The first is shown no longer, though it was claimed.
    media.clock.advance(chrono::TimeDelta::days(2));
    media.tidy().await;
    assert!(!media.is_served(&banners[0]).await);
    assert!(media.is_served(&banners[1]).await);
    let data = EventDeletedV1 {
        event_id: event_id.clone(),
        organizer_id,
        ..Default::default()
    };
    let deleted = event("events.event.deleted.v1", event_id, &data);
    media.hear(&deleted).await;
    assert_eq!(uses(&media).await, []);
}
