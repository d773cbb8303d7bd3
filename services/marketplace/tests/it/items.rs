//! Offering, reading and changing items.

use chrono::TimeDelta;
use futures::future::join_all;
use oruma_proto::marketplace::v1 as proto;
use oruma_rpc_error::ErrorCode;

use crate::support::{
    Market, STANFORD, change, id_of, invalid_fields, list_of, naming, refused, student, thing,
};

fn specification(label: &str, value: &str) -> proto::Specification {
    proto::Specification {
        label: label.to_owned(),
        value: value.to_owned(),
    }
}

/// O-043, O-044: an item comes back as it was offered, in its stored form.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_comes_back_as_it_was_offered() {
    let market = Market::start().await;
    let ada = student(1);
    let images = vec![
        market.media.upload(ada.user().unwrap(), "front"),
        market.media.upload(ada.user().unwrap(), "back"),
    ];
    let request = proto::CreateItemRequest {
        title: " Bicycle <b>".to_owned(),
        description: "two wheels\r\nand a bell".to_owned(),
        price: "120.5".to_owned(),
        condition: "Like New".to_owned(),
        category: " Sports & OUTDOOR ".to_owned(),
        location: "Dormitory".to_owned(),
        tags: list_of(&["Red", "red", " FAST "]),
        specifications: vec![specification("Size", "28\""), specification("Gears", "")],
        images: images.clone(),
    };
    let item = market.create(&ada, request).await.unwrap();
    assert_eq!(
        (item.title.as_str(), item.price_cents),
        ("Bicycle <b>", 12_050)
    );
    assert_eq!(item.description, "two wheels\nand a bell");
    assert_eq!(
        (item.condition.as_str(), item.category.as_str()),
        ("Like New", "sports & outdoor")
    );
    assert_eq!(
        (item.tags.clone(), item.images.clone()),
        (list_of(&["red", "fast"]), images.clone())
    );
    let expected = [specification("Size", "28\""), specification("Gears", "")];
    assert_eq!(item.specifications, expected);
    assert_eq!(
        (item.university.as_str(), item.status.as_str()),
        (STANFORD, "available")
    );
    assert_eq!(
        (item.seller_id.clone(), item.buyer_id.as_str()),
        (id_of(&ada), "")
    );
    assert_eq!((item.number, item.view_count, item.save_count), (1, 0, 0));
    assert_eq!(market.get(&student(2), &item.id).await.unwrap(), item);
    assert_eq!(market.media.claimed(), [images]);
}

/// O-043, O-165, O-166: every field at fault is named, and nothing is kept.
#[tokio::test(flavor = "multi_thread")]
async fn every_field_at_fault_is_named() {
    let market = Market::start().await;
    let ada = student(1);
    let empty = market
        .create(&ada, proto::CreateItemRequest::default())
        .await;
    let required = ["title", "description", "price", "condition", "category"];
    assert_eq!(invalid_fields(empty), required);
    for price in [
        "",
        "0",
        "0.00",
        "-1",
        "1.999",
        "abc",
        "NaN",
        "1e400",
        "1e2",
        "1000000.01",
        "inf",
        "1,5",
    ] {
        let request = proto::CreateItemRequest {
            price: price.to_owned(),
            ..thing("chair")
        };
        assert_eq!(
            invalid_fields(market.create(&ada, request).await),
            ["price"],
            "{price}"
        );
    }
    let long = |characters: usize| "é".repeat(characters);
    let many = |count: usize| (0..count).map(|nth| format!("x{nth}")).collect::<Vec<_>>();
    let specifications = |count: usize| vec![specification("a", "b"); count];
    let good = || thing("chair");
    let wrong: Vec<(&str, proto::CreateItemRequest)> = vec![
        (
            "title",
            proto::CreateItemRequest {
                title: long(256),
                ..good()
            },
        ),
        (
            "title",
            proto::CreateItemRequest {
                title: "a\nb".to_owned(),
                ..good()
            },
        ),
        (
            "description",
            proto::CreateItemRequest {
                description: long(10_001),
                ..good()
            },
        ),
        (
            "description",
            proto::CreateItemRequest {
                description: "a\0".to_owned(),
                ..good()
            },
        ),
        (
            "condition",
            proto::CreateItemRequest {
                condition: "new".to_owned(),
                ..good()
            },
        ),
        (
            "category",
            proto::CreateItemRequest {
                category: long(101),
                ..good()
            },
        ),
        (
            "location",
            proto::CreateItemRequest {
                location: long(256),
                ..good()
            },
        ),
        (
            "tags",
            proto::CreateItemRequest {
                tags: many(21),
                ..good()
            },
        ),
        (
            "tags[1]",
            proto::CreateItemRequest {
                tags: vec!["a".to_owned(), long(51)],
                ..good()
            },
        ),
        (
            "tags[0]",
            proto::CreateItemRequest {
                tags: list_of(&[" "]),
                ..good()
            },
        ),
        (
            "specifications",
            proto::CreateItemRequest {
                specifications: specifications(51),
                ..good()
            },
        ),
        (
            "specifications[0].label",
            proto::CreateItemRequest {
                specifications: vec![specification("", "b")],
                ..good()
            },
        ),
        (
            "specifications[0].label",
            proto::CreateItemRequest {
                specifications: vec![specification(&long(101), "b")],
                ..good()
            },
        ),
        (
            "specifications[0].value",
            proto::CreateItemRequest {
                specifications: vec![specification("a", &long(501))],
                ..good()
            },
        ),
        (
            "images",
            proto::CreateItemRequest {
                images: many(9),
                ..good()
            },
        ),
        (
            "images[1]",
            proto::CreateItemRequest {
                images: list_of(&["a", "a"]),
                ..good()
            },
        ),
        (
            "images[0]",
            proto::CreateItemRequest {
                images: list_of(&["somebody-elses.jpg"]),
                ..good()
            },
        ),
    ];
    for (field, request) in wrong {
        assert_eq!(invalid_fields(market.create(&ada, request).await), [field]);
    }
    assert_eq!(market.count("marketplace.items").await, 0);
    assert!(market.outbox().await.is_empty());
    // The same limits, kept.
    let fullest = proto::CreateItemRequest {
        title: long(255),
        description: long(10_000),
        price: "1000000".to_owned(),
        condition: "Poor".to_owned(),
        category: long(100),
        location: long(255),
        tags: many(20),
        specifications: vec![specification(&long(100), &long(500)); 50],
        images: (0..8)
            .map(|nth| market.media.upload(ada.user().unwrap(), &nth.to_string()))
            .collect(),
    };
    market.create(&ada, fullest).await.unwrap();
}

