//! The universities directory.

use std::collections::HashSet;

use oruma_e2e::{Answer, Client, Deployment};
use serde_json::{Value, json};

use crate::support::{both_ways, keys, refused};

both_ways!(
    anybody_searches,
    entries_have_the_fields_of_the_contract,
    pages_show_each_entry_once,
    filters_narrow,
    searches_forgive,
    pages_are_limited,
    parameters_are_checked,
    broken_cursors_are_refused,
    details_are_for_members,
    unknown_entries_are_a_404,
);

const TYPES: [&str; 8] = [
    "public",
    "private",
    "community",
    "technical",
    "hbcu",
    "tribal",
    "religious",
    "for-profit",
];
/// Fields that are always there, and those that may be.
const FIELDS: [&str; 7] = [
    "city",
    "country",
    "id",
    "name",
    "searchTerms",
    "state",
    "type",
];
const OPTIONAL: [&str; 7] = [
    "accreditation",
    "enrollment",
    "established",
    "latitude",
    "longitude",
    "programs",
    "website",
];
const DETAILS: [&str; 5] = [
    "admissions",
    "campuses",
    "demographics",
    "description",
    "tuition",
];

async fn search(api: &Client, query: &str) -> Answer {
    api.get(&format!("/api/universities/search{query}"))
        .send()
        .await
}

fn entries(page: &Value) -> &[Value] {
    page["universities"].as_array().expect("a list")
}

/// Checks an entry: its fields, their types, and that what is unknown is left out.
#[track_caller]
fn is_entry(entry: &Value, more: &[&str]) {
    for key in keys(entry) {
        let known = FIELDS.contains(&key) || OPTIONAL.contains(&key) || more.contains(&key);
        assert!(known, "{key} in {entry}");
    }
    for key in ["id", "name", "state", "city", "type", "country"] {
        assert!(entry[key].is_string(), "{key} in {entry}");
    }
    assert!(
        TYPES.contains(&entry["type"].as_str().unwrap_or_default()),
        "{entry}"
    );
    let is_texts = |value: &Value| {
        value
            .as_array()
            .is_some_and(|list| list.iter().all(Value::is_string))
    };
    assert!(is_texts(&entry["searchTerms"]), "{entry}");
    for (key, is_right) in [
        ("website", Value::is_string as fn(&Value) -> bool),
        ("enrollment", Value::is_i64),
        ("established", Value::is_i64),
        ("latitude", Value::is_f64),
        ("longitude", Value::is_f64),
        ("accreditation", |value| {
            value.as_array().is_some_and(|list| !list.is_empty())
        }),
        ("programs", |value| {
            value.as_array().is_some_and(|list| !list.is_empty())
        }),
    ] {
        assert!(entry.get(key).is_none_or(is_right), "{key} in {entry}");
    }
}

/// O-005, O-064: without a token, with the fields of a page; a token that doesn't hold does not matter here.
async fn anybody_searches(deployment: &Deployment) {
    let api = deployment.client();
    let answer = search(&api, "?q=massachusetts%20institute")
        .await
        .must_be(200);
    let page = answer.json();
    assert_eq!(keys(&page), ["hasMore", "total", "universities"]);
    assert_eq!(page["hasMore"], false);
    assert_eq!(page["total"].as_u64(), Some(entries(&page).len() as u64));
    assert_eq!(
        entries(&page)[0]["name"],
        "Massachusetts Institute of Technology"
    );
    let with_nonsense = api
        .get("/api/universities/search?q=massachusetts%20institute")
        .bearer("nonsense");
    assert_eq!(with_nonsense.send().await.must_be(200).json(), page);
    let nothing = search(&api, "?q=%F0%9F%A6%84").await.must_be(200).json();
    assert_eq!(
        nothing,
        json!({"universities": [], "total": 0, "hasMore": false})
    );
}

/// O-064, K-51: each field has its type, and what is not known is absent.
async fn entries_have_the_fields_of_the_contract(deployment: &Deployment) {
    let page = search(&deployment.client(), "?limit=100")
        .await
        .must_be(200)
        .json();
    assert_eq!(
        keys(&page),
        ["hasMore", "nextCursor", "total", "universities"]
    );
    for entry in entries(&page) {
        is_entry(entry, &[]);
    }
}

