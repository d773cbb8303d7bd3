//! Pages, orders, words, similar items and categories.

use std::collections::HashSet;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection;
use oruma_proto::marketplace::v1 as proto;
use oruma_service_test_kit::schema::{check_indexes_read, connect};
use oruma_service_test_kit::user_id;

use crate::support::{Market, STANFORD, change, invalid_fields, list_of, student, thing};

fn all() -> proto::ListItemsRequest {
    proto::ListItemsRequest::default()
}

fn words(query: &str) -> proto::ListItemsRequest {
    proto::ListItemsRequest {
        query: query.to_owned(),
        ..all()
    }
}

fn sorted(sort_by: &str, page_size: i32, page_token: &str) -> proto::ListItemsRequest {
    proto::ListItemsRequest {
        sort_by: sort_by.to_owned(),
        page_size,
        page_token: page_token.to_owned(),
        ..all()
    }
}

/// O-042: what comes while somebody turns pages neither moves nor repeats what was there, in any order.
#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_still_while_items_come() {
    let market = Market::start().await;
    let ada = student(1);
    for sort in ["recent", "price_low", "price_high", "popular"] {
        let before: HashSet<String> = {
            for nth in 0..12 {
                market.clock.advance(TimeDelta::seconds(1));
                let price = (nth % 3 + 1).to_string();
                let title = format!("{sort} {nth}");
                market
                    .create(
                        &ada,
                        proto::CreateItemRequest {
                            price,
                            ..thing(&title)
                        },
                    )
                    .await
                    .unwrap();
            }
            let page = market.list(&ada, sorted(sort, 50, "")).await.unwrap();
            page.items.into_iter().map(|item| item.id).collect()
        };
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let page = market.list(&ada, sorted(sort, 5, &token)).await.unwrap();
            seen.extend(page.items.into_iter().map(|item| item.id));
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
            market.clock.advance(TimeDelta::seconds(1));
            market.offer(&ada, "new").await;
        }
        let unique: HashSet<String> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "{sort}: nothing twice");
        assert!(before.is_subset(&unique), "{sort}: nothing is missing");
        market.execute("DELETE FROM marketplace.items").await;
    }
}

/// O-042: a page whose items have gone meanwhile still tells the total.
#[tokio::test(flavor = "multi_thread")]
async fn the_total_outlives_a_page() {
    let market = Market::start().await;
    let ada = student(1);
    let items = [
        market.offer(&ada, "a").await,
        market.offer(&ada, "b").await,
        market.offer(&ada, "c").await,
    ];
    let first = market.list(&ada, sorted("", 2, "")).await.unwrap();
    assert_eq!((first.items.len(), first.total), (2, 3));
    let shown: HashSet<&str> = first.items.iter().map(|item| item.id.as_str()).collect();
    let last = items
        .iter()
        .find(|item| !shown.contains(item.id.as_str()))
        .unwrap();
    market.delete(&ada, &last.id).await.unwrap();
    let second = market
        .list(&ada, sorted("", 2, &first.next_page_token))
        .await
        .unwrap();
    assert_eq!((second.items.len(), second.total), (0, 2));
    assert_eq!(second.next_page_token, "");
}

/// O-042: a page token belongs to its list, its filters, its order, and its viewer where that matters.
#[tokio::test(flavor = "multi_thread")]
async fn foreign_and_forged_tokens_are_refused() {
    let market = Market::start().await;
    let (ada, bob) = (student(1), student(2));
    for title in ["a chair", "b chair", "c chair"] {
        let item = market.offer(&ada, title).await;
        market.save(&ada, &item.id, None).await.unwrap();
    }
    let token = market
        .list(&ada, sorted("", 1, ""))
        .await
        .unwrap()
        .next_page_token;
    market
        .list(&bob, sorted("recent", 2, &token))
        .await
        .unwrap();
    let mut flipped = token.clone().into_bytes();
    flipped[30] = if flipped[30] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).unwrap();
    let mut foreign = vec![
        sorted("price_low", 1, &token),
        sorted("popular", 1, &token),
        sorted("", 1, &flipped),
        sorted("", 1, "nonsense"),
        sorted("", 1, &"A".repeat(200)),
    ];
    for narrow in [
        words("chair"),
        proto::ListItemsRequest {
            category: "things".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            conditions: list_of(&["Good"]),
            ..all()
        },
        proto::ListItemsRequest {
            price_min: "1".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            price_max: "11".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            university: STANFORD.to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            tags: list_of(&["a"]),
            ..all()
        },
        proto::ListItemsRequest {
            status: "available".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            saved: true,
            ..all()
        },
        words("a\0"),
    ] {
        foreign.push(proto::ListItemsRequest {
            page_token: token.clone(),
            ..narrow
        });
    }
    for request in foreign {
        assert_eq!(
            invalid_fields(market.list(&ada, request).await),
            ["page_token"]
        );
    }
    let saved = proto::ListItemsRequest {
        saved: true,
        page_size: 1,
        ..all()
    };
    let token = market
        .list(&ada, saved.clone())
        .await
        .unwrap()
        .next_page_token;
    let of_another = proto::ListItemsRequest {
        page_token: token,
        ..saved
    };
    assert_eq!(
        invalid_fields(market.list(&bob, of_another).await),
        ["page_token"]
    );
}