/// O-045: a change leaves what is not said, claims only new pictures, and tells only what is news.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_leaves_what_is_not_said() {
    let market = Market::start().await;
    let ada = student(1);
    let upload = |name: &str| market.media.upload(ada.user().unwrap(), name);
    let request = proto::CreateItemRequest {
        location: "here".to_owned(),
        tags: list_of(&["wood"]),
        specifications: vec![specification("legs", "4")],
        images: vec![upload("one")],
        ..thing("chair")
    };
    let item = market.create(&ada, request).await.unwrap();
    market.clock.advance(TimeDelta::minutes(1));
    assert_eq!(market.update(&ada, change(&item)).await.unwrap(), item);
    let dearer = proto::UpdateItemRequest {
        price: Some("12.34".to_owned()),
        images: Some(proto::TextList {
            values: vec!["marketplace/one.jpg".to_owned(), upload("two")],
        }),
        ..change(&item)
    };
    let changed = market.update(&ada, dearer).await.unwrap();
    let expected = proto::Item {
        price_cents: 1_234,
        images: list_of(&["marketplace/one.jpg", "marketplace/two.jpg"]),
        updated_at: changed.updated_at,
        ..item.clone()
    };
    assert_eq!(changed, expected);
    assert_ne!(changed.updated_at, item.updated_at);
    assert_eq!(
        market.media.claimed().last().unwrap(),
        &list_of(&["marketplace/two.jpg"])
    );
    let cleared = proto::UpdateItemRequest {
        location: Some(String::new()),
        tags: Some(proto::TextList::default()),
        specifications: Some(proto::SpecificationList::default()),
        images: Some(proto::TextList::default()),
        ..change(&item)
    };
    let cleared = market.update(&ada, cleared).await.unwrap();
    assert!(cleared.location.is_empty() && cleared.tags.is_empty());
    assert!(cleared.specifications.is_empty() && cleared.images.is_empty());
    let wrong = proto::UpdateItemRequest {
        title: Some(String::new()),
        price: Some("free".to_owned()),
        status: Some("gone".to_owned()),
        ..change(&item)
    };
    assert_eq!(
        invalid_fields(market.update(&ada, wrong).await),
        ["status", "title", "price"]
    );
    assert_eq!(
        market.kinds().await,
        ["item.created", "item.updated", "item.updated"]
    );
}

/// O-043: without media no item gets pictures, and one without any is offered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn without_media_there_are_no_pictures() {
    let market = Market::start().await;
    let ada = student(1);
    market.media.be_away(true);
    let request = proto::CreateItemRequest {
        images: vec![market.media.upload(ada.user().unwrap(), "one")],
        ..thing("chair")
    };
    let answer = market.create(&ada, request).await;
    refused(answer, ErrorCode::Unavailable, "unavailable");
    market.offer(&ada, "chair").await;
}

/// K-15: however many repetitions of a request come at once, they offer one item.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_makes_one_item() {
    let market = Market::start().await;
    let named = naming(&student(1), 7);
    let made = join_all((0..8).map(|_| market.offer(&named, "Bicycle"))).await;
    assert!(made.iter().all(|item| item.id == made[0].id));
    assert_eq!(market.count("marketplace.items").await, 1);
}
