//! Things that people sell.

use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_test_kit::eventually;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::posts::text;
use crate::support::{both_ways, keys, refused};
use crate::uploads::part_of_picture;

both_ways!(
    an_item_has_the_fields_of_the_contract,
    wrong_items_are_refused_by_field,
    only_its_seller_changes_an_item,
    the_status_goes_forward_one_step_at_a_time,
    of_two_who_reserve_one_wins,
    items_are_filtered_and_sorted,
    items_come_page_by_page,
    similar_items_are_others,
    saves_views_and_reports_count_once,
    a_buyer_reviews_a_sale_once,
    pictures_are_sent_along,
    unknown_items_are_a_404,
);

const ITEMS: &str = "/api/marketplace/items";
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

fn body(title: &str) -> Value {
    json!({"title": title, "description": "Hardly used", "price": 12.5, "condition": "Like New", "category": "Sports",
           "location": "Hall 3", "tags": ["Bike"], "specifications": [{"label": "Colour", "value": "blue"}]})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn offered(api: &Client, seller: &Member, body: &Value) -> Value {
    api.post_as(seller, ITEMS, body).await.must_be(201).json()["item"].clone()
}

async fn put(api: &Client, person: &Member, id: &str, body: &Value) -> Answer {
    let call = api.call("PUT", &format!("{ITEMS}/{id}")).json(body);
    call.bearer(&person.token).send().await
}

async fn post(api: &Client, person: &Member, id: &str, verb: &str) -> Answer {
    api.call_as(person, "POST", &format!("{ITEMS}/{id}/{verb}"))
        .await
}

async fn shown(api: &Client, viewer: &Member, id: &str) -> Value {
    api.get_as(viewer, &format!("{ITEMS}/{id}"))
        .await
        .must_be(200)
        .json()
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a list");
    items
        .iter()
        .map(|item| text(item, "id").to_owned())
        .collect()
}

/// O-042, O-043, O-044, O-128: field by field.
async fn an_item_has_the_fields_of_the_contract(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let item = offered(&api, seller, &body("Bicycle")).await;
    let fields = [
        "category",
        "condition",
        "createdAt",
        "description",
        "id",
        "images",
        "location",
        "price",
        "saved",
        "saves",
        "seller",
        "sellerId",
        "specifications",
        "status",
        "tags",
        "title",
        "updatedAt",
        "views",
    ];
    assert_eq!(keys(&item), fields, "{item}");
    for (name, value) in [
        ("sellerId", json!(seller.id)),
        ("price", json!(12.5)),
        ("condition", json!("Like New")),
        ("category", json!("sports")),
        ("images", json!([])),
        (
            "specifications",
            json!([{"label": "Colour", "value": "blue"}]),
        ),
        ("tags", json!(["bike"])),
        ("status", json!("available")),
        ("saved", json!(false)),
    ] {
        assert_eq!(item[name], value, "{name}");
    }
    assert_eq!(
        keys(&item["seller"]),
        [
            "id",
            "name",
            "rating",
            "reviewCount",
            "university",
            "username"
        ]
    );
    assert_eq!(item["seller"]["name"], json!(seller.person.name));
    assert_eq!(shown(&api, seller, text(&item, "id")).await, item);
}

/// O-043, O-165, O-166.
async fn wrong_items_are_refused_by_field(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let uploads: Vec<String> = (0..9)
        .map(|nth| {
            format!("/uploads/images/marketplace/00000000-0000-7000-8000-00000000000{nth}.jpg")
        })
        .collect();
    for (name, value) in [
        ("title", json!("")),
        ("description", json!("")),
        ("description", json!("x".repeat(10_001))),
        ("price", json!(0)),
        ("price", json!(-1)),
        ("price", json!(1.999)),
        ("price", json!(1_000_000.01)),
        ("condition", json!("Broken")),
        ("category", json!("")),
        ("images", json!(uploads)),
        ("images", json!(["https://evil.example/x.jpg"])),
    ] {
        let answer = api
            .post_as(seller, ITEMS, &with(body("Wrong"), name, value.clone()))
            .await;
        assert_eq!(answer.status, 400, "{name} {value}: {answer}");
        let details = answer.json()["details"].to_string();
        assert!(details.contains(name), "{name} {value}: {details}");
    }
    for (name, value) in [
        ("price", json!("12.5")),
        ("tags", json!("x")),
        ("specifications", json!([1])),
    ] {
        let answer = api
            .post_as(seller, ITEMS, &with(body("Wrong"), name, value))
            .await;
        assert_eq!(answer.status, 422, "{name}: {answer}");
    }
    let huge = body("Huge").to_string().replace("12.5", "1e400");
    let call = api.call("POST", ITEMS).body(huge).bearer(&seller.token);
    refused(&call.send().await, 400, "validation_failed", &["price"]);
}

/// O-045, O-046, O-167.
async fn only_its_seller_changes_an_item(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let stranger = api.newcomer().await;
    let id = text(&offered(&api, seller, &body("Mine")).await, "id").to_owned();
    refused(
        &put(&api, &stranger, &id, &json!({"price": 1})).await,
        403,
        "not_seller",
        &[],
    );
    let path = format!("{ITEMS}/{id}");
    refused(
        &api.call_as(&stranger, "DELETE", &path).await,
        403,
        "not_seller",
        &[],
    );
    let changed = put(&api, seller, &id, &json!({"price": 9.99}))
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&changed["price"], &changed["title"]),
        (&json!(9.99), &json!("Mine"))
    );
    let _ = api.call_as(seller, "DELETE", &path).await.must_be(204);
    refused(&api.get_as(seller, &path).await, 404, "item_not_found", &[]);
}

