//! What people tell moderators, and what they make of it: an addition to the contract.

use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::posts::{text, written};
use crate::support::{both_ways, keys, refused};
use crate::tokens::admin;

both_ways!(
    reports_on_everything_land_in_one_queue,
    a_decision_leaves_a_trail,
    the_queue_is_for_administrators,
    wrong_reports_and_decisions_are_refused,
);

const QUEUE: &str = "/api/admin/reports";
const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

async fn report(api: &Client, person: &Member, thing: &str, reason: &str) -> Answer {
    let body = json!({"reason": reason, "description": "more of it"});
    api.post_as(person, &format!("{thing}/report"), &body).await
}

async fn decide(api: &Client, person: &Member, id: &str, body: &Value) -> Answer {
    let call = api.call("PUT", &format!("{QUEUE}/{id}")).json(body);
    call.bearer(&person.token).send().await
}

/// The reports of the queue that a person made.
async fn told_by(api: &Client, moderator: &Member, person: &Member) -> Vec<Value> {
    let mut found = Vec::new();
    let mut address = format!("{QUEUE}?limit=100");
    loop {
        let page = api.get_as(moderator, &address).await.must_be(200).json();
        let reports = page["reports"].as_array().expect("a list").clone();
        found.extend(
            reports
                .into_iter()
                .filter(|report| report["reporter"]["id"] == person.id),
        );
        match page["nextCursor"].as_str() {
            Some(cursor) => address = format!("{QUEUE}?limit=100&cursor={cursor}"),
            None => return found,
        }
    }
}

/// A post, an event and an item of one person, by their addresses.
async fn things(api: &Client, owner: &Member) -> [String; 3] {
    let post = written(api, owner, "buy now").await;
    let event = json!({"title": "Party", "description": "Free", "category": "social", "date": "2031-05-01", "startTime": "18:00",
                       "endTime": "20:00", "location": "Hall", "capacity": 5});
    let event = api
        .post_as(owner, "/api/events", &event)
        .await
        .must_be(201)
        .json();
    let item = json!({"title": "Bicycle", "description": "Not mine", "price": 5, "condition": "Good", "category": "sports"});
    let item = api
        .post_as(owner, "/api/marketplace/items", &item)
        .await
        .must_be(201)
        .json();
    [
        format!("/api/posts/{}", text(&post, "id")),
        format!("/api/events/{}", text(&event["event"], "id")),
        format!("/api/marketplace/items/{}", text(&item["item"], "id")),
    ]
}

/// O-041, O-054: each once, with who made what and who told.
async fn reports_on_everything_land_in_one_queue(deployment: &Deployment) {
    let api = deployment.client();
    let (owner, reporter) = (api.newcomer().await, api.newcomer().await);
    let moderator = admin(deployment.member().await);
    for thing in things(&api, &owner).await {
        for _ in 0..2 {
            let noted = report(&api, &reporter, &thing, "spam").await.must_be(200);
            assert_eq!(noted.json(), json!({}));
        }
    }
    eventually("three reports are in the queue", || async {
        told_by(&api, &moderator, &reporter).await.len() == 3
    })
    .await;
    let mut told = told_by(&api, &moderator, &reporter).await;
    told.sort_by_key(|report| text(report, "type").to_owned());
    for (report, kind) in told.iter().zip(["event", "item", "post"]) {
        let fields = [
            "description",
            "id",
            "owner",
            "reason",
            "reportedAt",
            "reporter",
            "state",
            "subjectId",
            "type",
            "updatedAt",
        ];
        assert_eq!(keys(report), fields, "{report}");
        for (name, value) in [
            ("type", kind),
            ("reason", "spam"),
            ("description", "more of it"),
            ("state", "open"),
        ] {
            assert_eq!(report[name], value, "{report}");
        }
        assert_eq!(report["owner"]["id"], owner.id);
        let of_kind = format!("{QUEUE}?type={kind}&state=open&limit=1");
        let page = api.get_as(&moderator, &of_kind).await.must_be(200).json();
        assert!(page["total"].as_i64() >= Some(1));
        assert_eq!(page["reports"][0]["type"], kind);
    }
}

async fn a_decision_leaves_a_trail(deployment: &Deployment) {
    let api = deployment.client();
    let reporter = api.newcomer().await;
    let moderator = admin(deployment.member().await);
    let [post, ..] = things(&api, &reporter).await;
    drop(
        report(&api, &reporter, &post, "a mistake of mine")
            .await
            .must_be(200),
    );
    let id = text(&told_by(&api, &moderator, &reporter).await[0], "id").to_owned();
    let body = json!({"state": "actioned", "note": "removed"});
    let decided = decide(&api, &moderator, &id, &body)
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&decided["state"], decided["steps"].as_array().map(Vec::len)),
        (&json!("actioned"), Some(1))
    );
    refused(
        &decide(&api, &moderator, &id, &body).await,
        409,
        "already_decided",
        &[],
    );
    drop(
        decide(&api, &moderator, &id, &json!({"state": "dismissed"}))
            .await
            .must_be(200),
    );
    let shown = api
        .get_as(&moderator, &format!("{QUEUE}/{id}"))
        .await
        .must_be(200)
        .json();
    let steps = shown["steps"].as_array().expect("a list");
    let said: Vec<_> = steps
        .iter()
        .map(|step| (text(step, "from"), text(step, "to"), text(step, "note")))
        .collect();
    assert_eq!(
        said,
        [
            ("open", "actioned", "removed"),
            ("actioned", "dismissed", "")
        ]
    );
    assert!(
        steps
            .iter()
            .all(|step| step["moderator"]["id"] == moderator.id)
    );
}

async fn the_queue_is_for_administrators(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let one = format!("{QUEUE}/{NOBODYS}");
    for address in [QUEUE, &one] {
        refused(&api.get_as(member, address).await, 403, "admin_only", &[]);
    }
    let decided = decide(&api, member, NOBODYS, &json!({"state": "dismissed"})).await;
    refused(&decided, 403, "admin_only", &[]);
}

async fn wrong_reports_and_decisions_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let moderator = admin(member);
    let post = format!(
        "/api/posts/{}",
        text(&written(&api, member, "hello").await, "id")
    );
    refused(
        &report(&api, member, &post, " ").await,
        400,
        "validation_failed",
        &["reason"],
    );
    let wrong = api
        .post_as(member, &format!("{post}/report"), &json!({"reason": 7}))
        .await;
    assert_eq!(wrong.status, 422, "{wrong}");
    let gone = format!("/api/posts/{NOBODYS}");
    refused(
        &report(&api, member, &gone, "spam").await,
        404,
        "post_not_found",
        &[],
    );
    for id in [NOBODYS, "nonsense"] {
        let decided = decide(&api, &moderator, id, &json!({"state": "dismissed"})).await;
        refused(&decided, 404, "report_not_found", &[]);
    }
    drop(report(&api, member, &post, "spam").await.must_be(200));
    let id = text(&told_by(&api, &moderator, member).await[0], "id").to_owned();
    for body in [json!({}), json!({"state": "deleted"})] {
        let decided = decide(&api, &moderator, &id, &body).await;
        refused(&decided, 400, "validation_failed", &["state"]);
    }
    for (query, field) in [
        ("state=deleted", "state"),
        ("type=user", "type"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
    ] {
        let answer = api.get_as(&moderator, &format!("{QUEUE}?{query}")).await;
        refused(&answer, 400, "validation_failed", &[field]);
    }
}
