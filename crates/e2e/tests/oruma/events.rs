//! Events and who comes.

use chrono::{TimeDelta, Utc};
use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_service_runtime::Clock;
use oruma_test_kit::eventually;
use serde_json::{Value, json};

use crate::posts::text;
use crate::support::{both_ways, keys, refused};

both_ways!(
    an_event_has_the_fields_of_the_contract,
    wrong_events_are_refused_by_field,
    only_its_organiser_changes_an_event,
    a_cancelled_event_takes_nobody,
    a_hundred_people_get_thirty_places,
    registering_twice_changes_nothing,
    the_organiser_sees_who_comes,
    events_are_filtered_and_sorted,
    events_come_page_by_page,
    saves_views_and_reports_count_once,
    a_banner_is_sent_along,
    unknown_events_are_a_404,
);

const NOBODYS: &str = "00000000-0000-7000-8000-000000000000";

/// A day so many days from now.
fn day(days: i64) -> String {
    let day: chrono::DateTime<Utc> = Clock::system().now() + TimeDelta::days(days);
    day.format("%Y-%m-%d").to_string()
}

fn body(title: &str) -> Value {
    json!({"title": title, "description": "An evening on parsers", "category": "Academic", "date": day(3),
           "startTime": "18:00", "endTime": "20:30", "location": "Hall 3", "capacity": 30, "registrationRequired": true,
           "tags": ["Rust", "compilers"]})
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

async fn create(api: &Client, organiser: &Member, body: &Value) -> Answer {
    api.post_as(organiser, "/api/events", body).await
}

async fn announced(api: &Client, organiser: &Member, body: &Value) -> Value {
    create(api, organiser, body).await.must_be(201).json()["event"].clone()
}

async fn shown(api: &Client, viewer: &Member, id: &str) -> Value {
    api.get_as(viewer, &format!("/api/events/{id}"))
        .await
        .must_be(200)
        .json()
}

async fn register(api: &Client, person: &Member, id: &str, verb: &str) -> Answer {
    api.call_as(person, "POST", &format!("/api/events/{id}/{verb}"))
        .await
}

fn ids(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().expect("a list");
    events
        .iter()
        .map(|event| text(event, "id").to_owned())
        .collect()
}

/// O-026, O-027, O-028, O-127: field by field.
async fn an_event_has_the_fields_of_the_contract(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let event = announced(&api, organiser, &body("Compilers")).await;
    let fields = [
        "attendees",
        "capacity",
        "category",
        "createdAt",
        "date",
        "description",
        "endTime",
        "id",
        "isRegistered",
        "location",
        "maxAttendees",
        "organizer",
        "organizerId",
        "registrationRequired",
        "saved",
        "saves",
        "startTime",
        "status",
        "tags",
        "title",
        "university",
        "updatedAt",
        "views",
    ];
    assert_eq!(keys(&event), fields, "{event}");
    for (name, value) in [
        ("organizerId", json!(organiser.id)),
        ("title", json!("Compilers")),
        ("category", json!("academic")),
        ("startTime", json!("18:00")),
        ("endTime", json!("20:30")),
        ("capacity", json!(30)),
        ("maxAttendees", json!(30)),
        ("attendees", json!(0)),
        ("isRegistered", json!(false)),
        ("status", json!("upcoming")),
        ("tags", json!(["rust", "compilers"])),
        ("university", json!(organiser.person.university)),
        ("registrationRequired", json!(true)),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert!(text(&event, "date").starts_with(&day(3)));
    let organizer = &event["organizer"];
    assert_eq!(keys(organizer), ["id", "name", "university", "username"]);
    assert_eq!(organizer["name"], json!(organiser.person.name));
    assert_eq!(shown(&api, organiser, text(&event, "id")).await, event);
}

/// O-027, O-161…O-163.
async fn wrong_events_are_refused_by_field(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    for (name, value) in [
        ("title", json!("")),
        ("title", json!("x".repeat(256))),
        ("description", json!(" ")),
        ("category", json!("")),
        ("location", json!("")),
        ("date", json!("2026-02-31")),
        ("date", json!("tomorrow")),
        ("date", json!(day(-2))),
        ("startTime", json!("25:61")),
        ("endTime", json!("17:00")),
        ("capacity", json!(0)),
        ("capacity", json!(-5)),
        ("capacity", json!(1.5)),
        ("tags", json!(["x".repeat(51)])),
        ("bannerImage", json!("https://evil.example/x.jpg")),
    ] {
        let answer = create(&api, organiser, &with(body("Wrong"), name, value.clone())).await;
        assert_eq!(answer.status, 400, "{name} {value}: {answer}");
        let details = answer.json()["details"].to_string();
        assert!(details.contains(name), "{name} {value}: {details}");
    }
    for name in [
        "title",
        "description",
        "category",
        "date",
        "startTime",
        "endTime",
        "location",
        "capacity",
    ] {
        let answer = create(&api, organiser, &with(body("Missing"), name, Value::Null)).await;
        assert_eq!(answer.status, 400, "{name}: {answer}");
    }
    for (name, value) in [
        ("capacity", json!("30")),
        ("title", json!(7)),
        ("registrationRequired", json!("yes")),
    ] {
        let answer = create(&api, organiser, &with(body("Wrong"), name, value)).await;
        refused(&answer, 422, "wrong_type", &[name]);
    }
    let huge = body("Huge")
        .to_string()
        .replace("\"capacity\":30", "\"capacity\":1e400");
    let call = api
        .call("POST", "/api/events")
        .body(huge)
        .bearer(&organiser.token);
    refused(&call.send().await, 400, "validation_failed", &["capacity"]);
}

/// O-029, O-030, O-164.
async fn only_its_organiser_changes_an_event(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let stranger = api.newcomer().await;
    let event = announced(&api, organiser, &body("Mine")).await;
    let path = format!("/api/events/{}", text(&event, "id"));
    let put = async |person: &Member, body: Value| {
        api.call("PUT", &path)
            .json(&body)
            .bearer(&person.token)
            .send()
            .await
    };
    refused(
        &put(&stranger, json!({"title": "Yours"})).await,
        403,
        "not_organizer",
        &[],
    );
    refused(
        &api.call_as(&stranger, "DELETE", &path).await,
        403,
        "not_organizer",
        &[],
    );
    refused(
        &register(&api, &stranger, text(&event, "id"), "registrations").await,
        405,
        "method_not_allowed",
        &[],
    );
    let changed = put(organiser, json!({"title": "Renamed", "capacity": 40}))
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&changed["title"], &changed["capacity"]),
        (&json!("Renamed"), &json!(40))
    );
    assert_eq!(
        (&changed["location"], &changed["startTime"]),
        (&event["location"], &event["startTime"])
    );
    let _ = api.call_as(organiser, "DELETE", &path).await.must_be(204);
    refused(
        &api.get_as(organiser, &path).await,
        404,
        "event_not_found",
        &[],
    );
}