/// O-064, O-070, K-39: following the cursors shows every entry once, in order, over both gateways.
async fn pages_show_each_entry_once(deployment: &Deployment) {
    let api = deployment.client();
    let (mut ids, mut cursor, mut total) = (HashSet::new(), String::new(), 0);
    loop {
        let page = search(&api, &format!("?limit=100{cursor}"))
            .await
            .must_be(200)
            .json();
        total = page["total"].as_u64().expect("a number").max(total);
        let before = ids.len();
        ids.extend(
            entries(&page)
                .iter()
                .map(|entry| entry["id"].as_str().expect("an id").to_owned()),
        );
        assert_eq!(
            ids.len(),
            before + entries(&page).len(),
            "an entry came twice"
        );
        assert_eq!(
            page["hasMore"].as_bool(),
            Some(page.get("nextCursor").is_some())
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(total > 500);
    assert_eq!(ids.len() as u64, total);
}

/// O-064: by state, in any case, and by type; together with words.
async fn filters_narrow(deployment: &Deployment) {
    let api = deployment.client();
    let page = search(&api, "?state=massachusetts&limit=100")
        .await
        .must_be(200)
        .json();
    assert!(entries(&page).len() > 2);
    assert!(
        entries(&page)
            .iter()
            .all(|entry| entry["state"] == "Massachusetts")
    );
    for kind in TYPES {
        let page = search(&api, &format!("?type={kind}&limit=100"))
            .await
            .must_be(200)
            .json();
        assert!(
            entries(&page).iter().all(|entry| entry["type"] == kind),
            "{kind}"
        );
    }
    let both = search(&api, "?state=Massachusetts&type=technical&q=institute")
        .await
        .must_be(200)
        .json();
    assert!(
        entries(&both)
            .iter()
            .any(|entry| entry["name"] == "Massachusetts Institute of Technology")
    );
    let none = search(&api, "?state=Nowhere").await.must_be(200).json();
    assert_eq!(none["total"], 0);
}

/// O-064: the start of a word, a short name, another case, an accent, and a typing error.
async fn searches_forgive(deployment: &Deployment) {
    let api = deployment.client();
    for words in [
        "MIT",
        "massach",
        "MASSACHUSETTS%20INSTITUTE",
        "m%C3%A1ssachusetts%20institute",
        "masachusets%20institute",
    ] {
        let page = search(&api, &format!("?q={words}"))
            .await
            .must_be(200)
            .json();
        let found = entries(&page)
            .iter()
            .any(|entry| entry["name"] == "Massachusetts Institute of Technology");
        assert!(found, "{words}");
    }
    for plain in [
        "%25",
        "_",
        "'%20OR%20'1'='1",
        "%5C",
        "a%00".trim_end_matches("%00"),
    ] {
        let _ = search(&api, &format!("?q={plain}")).await.must_be(200);
    }
}

/// O-064: 50 entries by default, and no more than 100.
async fn pages_are_limited(deployment: &Deployment) {
    let api = deployment.client();
    for (limit, expected) in [
        ("", 50),
        ("?limit=1", 1),
        ("?limit=100", 100),
        ("?limit=100000", 100),
        ("?limit=99999999999999999999", 100),
    ] {
        let page = search(&api, limit).await.must_be(200).json();
        assert_eq!(entries(&page).len(), expected, "{limit}");
    }
}

/// O-064, O-076: a wrong parameter is a 400 that names it.
async fn parameters_are_checked(deployment: &Deployment) {
    let api = deployment.client();
    for limit in ["0", "-1", "abc", "", "1.5", "0x10", "%20"] {
        refused(
            &search(&api, &format!("?limit={limit}")).await,
            400,
            "validation_failed",
            &["limit"],
        );
    }
    for kind in ["famous", "public,private", "%27", "7"] {
        refused(
            &search(&api, &format!("?type={kind}")).await,
            400,
            "validation_failed",
            &["type"],
        );
    }
    for field in ["q", "state", "type"] {
        let long = format!("?{field}={}", "a".repeat(256));
        refused(
            &search(&api, &long).await,
            400,
            "validation_failed",
            &[field],
        );
        refused(
            &search(&api, &format!("?{field}=a%00b")).await,
            400,
            "validation_failed",
            &[field],
        );
    }
}

/// K-39: a cursor is what the page before gave: nothing else, nothing changed, and for nobody else's list.
async fn broken_cursors_are_refused(deployment: &Deployment) {
    let api = deployment.client();
    let page = search(&api, "?limit=1").await.must_be(200).json();
    let cursor = page["nextCursor"].as_str().expect("a cursor");
    let flipped = format!(
        "{}{}",
        if cursor.starts_with('A') { 'B' } else { 'A' },
        &cursor[1..]
    );
    let half = &cursor[..cursor.len() / 2];
    let twice = cursor.repeat(2);
    for broken in [
        "x",
        "AAAA",
        "%FF",
        "%00",
        "..",
        "-1",
        "eyJhIjoxfQ",
        &flipped,
        half,
        &twice,
        &"A".repeat(5_000),
    ] {
        let answer = search(&api, &format!("?cursor={broken}")).await;
        refused(&answer, 400, "validation_failed", &["cursor"]);
    }
    // An empty one is none.
    let _ = search(&api, "?cursor=").await.must_be(200);
}

/// O-065: with a token, the entry as the search shows it, and what more is known.
async fn details_are_for_members(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let page = search(&api, "?q=massachusetts%20institute")
        .await
        .must_be(200)
        .json();
    let entry = &entries(&page)[0];
    let path = format!("/api/universities/{}", entry["id"].as_str().expect("an id"));
    refused(&api.get(&path).send().await, 401, "missing_token", &[]);
    let detail = api
        .get(&path)
        .bearer(&member.token)
        .send()
        .await
        .must_be(200)
        .json();
    is_entry(&detail, &DETAILS);
    for key in keys(entry) {
        assert_eq!(detail[key], entry[key], "{key}");
    }
}

/// O-065, O-078: unknown and malformed ids alike.
async fn unknown_entries_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [
        "018f6b1e-0000-7000-8000-00000000dead",
        "7",
        "MIT",
        "%00",
        "%ff",
        "a%2Fb",
    ] {
        let path = format!("/api/universities/{id}");
        let answer = api.get(&path).bearer(&member.token).send().await;
        refused(&answer, 404, "university_not_found", &[]);
        refused(&api.get(&path).send().await, 401, "missing_token", &[]);
    }
}
