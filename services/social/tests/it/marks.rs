//! Likes and saves, one at a time and many at once.

use std::sync::Arc;

use futures::future::join_all;
use oruma_broker::Event;
use oruma_rpc_error::{ErrorCode, RpcError};
use oruma_service_runtime::Caller;
use oruma_social::service::MIGRATIONS;
use oruma_test_kit::TestDatabase;

use crate::support::{Setup, Social, naming, student};

/// O-016: setting is no turning over: repeating it is no news.
#[tokio::test(flavor = "multi_thread")]
async fn liking_twice_changes_nothing() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    for _ in 0..2 {
        assert_eq!(
            social.like(&bob, &post.id, Some(true)).await.unwrap(),
            (true, 1)
        );
    }
    assert!(social.get(&bob, &post.id).await.unwrap().liked);
    assert!(!social.get(&ada, &post.id).await.unwrap().liked);
    for _ in 0..2 {
        assert_eq!(
            social.like(&bob, &post.id, Some(false)).await.unwrap(),
            (false, 0)
        );
    }
    assert_eq!(
        social.kinds().await,
        ["post.created", "post.liked", "post.unliked"]
    );
}

/// O-016, O-017, O-020: what does not say which way turns over.
#[tokio::test(flavor = "multi_thread")]
async fn marks_turn_over() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let post = social.post(&ada, "hello").await;
    let comment = social.comment(&bob, &post.id, "hi").await;
    social.like(&ada, &post.id, None).await.unwrap();
    for (is_set, count) in [(true, 2), (false, 1), (true, 2)] {
        assert_eq!(
            social.like(&bob, &post.id, None).await.unwrap(),
            (is_set, count)
        );
        assert_eq!(
            social.save(&bob, &post.id, None).await.unwrap(),
            (is_set, count - 1)
        );
        assert_eq!(
            social.like_comment(&bob, &comment.id, None).await.unwrap(),
            (is_set, count - 1)
        );
        let seen = social.get(&bob, &post.id).await.unwrap();
        assert_eq!((seen.liked, seen.like_count), (is_set, count));
        assert_eq!((seen.saved, seen.save_count), (is_set, count - 1));
        let listed = &social.comments_of(&bob, &post.id).await[0];
        assert_eq!((listed.liked, listed.like_count), (is_set, count - 1));
    }
    assert!(!social.comments_of(&ada, &post.id).await[0].liked);
    social.assert_counters().await;
}

/// O-017: repeating a save is no news either.
#[tokio::test(flavor = "multi_thread")]
async fn saving_twice_changes_nothing() {
    let social = Social::start().await;
    let bob = student(2);
    let post = social.post(&student(1), "hello").await;
    for _ in 0..2 {
        assert_eq!(
            social.save(&bob, &post.id, Some(true)).await.unwrap(),
            (true, 1)
        );
    }
    for _ in 0..2 {
        assert_eq!(
            social.save(&bob, &post.id, Some(false)).await.unwrap(),
            (false, 0)
        );
    }
    assert_eq!(
        social.kinds().await,
        ["post.created", "post.saved", "post.unsaved"]
    );
}

/// O-020: the same of comments.
#[tokio::test(flavor = "multi_thread")]
async fn liking_a_comment_twice_changes_nothing() {
    let social = Social::start().await;
    let bob = student(2);
    let post = social.post(&student(1), "hello").await;
    let comment = social.comment(&bob, &post.id, "hi").await;
    for _ in 0..2 {
        assert_eq!(
            social
                .like_comment(&bob, &comment.id, Some(true))
                .await
                .unwrap(),
            (true, 1)
        );
    }
    for _ in 0..2 {
        assert_eq!(
            social
                .like_comment(&bob, &comment.id, Some(false))
                .await
                .unwrap(),
            (false, 0)
        );
    }
    let kinds = [
        "post.created",
        "comment.created",
        "comment.liked",
        "comment.unliked",
    ];
    assert_eq!(social.kinds().await, kinds);
}

// === many at once ===

/// O-016, O-185: fifty people at once are fifty likes and fifty events, which count from 1 to 50.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_people_at_once_are_fifty_likes() {
    let social = Social::start().await;
    let post = social.post(&student(1), "popular").await;
    let people: Vec<Caller> = (100..150).map(student).collect();
    let likes = people
        .iter()
        .map(|person| social.like(person, &post.id, None));
    for liked in join_all(likes).await {
        assert!(liked.unwrap().0);
    }
    let seen = social.get(&people[0], &post.id).await.unwrap();
    assert_eq!((seen.like_count, seen.liked), (50, true));
    assert_eq!(social.count("social.post_likes").await, 50);
    let events = social.outbox().await;
    let counts = events[1..].iter().map(|event| count_in(event, "likeCount"));
    assert!(counts.eq(1..=50));
}