/// O-042: wrong filters are named; sizes above the most are cut.
#[tokio::test(flavor = "multi_thread")]
async fn every_bad_filter_is_named() {
    let market = Market::start().await;
    let ada = student(1);
    let wrong = proto::ListItemsRequest {
        conditions: list_of(&["Good", "good"]),
        status: "gone".to_owned(),
        price_min: "cheap".to_owned(),
        price_max: "1e400".to_owned(),
        seller_id: "ada".to_owned(),
        sort_by: "best".to_owned(),
        ..all()
    };
    let named = [
        "conditions",
        "status",
        "price_min",
        "price_max",
        "seller_id",
        "sort_by",
    ];
    assert_eq!(invalid_fields(market.list(&ada, wrong).await), named);
    assert_eq!(
        invalid_fields(market.list(&ada, sorted("", -1, "")).await),
        ["page_size"]
    );
    for nth in 0..51 {
        market.offer(&ada, &format!("chair {nth}")).await;
    }
    for (asked, got) in [(0, 10), (1, 1), (50, 50), (51, 50), (i32::MAX, 50)] {
        let page = market.list(&ada, sorted("", asked, "")).await.unwrap();
        assert_eq!((page.items.len(), page.total), (got, 51));
    }
}

/// O-048: words, phrases and what is left out, in title and description; the title counts more.
#[tokio::test(flavor = "multi_thread")]
async fn words_find_items_best_first() {
    let market = Market::start().await;
    let ada = student(1);
    for (title, description) in [
        ("Wooden chair", "comes with a lamp"),
        ("Lamp", "bright"),
        ("Running shoes", "red and fast"),
    ] {
        let request = proto::CreateItemRequest {
            description: description.to_owned(),
            ..thing(title)
        };
        market.create(&ada, request).await.unwrap();
    }
    for (query, found) in [
        ("lamps", vec!["Lamp", "Wooden chair"]),
        ("lamp -chair", vec!["Lamp"]),
        ("chair or shoe", vec!["Running shoes", "Wooden chair"]),
        ("\"wooden chair\"", vec!["Wooden chair"]),
        ("\"chair wooden\"", vec![]),
        ("run", vec!["Running shoes"]),
        ("the", vec![]),
    ] {
        let mut titles = market.titles(&ada, words(query)).await;
        if query.contains(" or ") {
            titles.sort();
        }
        assert_eq!(titles, found, "{query}");
    }
    // Nothing that people type is an error.
    for strange in [
        "\0",
        "'; DROP TABLE items; --",
        "(((",
        "\"",
        "-",
        &"-".repeat(5_000),
        &"a ".repeat(5_000),
        "& | ! <->",
        "\\",
        ":*",
        "\u{7}",
    ] {
        for sort_by in ["", "recent"] {
            let request = proto::ListItemsRequest {
                sort_by: sort_by.to_owned(),
                ..words(strange)
            };
            market.list(&ada, request).await.unwrap();
        }
    }
}

