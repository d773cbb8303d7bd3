//! What people say of sales and of items.

use futures::future::join_all;
use oruma_rpc_error::ErrorCode;
use serde_json::json;

use crate::support::{Market, id_of, invalid_fields, refused, student};

/// A review is by the buyer of a sold item, once.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_buyer_of_a_sold_item_reviews_it_once() {
    let market = Market::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let item = market.offer(&ada, "chair").await;
    for person in [&ada, &bob, &eve] {
        let early = market.review(person, &item.id, 5, "").await;
        refused(early, ErrorCode::Conflict, "not_sold");
    }
    market
        .step(&ada, &item, "reserved", Some(&bob))
        .await
        .unwrap();
    let early = market.review(&bob, &item.id, 5, "").await;
    refused(early, ErrorCode::Conflict, "not_sold");
    market.step(&ada, &item, "sold", None).await.unwrap();
    for person in [&ada, &eve] {
        // Said before what is wrong with the words.
        let foreign = market.review(person, &item.id, 9, "").await;
        refused(foreign, ErrorCode::Forbidden, "not_buyer");
    }
    for rating in [0, 6, -1, i32::MAX, i32::MIN] {
        let wrong = market
            .review(&bob, &item.id, rating, &"x".repeat(2_001))
            .await;
        assert_eq!(invalid_fields(wrong), ["rating", "comment"]);
    }
    let review = market.review(&bob, &item.id, 4, " fine\n").await.unwrap();
    assert_eq!((review.rating, review.comment.as_str()), (4, "fine"));
    assert_eq!(
        (review.item_id, review.seller_id),
        (item.id.clone(), id_of(&ada))
    );
    assert_eq!(review.reviewer_id, id_of(&bob));
    let again = market.review(&bob, &item.id, 1, "").await;
    refused(again, ErrorCode::AlreadyExists, "already_reviewed");
    let told = market.kinds().await;
    assert_eq!(
        told.iter().filter(|kind| *kind == "review.created").count(),
        1
    );
}

/// Where the seller named no buyer, nobody reviews.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_buyer_reviews_nothing() {
    let market = Market::start().await;
    let item = market.sell(&student(1), None).await;
    for person in [student(1), student(2)] {
        let answer = market.review(&person, &item.id, 5, "").await;
        refused(answer, ErrorCode::Forbidden, "not_buyer");
    }
}

/// Many at once: the rating of a seller is the mean of all reviews, shown on every item, and outlives the items.
#[tokio::test(flavor = "multi_thread")]
async fn the_rating_of_a_seller_is_exact() {
    let market = Market::start().await;
    let ada = student(1);
    let other = market.offer(&ada, "other").await;
    assert_eq!((other.seller_rating, other.seller_review_count), (0.0, 0));
    let mut sold = Vec::new();
    for nth in 0..12 {
        let buyer = student(100 + nth);
        sold.push((
            market.sell(&ada, Some(&buyer)).await,
            buyer,
            i32::from(nth % 5) + 1,
        ));
    }
    // Each twice at once: one of both counts.
    let reviews = sold.iter().flat_map(|(item, buyer, stars)| {
        [(); 2].map(|()| market.review(buyer, &item.id, *stars, "once"))
    });
    let answers = join_all(reviews).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 12);
    let sum: i32 = sold.iter().map(|(_, _, stars)| stars).sum();
    let kept = "SELECT review_count, rating_sum FROM marketplace.sellers";
    let expected = vec![json!({"review_count": 12, "rating_sum": sum})];
    assert_eq!(market.rows(kept).await, expected);
    for (item, _, _) in &sold {
        market.delete(&ada, &item.id).await.unwrap();
    }
    let seen = market.get(&student(2), &other.id).await.unwrap();
    assert!((seen.seller_rating - f64::from(sum) / 12.0).abs() < 1e-9);
    assert_eq!(seen.seller_review_count, 12);
    assert_eq!(market.rows(kept).await, expected);
    market.assert_counters().await;
}

/// O-054: a person reports an item once, and only the first time is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_counts_once_a_person() {
    let market = Market::start().await;
    let (bob, eve) = (student(2), student(3));
    let item = market.offer(&student(1), "chair").await;
    let reports = (0..6).map(|_| market.report(&bob, &item.id, "spam", "looks like it"));
    for answer in join_all(reports).await {
        answer.unwrap();
    }
    market
        .report(&bob, &item.id, "another reason", "")
        .await
        .unwrap();
    market.report(&eve, &item.id, "fake", "").await.unwrap();
    assert_eq!(market.count("marketplace.reports").await, 2);
    let events = market.outbox().await;
    let told: Vec<_> = events[1..]
        .iter()
        .map(|event| event.data["reason"].clone())
        .collect();
    assert_eq!(told, ["spam", "fake"]);
    let long = "x".repeat(2_001);
    let wrong = market.report(&eve, &item.id, " ", &long).await;
    assert_eq!(invalid_fields(wrong), ["reason", "description"]);
    let wrong = market.report(&eve, &item.id, &"x".repeat(256), "a\0").await;
    assert_eq!(invalid_fields(wrong), ["reason", "description"]);
}