/// O-168.
async fn the_status_goes_forward_one_step_at_a_time(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let id = text(&offered(&api, seller, &body("Steps")).await, "id").to_owned();
    for (status, answer) in [
        ("sold", 409),
        ("reserved", 200),
        ("available", 409),
        ("sold", 200),
        ("reserved", 409),
        ("available", 409),
    ] {
        let changed = put(&api, seller, &id, &json!({"status": status}))
            .await
            .must_be(answer);
        if answer == 409 {
            refused(&changed, 409, "illegal_status", &[]);
        }
    }
    assert_eq!(shown(&api, seller, &id).await["status"], "sold");
    let odd = put(&api, seller, &id, &json!({"status": "lost"})).await;
    refused(&odd, 400, "validation_failed", &["status"]);
}

/// O-168: the seller's two tabs sell one thing to two people.
async fn of_two_who_reserve_one_wins(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let id = text(&offered(&api, seller, &body("Wanted")).await, "id").to_owned();
    let buyers = [
        crate::tokens::somebody(seller),
        crate::tokens::somebody(seller),
    ];
    let bodies = buyers.map(|buyer| json!({"status": "reserved", "buyerId": buyer.id}));
    let answers =
        futures::future::join_all(bodies.iter().map(|body| put(&api, seller, &id, body))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// O-042, O-048, O-049, O-050, O-051.
async fn items_are_filtered_and_sorted(deployment: &Deployment) {
    let api = deployment.client();
    let seller = api.newcomer().await;
    let tag = format!("t{}", &seller.id[24..]);
    let base = with(body("Quixotic lamp"), "tags", json!([tag]));
    let cheap = offered(
        &api,
        &seller,
        &with(
            with(base.clone(), "price", json!(5)),
            "condition",
            json!("Fair"),
        ),
    )
    .await;
    let dear = offered(
        &api,
        &seller,
        &with(
            with(base, "price", json!(500.5)),
            "category",
            json!("Lighting"),
        ),
    )
    .await;
    let (cheap, dear) = (text(&cheap, "id").to_owned(), text(&dear, "id").to_owned());
    let found = async |query: &str| {
        let path = format!("{ITEMS}?tags={tag}&{query}");
        ids(&api.get_as(&seller, &path).await.must_be(200).json())
    };
    let one = std::slice::from_ref::<String>;
    assert_eq!(found("").await, [dear.clone(), cheap.clone()]);
    assert_eq!(
        found("sortBy=price_low").await,
        [cheap.clone(), dear.clone()]
    );
    assert_eq!(
        found("sortBy=price_high").await,
        [dear.clone(), cheap.clone()]
    );
    assert_eq!(found("condition=Fair,Poor").await, one(&cheap));
    assert_eq!(found("condition=Fair&condition=Like%20New").await.len(), 2);
    assert_eq!(found("priceMin=500.5&priceMax=500.5").await, one(&dear));
    assert_eq!(found("category=LIGHTING").await, one(&dear));
    assert_eq!(found("university=Nowhere").await, Vec::<String>::new());
    let words = api
        .get_as(&seller, &format!("{ITEMS}/search?q=lamps&tags={tag}"))
        .await
        .must_be(200)
        .json();
    assert_eq!(words["total"], 2);
    let _ = post(&api, &seller, &cheap, "save").await.must_be(200);
    let saved = api
        .get_as(&seller, "/api/marketplace/saved")
        .await
        .must_be(200)
        .json();
    assert_eq!((ids(&saved), &saved["total"]), (vec![cheap], &json!(1)));
    let own = api
        .get_as(
            &seller,
            &format!("/api/marketplace/users/{}/items", seller.id),
        )
        .await
        .must_be(200)
        .json();
    assert_eq!(own["total"], 2);
    let categories = api
        .get_as(&seller, "/api/marketplace/categories")
        .await
        .must_be(200)
        .json();
    let categories = categories["categories"].as_array().expect("a list");
    assert!(
        categories
            .iter()
            .any(|category| category["id"] == "lighting")
    );
    for (query, name) in [
        ("sortBy=date", "sortBy"),
        ("priceMin=x", "priceMin"),
        ("priceMax=1e400", "priceMax"),
        ("condition=Odd", "condition"),
        ("cursor=x", "cursor"),
    ] {
        let answer = api.get_as(&seller, &format!("{ITEMS}?{query}")).await;
        refused(&answer, 400, "validation_failed", &[name]);
    }
}

/// O-042, K-39.
async fn items_come_page_by_page(deployment: &Deployment) {
    let api = deployment.client();
    let seller = api.newcomer().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(text(&offered(&api, &seller, &body("Paged")).await, "id").to_owned());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/marketplace/users/{}/items?limit=2{cursor}", seller.id);
        let page = api.get_as(&seller, &path).await.must_be(200).json();
        seen.extend(ids(&page));
        let _ = offered(&api, deployment.member().await, &body("Other")).await;
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    seen.reverse();
    assert_eq!(seen, expected);
}

/// O-052.
async fn similar_items_are_others(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let tag = format!("similar{}", &seller.id[24..]);
    let item = with(body("Telescope for stars"), "tags", json!([tag]));
    let one = text(&offered(&api, seller, &item).await, "id").to_owned();
    let other = text(&offered(&api, seller, &item).await, "id").to_owned();
    let similar = api
        .get_as(seller, &format!("{ITEMS}/{one}/similar"))
        .await
        .must_be(200)
        .json();
    assert_eq!(keys(&similar), ["items"]);
    let found = ids(&similar);
    assert!(
        found.len() <= 6 && found[0] == other && !found.contains(&one),
        "{found:?}"
    );
}

/// O-047, O-054, O-055, O-184.
async fn saves_views_and_reports_count_once(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let id = text(&offered(&api, seller, &body("Seen")).await, "id").to_owned();
    for (saved, count) in [(true, 1), (false, 0), (true, 1)] {
        let answer = post(&api, &other, &id, "save").await.must_be(200);
        assert_eq!(answer.json(), json!({"saved": saved, "savesCount": count}));
    }
    for _ in 0..3 {
        assert_eq!(
            post(&api, &other, &id, "view").await.must_be(200).json(),
            json!({})
        );
    }
    eventually("the view is counted", || async {
        shown(&api, &other, &id).await["views"] == 1
    })
    .await;
    let report = format!("{ITEMS}/{id}/report");
    for _ in 0..2 {
        let body = json!({"reason": "spam", "description": "twice"});
        assert_eq!(
            api.post_as(&other, &report, &body)
                .await
                .must_be(200)
                .json(),
            json!({})
        );
    }
    refused(
        &api.post_as(&other, &report, &json!({"reason": ""})).await,
        400,
        "validation_failed",
        &["reason"],
    );
}

/// O-042: the rating is that of real sales.
async fn a_buyer_reviews_a_sale_once(deployment: &Deployment) {
    let api = deployment.client();
    let (seller, buyer) = (api.newcomer().await, api.newcomer().await);
    let id = text(&offered(&api, &seller, &body("Sold")).await, "id").to_owned();
    let review = format!("{ITEMS}/{id}/reviews");
    let stars = json!({"rating": 4, "comment": "as described"});
    refused(
        &api.post_as(&buyer, &review, &stars).await,
        409,
        "not_sold",
        &[],
    );
    let _ = put(
        &api,
        &seller,
        &id,
        &json!({"status": "reserved", "buyerId": buyer.id}),
    )
    .await
    .must_be(200);
    let _ = put(&api, &seller, &id, &json!({"status": "sold"}))
        .await
        .must_be(200);
    refused(
        &api.post_as(&seller, &review, &stars).await,
        403,
        "not_buyer",
        &[],
    );
    refused(
        &api.post_as(&buyer, &review, &json!({"rating": 6})).await,
        400,
        "validation_failed",
        &["rating"],
    );
    let said = api
        .post_as(&buyer, &review, &stars)
        .await
        .must_be(201)
        .json()["review"]
        .clone();
    assert_eq!(
        (&said["rating"], &said["reviewerId"]),
        (&json!(4), &json!(buyer.id))
    );
    refused(
        &api.post_as(&buyer, &review, &stars).await,
        409,
        "already_reviewed",
        &[],
    );
    let sold = shown(&api, &buyer, &id).await;
    assert_eq!(
        (&sold["seller"]["rating"], &sold["seller"]["reviewCount"]),
        (&json!(4.0), &json!(1))
    );
}

/// O-043, O-053, O-083.
async fn pictures_are_sent_along(deployment: &Deployment) {
    let (api, seller) = (deployment.client(), deployment.member().await);
    let form = |files: usize| {
        let mut form = Form::new()
            .text("title", "Pictured")
            .text("description", "See there")
            .text("price", "3.20");
        form = form
            .text("condition", "New")
            .text("category", "art")
            .text("tags", "[\"a\"]");
        form = form.text("specifications", r#"[{"label": "Size", "value": "A3"}]"#);
        for _ in 0..files {
            form = form.part("images", part_of_picture());
        }
        form
    };
    let call = api.call("POST", ITEMS).form(form(2)).bearer(&seller.token);
    let item = call.send().await.must_be(201).json()["item"].clone();
    assert_eq!(item["images"].as_array().map(Vec::len), Some(2), "{item}");
    assert_eq!(
        (&item["price"], &item["specifications"][0]["value"]),
        (&json!(3.2), &json!("A3"))
    );
    let nine = api.call("POST", ITEMS).form(form(9)).bearer(&seller.token);
    refused(&nine.send().await, 400, "validation_failed", &["images"]);
    let upload = Form::new().part("image", part_of_picture());
    let call = api
        .call("POST", "/api/marketplace/upload/image")
        .form(upload)
        .bearer(&seller.token);
    let url = text(&call.send().await.must_be(200).json(), "url").to_owned();
    assert!(url.contains("/uploads/images/marketplace/"));
    let named = offered(&api, seller, &with(body("By URL"), "images", json!([url]))).await;
    assert_eq!(named["images"], json!([url]));
}

/// O-044…O-055.
async fn unknown_items_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [NOBODYS, "nonsense"] {
        for path in ["", "/similar"] {
            refused(
                &api.get_as(member, &format!("{ITEMS}/{id}{path}")).await,
                404,
                "item_not_found",
                &[],
            );
        }
        for verb in ["save", "view"] {
            refused(
                &post(&api, member, id, verb).await,
                404,
                "item_not_found",
                &[],
            );
        }
        refused(
            &put(&api, member, id, &json!({"price": 1})).await,
            404,
            "item_not_found",
            &[],
        );
        refused(
            &api.get_as(member, &format!("/api/marketplace/users/{id}/items"))
                .await,
            404,
            "user_not_found",
            &[],
        );
    }
}