/// O-016: forty turns at once, from two replicas, are forty turns: state, count, rows and events agree.
#[tokio::test(flavor = "multi_thread")]
async fn turning_over_at_once_loses_no_turn() {
    let database = Arc::new(TestDatabase::create("social", MIGRATIONS).await);
    let one = Setup::on(Arc::clone(&database)).start().await;
    let two = Setup {
        seed: 8,
        ..Setup::on(database)
    }
    .start()
    .await;
    let bob = student(2);
    let post = one.post(&student(1), "hello").await;
    for turns in [40, 1] {
        let replicas = [&one, &two];
        let likes = (0..turns).map(|nth| replicas[nth % 2].like(&bob, &post.id, None));
        let answers: Vec<_> = join_all(likes)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        for (liked, count) in &answers {
            assert_eq!(i64::from(*liked), *count);
        }
        let on = answers.iter().filter(|(liked, _)| *liked).count();
        assert_eq!(on, usize::div_ceil(turns, 2));
    }
    let seen = one.get(&bob, &post.id).await.unwrap();
    assert_eq!((seen.liked, seen.like_count), (true, 1));
    let kinds = one.kinds().await;
    assert_eq!(kinds.len(), 42);
    for (nth, kind) in kinds[1..].iter().enumerate() {
        assert_eq!(kind, ["post.liked", "post.unliked"][nth % 2]);
    }
    one.assert_counters().await;
}

/// What may meet a removal meanwhile, and nothing else.
#[track_caller]
fn done_or_gone<T>(result: Result<T, RpcError>) {
    if let Err(error) = result {
        assert_eq!(error.code, ErrorCode::NotFound, "{error:?}");
    }
}

/// A number of an event; none is written for 0.
fn count_in(event: &Event, field: &str) -> i64 {
    event.data[field]
        .as_str()
        .map_or(0, |number| number.parse().unwrap())
}

async fn storm(social: &Social, person: &Caller, posts: &[String], turn: usize) {
    let post = &posts[turn % posts.len()];
    done_or_gone(social.like(person, post, None).await);
    done_or_gone(social.save(person, post, None).await);
    let Ok(comment) = social.try_comment(person, post, "", "hello").await else {
        return;
    };
    let reply = social.try_comment(person, post, &comment.id, "again").await;
    done_or_gone(social.like_comment(person, &comment.id, None).await);
    let listed = social.list_comments(person, post, "", 3, "").await;
    // The post may have gone meanwhile.
    for other in &listed.map(|page| page.comments).unwrap_or_default() {
        done_or_gone(social.like_comment(person, &other.id, None).await);
        done_or_gone(
            social
                .try_comment(person, post, &other.id, "me too")
                .await
                .or_else(|error| {
                    // The comment to answer went meanwhile.
                    if error.code == ErrorCode::Invalid {
                        Ok(Default::default())
                    } else {
                        Err(error)
                    }
                }),
        );
    }
    if turn.is_multiple_of(2) {
        if let Ok(reply) = reply {
            done_or_gone(social.delete_comment(person, &reply.id).await);
        }
        done_or_gone(social.delete_comment(person, &comment.id).await);
    }
}

/// O-016 to O-021, O-185: whatever happens at once, each counter is the number of its rows, and nothing gets stuck.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_every_counter_is_right() {
    let social = Arc::new(Social::start().await);
    let mut posts = Vec::new();
    for nth in 0..3 {
        posts.push(social.post(&student(1), &format!("post {nth}")).await.id);
    }
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let (social, posts) = (Arc::clone(&social), posts.clone());
            tokio::spawn(async move {
                let person = student(100 + number);
                for turn in 0..5 {
                    storm(&social, &person, &posts, usize::from(number) + turn).await;
                }
                if number == 11 {
                    social.delete(&student(1), &posts[2]).await.unwrap();
                }
            })
        })
        .collect();
    for ended in join_all(tasks).await {
        ended.unwrap();
    }
    social.assert_counters().await;
    assert_eq!(social.count("social.posts").await, 2);
    assert!(social.count("social.comments").await > 0);
    // The last event of each post tells what is.
    for post in &posts[..2] {
        let now = social.get(&student(1), post).await.unwrap();
        let events = social.outbox().await;
        let last = |kinds: &[&str]| {
            let mut found = events.iter().rev();
            found
                .find(|event| event.subject == *post && kinds.contains(&event.kind.as_str()))
                .unwrap()
                .clone()
        };
        let liked = last(&["social.post.liked.v1", "social.post.unliked.v1"]);
        assert_eq!(count_in(&liked, "likeCount"), now.like_count);
        let commented = last(&["social.comment.created.v1", "social.comment.deleted.v1"]);
        assert_eq!(count_in(&commented, "commentCount"), now.comment_count);
    }
}

/// K-15: a like that a bad line sends again and again is turned over once.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_turns_a_like_once() {
    let social = Social::start().await;
    let post = social.post(&student(1), "hello").await;
    let named = naming(&student(2), 7);
    for answer in join_all((0..8).map(|_| social.like(&named, &post.id, None))).await {
        assert_eq!(answer.unwrap(), (true, 1));
    }
    let other = social.like(&naming(&student(2), 8), &post.id, None).await;
    assert_eq!(other.unwrap(), (false, 0));
}
