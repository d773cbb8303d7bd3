//! Lists against a plain reading of all rows: random items, random filters, every order.

use std::cmp::Reverse;

use oruma_proto::marketplace::v1 as proto;
use serde_json::Value;

use crate::support::{MIT, Market, STANFORD, id_of, student};

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(below).unwrap()).unwrap()
    }

    fn one_of(&mut self, texts: &[&str]) -> String {
        texts[self.roll(texts.len())].to_owned()
    }

    fn some_of(&mut self, texts: &[&str], most: usize) -> Vec<String> {
        (0..self.roll(most + 1))
            .map(|_| self.one_of(texts))
            .collect()
    }
}

const CONDITIONS: [&str; 5] = ["New", "Like New", "Good", "Fair", "Poor"];
const CATEGORIES: [&str; 3] = ["books", "furniture", "bikes"];
const TAGS: [&str; 5] = ["red", "old", "rare", "wood", "fast"];
const WORDS: [&str; 6] = ["chair", "table", "lamp", "bicycle", "novel", "guitar"];
const PRICES: [&str; 6] = ["0.01", "5", "9.99", "10", "10.01", "250.5"];
const STATUSES: [&str; 3] = ["available", "reserved", "sold"];
const UNIVERSITIES: [&str; 2] = [STANFORD, MIT];

/// Some items with everything that filters look at; ties in every order.
async fn crowd(market: &Market, dice: &mut Dice) {
    let mut rows = Vec::new();
    for nth in 0..150 {
        let tags: Vec<String> = dice
            .some_of(&TAGS, 3)
            .iter()
            .map(|tag| format!("'{tag}'"))
            .collect();
        let title = format!("{} {}", dice.one_of(&WORDS), dice.one_of(&WORDS));
        let description = dice.one_of(&WORDS);
        let cents = [1, 500, 999, 1_000, 1_001, 25_050][dice.roll(6)];
        rows.push(format!(
            "(md5('{nth}')::uuid, '{}'::uuid, '{}', '{title}', '{description}', {cents}, '{}', '{}', ARRAY[{}]::text[], '{}', {}, {},
              setweight(to_tsvector('english', '{title}'), 'A') || setweight(to_tsvector('english', '{description}'), 'B'),
              timestamptz '2027-01-01 00:00Z' + {} * interval '1 minute')",
            id_of(&student(u16::try_from(dice.roll(4)).unwrap())),
            dice.one_of(&UNIVERSITIES),
            dice.one_of(&CONDITIONS),
            dice.one_of(&CATEGORIES),
            tags.join(","),
            dice.one_of(&STATUSES),
            dice.roll(3),
            dice.roll(3),
            dice.roll(40),
        ));
    }
    let statement = format!(
        "INSERT INTO marketplace.items (id, seller_id, university, title, description, price_cents, condition, category, tags, status,
             save_count, view_count, search, created_at, updated_at, images, specification_labels, specification_values, location)
         SELECT new.*, now(), '{{}}', '{{}}', '{{}}', '' FROM (VALUES {}) AS new;
         INSERT INTO marketplace.item_saves SELECT id, '{}', now() FROM marketplace.items WHERE number % 3 = 0",
        rows.join(","),
        id_of(&student(1)),
    );
    market.execute(&statement).await;
}

/// A filter of each sort, or none, by chance.
fn request(dice: &mut Dice) -> proto::ListItemsRequest {
    let mut maybe = |values: &[&str]| {
        if dice.roll(3) == 0 {
            dice.one_of(values)
        } else {
            String::new()
        }
    };
    let query = maybe(&WORDS);
    let category = maybe(&["books", "BOOKS", " Furniture ", "bikes", "cars"]);
    let (price_min, price_max) = (maybe(&PRICES), maybe(&PRICES));
    let university = maybe(&UNIVERSITIES);
    let status = maybe(&STATUSES);
    let seller_id = maybe(&[&id_of(&student(0)), &id_of(&student(2))]);
    let sort_by = maybe(&["recent", "price_low", "price_high", "popular"]);
    proto::ListItemsRequest {
        query,
        category,
        price_min,
        price_max,
        university,
        status,
        seller_id,
        sort_by,
        conditions: if dice.roll(2) == 0 {
            dice.some_of(&CONDITIONS, 3)
        } else {
            Vec::new()
        },
        tags: if dice.roll(2) == 0 {
            dice.some_of(&["red", "OLD", " rare ", "wood", "none"], 2)
        } else {
            Vec::new()
        },
        saved: dice.roll(5) == 0,
        page_size: [1, 3, 7, 50][dice.roll(4)],
        page_token: String::new(),
    }
}

