//! Who looked at what, and what was searched for.

use chrono::TimeDelta;
use oruma_proto::social::v1 as proto;
use oruma_service_runtime::Role;
use oruma_social::app::retention;
use oruma_test_kit::eventually;

use crate::support::{MIT, Social, admin, invalid_fields, person_of, student, words};

/// Writes until the post has so many views.
async fn viewed(social: &Social, post: &str, views: i64) {
    eventually("views are written", || async {
        social.write_analytics().await.unwrap();
        let query = format!("SELECT view_count FROM social.posts WHERE id = '{post}'");
        social.rows(&query).await[0]["view_count"] == views
    })
    .await;
}

/// Writes until so many searches are counted, and tells what administrators are told.
async fn searched(social: &Social, total: i64) -> Vec<(String, String, i64)> {
    eventually("searches are written", || async {
        social.write_analytics().await.unwrap();
        let counted = social
            .rows("SELECT coalesce(sum(count), 0)::bigint AS sum FROM social.searches")
            .await;
        counted[0]["sum"] == total
    })
    .await;
    let popular = social.popular(&admin(), 0, 0).await.unwrap();
    popular
        .into_iter()
        .map(|search| (search.query, search.filters, search.count))
        .collect()
}

/// O-184: each person counts once, however often, and the author not at all.
#[tokio::test(flavor = "multi_thread")]
async fn each_person_is_one_view() {
    let social = Social::start().await;
    let ada = student(1);
    let post = social.post(&ada, "look").await;
    for round in 0..3 {
        for viewer in [&student(2), &student(3), &ada] {
            social.get(viewer, &post.id).await.unwrap();
        }
        viewed(&social, &post.id, 2).await;
        assert_eq!(social.count("social.post_views").await, 2, "round {round}");
    }
    assert_eq!(social.get(&ada, &post.id).await.unwrap().view_count, 2);
    social.assert_counters().await;
    assert_eq!(social.kinds().await, ["post.created"], "a view is no event");
}

/// O-184: views of a post that went meanwhile do not keep the others from being counted.
#[tokio::test(flavor = "multi_thread")]
async fn views_of_removed_posts_are_left_out() {
    let social = Social::start().await;
    let (ada, bob) = (student(1), student(2));
    let gone = social.post(&ada, "gone").await;
    let kept = social.post(&ada, "kept").await;
    social.get(&bob, &gone.id).await.unwrap();
    social.get(&bob, &kept.id).await.unwrap();
    social.delete(&ada, &gone.id).await.unwrap();
    viewed(&social, &kept.id, 1).await;
    assert_eq!(social.count("social.post_views").await, 1);
}

/// O-184, O-187: what can't be written now is written later, once.
#[tokio::test(flavor = "multi_thread")]
async fn views_and_searches_survive_a_failing_database() {
    let social = Social::start().await;
    let bob = student(2);
    let post = social.post(&student(1), "pizza").await;
    social
        .execute(
            "ALTER TABLE social.post_views RENAME TO v; ALTER TABLE social.searches RENAME TO s",
        )
        .await;
    social.get(&bob, &post.id).await.unwrap();
    for _ in 0..3 {
        social.found(&bob, "pizza").await;
    }
    for _ in 0..3 {
        social.write_analytics().await.unwrap_err();
    }
    social
        .execute("ALTER TABLE social.v RENAME TO post_views")
        .await;
    social
        .execute("ALTER TABLE social.s RENAME TO searches")
        .await;
    assert_eq!(
        searched(&social, 3).await,
        [("pizza".to_owned(), String::new(), 3)]
    );
    viewed(&social, &post.id, 1).await;
    social.assert_counters().await;
}

/// O-187: the same words with the same filters count together, first pages only, the most searched first.
#[tokio::test(flavor = "multi_thread")]
async fn searches_are_counted_by_words_and_filters() {
    let social = Social::start().await;
    let (ada, eve) = (student(1), person_of(3, MIT, Role::User));
    for _ in 0..3 {
        social.post(&ada, "pizza").await;
    }
    for query in ["Free  Pizza", "free pizza", " FREE\tPIZZA "] {
        social.found(&eve, query).await;
    }
    let narrow = proto::SearchPostsRequest {
        r#type: "general".to_owned(),
        page_size: 1,
        ..words("pizza")
    };
    for _ in 0..2 {
        let first = social.search(&ada, narrow.clone()).await.unwrap();
        let next = proto::SearchPostsRequest {
            page_token: first.next_page_token,
            ..narrow.clone()
        };
        social.search(&ada, next).await.unwrap();
    }
    for nothing in ["", "  ", "a\0b"] {
        social.found(&ada, nothing).await;
    }
    let expected = [
        ("free pizza".to_owned(), String::new(), 3),
        ("pizza".to_owned(), "type=general".to_owned(), 2),
    ];
    assert_eq!(searched(&social, 5).await, expected);
    assert_eq!(social.popular(&admin(), 1, 1).await.unwrap().len(), 1);
    for (days, size, field) in [(-1, 0, "days"), (0, -1, "page_size")] {
        assert_eq!(
            invalid_fields(social.popular(&admin(), days, size).await),
            [field]
        );
    }
}

/// O-187: nothing that can be typed keeps the rest from being counted.
#[tokio::test(flavor = "multi_thread")]
async fn no_search_is_too_strange_to_be_counted() {
    let social = Social::start().await;
    let ada = student(1);
    // Text that does not compress: an index holds no key of its length.
    let long: String = (0..4_000u32)
        .filter_map(|nth| char::from_u32(0x4e00 + nth.wrapping_mul(2_654_435_761) % 20_000))
        .collect();
    for university in [long.as_str(), "\0", ""] {
        for query in [long.as_str(), "\u{1}", "'"] {
            let request = proto::SearchPostsRequest {
                university: university.to_owned(),
                ..words(query)
            };
            social.search(&ada, request).await.unwrap();
        }
    }
    assert_eq!(searched(&social, 6).await.len(), 6);
}

/// O-187: popular is what was searched for in the last days, and after ninety days nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn old_searches_are_forgotten() {
    let social = Social::start().await;
    let ada = student(1);
    social.found(&ada, "old").await;
    searched(&social, 1).await;
    social.clock.advance(TimeDelta::days(7));
    social.found(&ada, "new").await;
    assert_eq!(
        searched(&social, 2).await,
        [("new".to_owned(), String::new(), 1)]
    );
    assert_eq!(social.popular(&admin(), 8, 0).await.unwrap().len(), 2);
    social.clock.advance(TimeDelta::days(84));
    retention::tidy(&social.app).await.unwrap();
    assert_eq!(
        social.rows("SELECT query FROM social.searches").await.len(),
        1
    );
}