/// O-029, O-031.
async fn a_cancelled_event_takes_nobody(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let id = text(&announced(&api, organiser, &body("Off")).await, "id").to_owned();
    let call = api
        .call("PUT", &format!("/api/events/{id}"))
        .json(&json!({"status": "cancelled"}));
    let cancelled = call
        .bearer(&organiser.token)
        .send()
        .await
        .must_be(200)
        .json();
    assert_eq!(cancelled["status"], "cancelled");
    refused(
        &register(&api, organiser, &id, "register").await,
        409,
        "event_cancelled",
        &[],
    );
}

/// O-031, O-032: exactly thirty, and one more when one goes.
async fn a_hundred_people_get_thirty_places(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let id = text(&announced(&api, organiser, &body("Full")).await, "id").to_owned();
    let people: Vec<Member> = (0..100)
        .map(|_| crate::tokens::somebody(organiser))
        .collect();
    let registrations = people
        .iter()
        .map(|person| register(&api, person, &id, "register"));
    let answers = futures::future::join_all(registrations).await;
    let with_status = |status: u16| {
        answers
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((with_status(200), with_status(409)), (30, 70));
    for answer in answers.iter().filter(|answer| answer.status == 409) {
        refused(answer, 409, "event_full", &[]);
    }
    assert_eq!(shown(&api, organiser, &id).await["attendees"], 30);
    let inside = answers
        .iter()
        .position(|answer| answer.status == 200)
        .expect("one is in");
    let left = register(&api, &people[inside], &id, "unregister")
        .await
        .must_be(200);
    assert_eq!(
        left.json(),
        json!({"registered": false, "attendeesCount": 29})
    );
    let outside: Vec<&Member> = people
        .iter()
        .zip(&answers)
        .filter(|(_, answer)| answer.status == 409)
        .map(|(person, _)| person)
        .collect();
    let _ = register(&api, outside[0], &id, "register")
        .await
        .must_be(200);
    refused(
        &register(&api, outside[1], &id, "register").await,
        409,
        "event_full",
        &[],
    );
}

/// O-031, O-032, O-132.
async fn registering_twice_changes_nothing(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let id = text(&announced(&api, organiser, &body("Twice")).await, "id").to_owned();
    for (verb, registered, count) in [
        ("register", true, 1),
        ("register", true, 1),
        ("unregister", false, 0),
        ("unregister", false, 0),
    ] {
        let answer = register(&api, organiser, &id, verb).await.must_be(200);
        assert_eq!(
            answer.json(),
            json!({"registered": registered, "attendeesCount": count})
        );
        assert_eq!(
            shown(&api, organiser, &id).await["isRegistered"],
            registered
        );
    }
}

/// O-037, O-038: a bare array, for the organiser alone.
async fn the_organiser_sees_who_comes(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let guest = api.newcomer().await;
    let id = text(&announced(&api, organiser, &body("Guests")).await, "id").to_owned();
    let _ = register(&api, &guest, &id, "register").await.must_be(200);
    let path = format!("/api/events/{id}/registrations");
    refused(&api.get_as(&guest, &path).await, 403, "not_organizer", &[]);
    let list = api.get_as(organiser, &path).await.must_be(200).json();
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(
        keys(&list[0]),
        ["eventId", "id", "registeredAt", "status", "userId"]
    );
    assert_eq!(
        (&list[0]["userId"], &list[0]["status"]),
        (&json!(guest.id), &json!("registered"))
    );
    let attended = format!("{path}/{}", guest.id);
    let call = api
        .call("PUT", &attended)
        .json(&json!({"attended": true}))
        .bearer(&organiser.token);
    assert_eq!(call.send().await.must_be(200).json()["status"], "attended");
    let mine = api
        .get_as(&guest, "/api/events/registered")
        .await
        .must_be(200)
        .json();
    assert_eq!(ids(&mine), [id]);
    assert_eq!(mine["total"], 1);
}

/// O-026, O-034, O-035, O-036.
async fn events_are_filtered_and_sorted(deployment: &Deployment) {
    let api = deployment.client();
    let organiser = api.newcomer().await;
    let tag = format!("t{}", &organiser.id[24..]);
    let base = with(body("Zymurgy basics"), "tags", json!([tag]));
    let soon = announced(&api, &organiser, &base).await;
    let late = with(
        with(
            with(base, "date", json!(day(9))),
            "category",
            json!("Brewing"),
        ),
        "capacity",
        json!(5),
    );
    let late = announced(
        &api,
        &organiser,
        &with(late, "location", json!("100% Cellar_2")),
    )
    .await;
    let (soon, late) = (text(&soon, "id").to_owned(), text(&late, "id").to_owned());
    let found = async |query: &str| {
        let path = format!("/api/events?tags={tag}&{query}");
        ids(&api.get_as(&organiser, &path).await.must_be(200).json())
    };
    assert_eq!(found("").await, [soon.clone(), late.clone()]);
    assert_eq!(found("sortBy=recent").await, [late.clone(), soon.clone()]);
    assert_eq!(found("sortBy=capacity").await, [soon.clone(), late.clone()]);
    assert_eq!(found("category=BREWING").await, std::slice::from_ref(&late));
    assert_eq!(
        found("location=0%25%20cellar_").await,
        std::slice::from_ref(&late)
    );
    assert_eq!(
        found(&format!("date={}", day(3))).await,
        std::slice::from_ref(&soon)
    );
    assert_eq!(
        found(&format!("dateFrom={}&dateTo={}", day(4), day(9))).await,
        std::slice::from_ref(&late)
    );
    assert_eq!(found("status=completed").await, Vec::<String>::new());
    assert_eq!(found("university=Nowhere").await, Vec::<String>::new());
    let words = api
        .get_as(
            &organiser,
            &format!("/api/events/search?q=zymurgy&tags={tag}"),
        )
        .await
        .must_be(200)
        .json();
    assert_eq!(words["total"], 2);
    let own = api
        .get_as(
            &organiser,
            &format!("/api/events/users/{}/events", organiser.id),
        )
        .await
        .must_be(200)
        .json();
    assert_eq!(own["total"], 2);
    let categories = api
        .get_as(&organiser, "/api/events/categories")
        .await
        .must_be(200)
        .json();
    let categories = categories["categories"].as_array().expect("a list");
    assert!(
        categories
            .iter()
            .all(|category| keys(category) == ["count", "id", "name"])
    );
    assert!(
        categories
            .iter()
            .any(|category| category["id"] == "brewing")
    );
    for (query, name) in [
        ("sortBy=price", "sortBy"),
        ("status=odd", "status"),
        ("date=x", "date"),
        ("dateFrom=2026-02-31", "dateFrom"),
        ("cursor=x", "cursor"),
    ] {
        let answer = api
            .get_as(&organiser, &format!("/api/events?{query}"))
            .await;
        refused(&answer, 400, "validation_failed", &[name]);
    }
}

/// O-026, K-39.
async fn events_come_page_by_page(deployment: &Deployment) {
    let api = deployment.client();
    let organiser = api.newcomer().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(text(&announced(&api, &organiser, &body("Paged")).await, "id").to_owned());
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/events/users/{}/events?limit=2{cursor}", organiser.id);
        let page = api.get_as(&organiser, &path).await.must_be(200).json();
        assert_eq!(page["total"], 5);
        seen.extend(ids(&page));
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    seen.sort();
    assert_eq!(seen, expected);
}

/// O-033, O-040, O-041, O-184.
async fn saves_views_and_reports_count_once(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let guest = api.newcomer().await;
    let id = text(&announced(&api, organiser, &body("Seen")).await, "id").to_owned();
    for (saved, count) in [(true, 1), (false, 0), (true, 1)] {
        let answer = register(&api, &guest, &id, "save").await.must_be(200);
        assert_eq!(answer.json(), json!({"saved": saved, "savesCount": count}));
    }
    for _ in 0..3 {
        assert_eq!(
            register(&api, &guest, &id, "view")
                .await
                .must_be(200)
                .json(),
            json!({})
        );
    }
    eventually("the view is counted", || async {
        shown(&api, &guest, &id).await["views"] == 1
    })
    .await;
    let report = format!("/api/events/{id}/report");
    for _ in 0..2 {
        let answer = api
            .post_as(&guest, &report, &json!({"reason": "spam"}))
            .await
            .must_be(200);
        assert_eq!(answer.json(), json!({}));
    }
    refused(
        &api.post_as(&guest, &report, &json!({})).await,
        400,
        "validation_failed",
        &["reason"],
    );
}

/// O-027, O-039, O-082.
async fn a_banner_is_sent_along(deployment: &Deployment) {
    let (api, organiser) = (deployment.client(), deployment.member().await);
    let form = |files: usize| {
        let mut form = reqwest::multipart::Form::new();
        for (name, value) in body("With banner").as_object().expect("an object") {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(name.clone(), value);
        }
        for _ in 0..files {
            form = form.part("bannerImage", crate::uploads::part_of_picture());
        }
        form
    };
    let call = api
        .call("POST", "/api/events")
        .form(form(1))
        .bearer(&organiser.token);
    let event = call.send().await.must_be(201).json()["event"].clone();
    let banner = text(&event, "bannerImage");
    assert!(banner.contains("/uploads/images/events/"), "{banner}");
    let two = api
        .call("POST", "/api/events")
        .form(form(2))
        .bearer(&organiser.token);
    refused(
        &two.send().await,
        400,
        "validation_failed",
        &["bannerImage"],
    );
    let upload = reqwest::multipart::Form::new().part("image", crate::uploads::part_of_picture());
    let call = api
        .call("POST", "/api/events/upload/image")
        .form(upload)
        .bearer(&organiser.token);
    let url = text(&call.send().await.must_be(200).json(), "url").to_owned();
    let named = announced(
        &api,
        organiser,
        &with(body("By URL"), "bannerImage", json!(url)),
    )
    .await;
    assert_eq!(named["bannerImage"], json!(url));
}

/// O-028…O-041.
async fn unknown_events_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for id in [NOBODYS, "nonsense"] {
        refused(
            &api.get_as(member, &format!("/api/events/{id}")).await,
            404,
            "event_not_found",
            &[],
        );
        refused(
            &api.get_as(member, &format!("/api/events/{id}/registrations"))
                .await,
            404,
            "event_not_found",
            &[],
        );
        for verb in ["register", "unregister", "save", "view"] {
            refused(
                &register(&api, member, id, verb).await,
                404,
                "event_not_found",
                &[],
            );
        }
        let report = api
            .post_as(
                member,
                &format!("/api/events/{id}/report"),
                &json!({"reason": "x"}),
            )
            .await;
        refused(&report, 404, "event_not_found", &[]);
        refused(
            &api.get_as(member, &format!("/api/events/users/{id}/events"))
                .await,
            404,
            "user_not_found",
            &[],
        );
    }
}