fn cents(price: &str) -> i64 {
    let (whole, decimals) = price.split_once('.').unwrap_or((price, ""));
    format!("{whole}{decimals:0<2}").parse().unwrap()
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap()
}

/// Whether a row is asked for: the rules again, as plainly as can be.
fn fits(row: &Value, asked: &proto::ListItemsRequest) -> bool {
    let tags: Vec<&str> = row["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag.as_str().unwrap())
        .collect();
    let price = row["price_cents"].as_i64().unwrap();
    let words = format!("{} {}", text(row, "title"), text(row, "description"));
    let is = |wanted: &str, field: &str| wanted.is_empty() || text(row, field) == wanted;
    (asked.query.is_empty() || words.split(' ').any(|word| word == asked.query))
        && is(asked.category.trim().to_lowercase().as_str(), "category")
        && is(&asked.university, "university")
        && is(&asked.status, "status")
        && is(&asked.seller_id, "seller_id")
        && (asked.conditions.is_empty()
            || asked
                .conditions
                .iter()
                .any(|name| name == text(row, "condition")))
        && (asked.price_min.is_empty() || price >= cents(&asked.price_min))
        && (asked.price_max.is_empty() || price <= cents(&asked.price_max))
        && (asked.tags.is_empty()
            || asked
                .tags
                .iter()
                .any(|tag| tags.contains(&tag.trim().to_lowercase().as_str())))
        && (!asked.saved || row["number"].as_i64().unwrap() % 3 == 0)
}

/// The ids that are to come, in their order.
fn expected(rows: &[Value], asked: &proto::ListItemsRequest) -> Vec<String> {
    let mut rows: Vec<&Value> = rows.iter().filter(|row| fits(row, asked)).collect();
    let number = |row: &Value, field: &str| row[field].as_i64().unwrap();
    // The server compares ids by their bytes, as their text does.
    rows.sort_by_key(|row| Reverse(text(row, "id").to_owned()));
    match asked.sort_by.as_str() {
        "price_low" => {
            rows.reverse();
            rows.sort_by_key(|row| number(row, "price_cents"));
        }
        "price_high" => rows.sort_by_key(|row| Reverse(number(row, "price_cents"))),
        "popular" => {
            rows.sort_by_key(|row| Reverse((number(row, "save_count"), number(row, "view_count"))))
        }
        _ => rows.sort_by_key(|row| Reverse(text(row, "created_at").to_owned())),
    }
    rows.into_iter()
        .map(|row| text(row, "id").to_owned())
        .collect()
}

/// Every page of a list, put together; each tells the same total.
async fn listed(market: &Market, asked: &proto::ListItemsRequest) -> (Vec<String>, i64) {
    let (mut ids, mut asked) = (Vec::new(), asked.clone());
    loop {
        let page = market.list(&student(1), asked.clone()).await.unwrap();
        ids.extend(page.items.into_iter().map(|item| item.id));
        if page.next_page_token.is_empty() {
            return (ids, page.total);
        }
        asked.page_token = page.next_page_token;
    }
}

/// O-042, O-048, O-050, O-051: for each of 300 combinations, the pages together are what a plain filter over all rows leaves, in its order.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_what_a_plain_filter_leaves() {
    let market = Market::start().await;
    let mut dice = Dice(42);
    crowd(&market, &mut dice).await;
    let rows = market.rows("SELECT * FROM marketplace.items").await;
    let mut found = 0;
    for _ in 0..300 {
        let asked = request(&mut dice);
        let mut wanted = expected(&rows, &asked);
        let (mut ids, total) = listed(&market, &asked).await;
        assert_eq!(total, i64::try_from(wanted.len()).unwrap(), "{asked:?}");
        // By words alone the order is that of their rank, which is the server's to say.
        if !asked.query.is_empty() && asked.sort_by.is_empty() {
            ids.sort();
            wanted.sort();
        }
        assert_eq!(ids, wanted, "{asked:?}");
        found += usize::from(!ids.is_empty());
    }
    assert!(found > 60, "{found} of 300 find something");
}