/// O-052: similar items can be had, are most alike first, and are never the item itself.
#[tokio::test(flavor = "multi_thread")]
async fn similar_items_are_alike_and_never_itself() {
    let market = Market::start().await;
    let ada = student(1);
    let bike = |title: &str, price: &str, tags: &[&str], category: &str| proto::CreateItemRequest {
        price: price.to_owned(),
        tags: list_of(tags),
        category: category.to_owned(),
        ..thing(title)
    };
    let mut ids = Vec::new();
    for request in [
        bike("Red bicycle", "100", &["red", "fast"], "bikes"),
        bike("Blue bicycle", "105", &["fast"], "bikes"),
        bike("Scooter", "900", &[], "bikes"),
        bike("Red racket", "100", &["red"], "sports"),
        bike("Bicycle pump", "10", &[], "tools"),
        bike("Novel", "100", &["paper"], "books"),
    ] {
        ids.push(market.create(&ada, request).await.unwrap().id);
    }
    let gone = market
        .create(&ada, bike("Red bicycle", "100", &["red", "fast"], "bikes"))
        .await
        .unwrap();
    market.step(&ada, &gone, "reserved", None).await.unwrap();
    let titles =
        |items: Vec<proto::Item>| items.into_iter().map(|item| item.title).collect::<Vec<_>>();
    let alike = titles(market.similar(&student(2), &ids[0], 0).await.unwrap());
    let expected = ["Blue bicycle", "Red racket", "Scooter", "Bicycle pump"];
    assert_eq!(alike, expected);
    assert_eq!(
        titles(market.similar(&ada, &ids[0], 1).await.unwrap()),
        ["Blue bicycle"]
    );
    assert!(market.similar(&ada, &ids[5], 0).await.unwrap().is_empty());
    for id in &ids {
        let similar = market.similar(&ada, id, 50).await.unwrap();
        assert!(
            similar
                .iter()
                .all(|item| item.id != *id && item.status == "available")
        );
    }
    // Of a reserved item too, and whatever its title is made of.
    assert_eq!(
        market.similar(&ada, &gone.id, 0).await.unwrap()[0].title,
        "Red bicycle"
    );
    for title in [
        "the",
        "& | ! ' \\ \" <->",
        "http://a.b/c?d=e&f=g 'x'",
        "a-b_c:*",
    ] {
        let renamed = proto::UpdateItemRequest {
            title: Some(title.to_owned()),
            ..change(&gone)
        };
        market.update(&ada, renamed).await.unwrap();
        market.similar(&ada, &gone.id, 0).await.unwrap();
    }
    assert_eq!(
        invalid_fields(market.similar(&ada, &ids[0], -1).await),
        ["page_size"]
    );
    for nth in 0..10 {
        market
            .create(&ada, bike(&format!("Bike {nth}"), "1", &[], "bikes"))
            .await
            .unwrap();
    }
    assert_eq!(market.similar(&ada, &ids[0], 0).await.unwrap().len(), 6);
}

/// O-049: categories of what can be had, the most used first.
#[tokio::test(flavor = "multi_thread")]
async fn categories_count_what_can_be_had() {
    let market = Market::start().await;
    let ada = student(1);
    assert!(market.categories(&ada).await.is_empty());
    let mut last = None;
    for category in ["Home & garden", "BOOKS", "books", "toys"] {
        let request = proto::CreateItemRequest {
            category: category.to_owned(),
            ..thing("x")
        };
        last = Some(market.create(&ada, request).await.unwrap());
    }
    market
        .step(&ada, &last.unwrap(), "reserved", None)
        .await
        .unwrap();
    let named = |id: &str, name: &str, count| (id.to_owned(), name.to_owned(), count);
    let expected = [
        named("books", "Books", 2),
        named("home & garden", "Home & Garden", 1),
    ];
    assert_eq!(market.categories(&ada).await, expected);
}

// === indexes ===

/// Twenty thousand items of 200 sellers at 20 universities, in 50 categories.
const CROWD: &str = "
    INSERT INTO marketplace.items (id, seller_id, university, title, description, price_cents, condition, category, images, specification_labels,
                                   specification_values, location, tags, search, save_count, created_at, updated_at)
    SELECT md5('i' || n)::uuid, md5('u' || n % 200)::uuid, 'University ' || n % 20, 'thing ' || n, 'a thing', n, 'Good', 'category ' || n % 50, '{}',
           '{}', '{}', '', ARRAY['tag' || n % 50], to_tsvector('english', 'thing number' || n), n % 1000, at, at
    FROM generate_series(1, 20000) AS n, LATERAL (SELECT timestamptz '2027-01-01 00:00Z' + n * interval '1 second' AS at) AS times;
    ANALYZE";

/// O-140, O-141, O-146: each filter and each order has an index, and the lists of a large market read it.
#[tokio::test(flavor = "multi_thread")]
async fn lists_of_a_large_market_read_their_indexes() {
    let market = Market::start().await;
    let mut conn = connect(&market.database).await;
    conn.batch_execute(CROWD).await.unwrap();
    let ada = student(1);
    let narrowed = [
        proto::ListItemsRequest {
            category: "category 7".to_owned(),
            status: "available".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            price_max: "1.50".to_owned(),
            ..sorted("price_low", 10, "")
        },
        proto::ListItemsRequest {
            university: "University 3".to_owned(),
            ..all()
        },
        proto::ListItemsRequest {
            tags: list_of(&["tag9"]),
            ..sorted("popular", 10, "")
        },
        proto::ListItemsRequest {
            seller_id: user_id(2).to_string(),
            ..all()
        },
    ];
    let whole = ["recent", "popular"].map(|order| sorted(order, 10, ""));
    for request in narrowed.into_iter().chain(whole).chain([words("number77")]) {
        market.list(&ada, request).await.unwrap();
    }
    let indexes = [
        "items_by_category",
        "items_by_price",
        "items_by_university",
        "items_by_tags",
        "items_by_seller",
        "items_by_time",
        "items_by_saves",
        "items_by_words",
    ];
    check_indexes_read(&mut conn, &indexes).await;
}
