//! People: what they say of themselves, and how others find them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use oruma_e2e::{Answer, Client, Deployment, Member, Person};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{both_ways, chat, keys, member, refused, verified};

both_ways!(
    only_what_is_sent_changes,
    wrong_changes_are_refused,
    a_status_is_seen_by_others,
    the_exact_name_comes_first,
    a_number_finds_a_phone,
    searches_are_checked,
    nobody_is_a_404,
    a_picture_is_set_and_replaced,
    what_is_no_picture_is_refused,
);

async fn put(api: &Client, member: &Member, path: &str, body: &Value) -> Answer {
    api.call("PUT", path)
        .json(body)
        .bearer(&member.token)
        .send()
        .await
}

/// C-011, K-03, K-41: what is sent changes, all else stays, and null takes away.
async fn only_what_is_sent_changes(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let body = json!({"phone": "+14155550123", "statusMessage": "Writing", "preferences": {"soundEnabled": false, "timezone": "Europe/Paris"}, "role": "admin"});
    let user = put(&api, &member, "/api/users/profile", &body)
        .await
        .must_be(200)
        .json();
    let user = &user["user"];
    assert_eq!(
        (&user["name"], &user["phone"]),
        (&json!(member.person.name), &json!("+14155550123"))
    );
    assert_eq!(
        (&user["statusMessage"], &user["role"]),
        (&json!("Writing"), &json!("user"))
    );
    let preferences =
        json!({"notifications": true, "soundEnabled": false, "timezone": "Europe/Paris"});
    assert_eq!(user["preferences"], preferences);
    let body = json!({"name": "Ada King", "phone": null, "statusMessage": null});
    let user = put(&api, &member, "/api/users/profile", &body)
        .await
        .must_be(200)
        .json();
    let user = &user["user"];
    assert_eq!(
        (&user["name"], &user["phone"], &user["statusMessage"]),
        (&json!("Ada King"), &Value::Null, &Value::Null)
    );
    assert_eq!(user["preferences"], preferences);
    let me = api.me(&member.token).await.must_be(200).json();
    assert_eq!(&me["user"], user);
}

/// C-011, C-013, C-107, C-124, C-125: every fault is named.
async fn wrong_changes_are_refused(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    for (path, body, field) in [
        ("/api/users/profile", json!({"name": ""}), "name"),
        ("/api/users/profile", json!({"phone": "0612"}), "phone"),
        (
            "/api/users/profile",
            json!({"statusMessage": "x".repeat(101)}),
            "statusMessage",
        ),
        (
            "/api/users/profile",
            json!({"preferences": {"timezone": "Moon"}}),
            "preferences.timezone",
        ),
        ("/api/users/status", json!({"status": "asleep"}), "status"),
        ("/api/users/status", json!({}), "status"),
        (
            "/api/users/status",
            json!({"status": "busy", "statusMessage": "x".repeat(101)}),
            "statusMessage",
        ),
    ] {
        refused(
            &put(&api, &member, path, &body).await,
            400,
            "validation_failed",
            &[field],
        );
    }
    let answer = put(&api, &member, "/api/users/profile", &json!({"name": 7})).await;
    refused(&answer, 422, "wrong_type", &["name"]);
    let answer = put(
        &api,
        &member,
        "/api/users/status",
        &json!({"status": ["busy"]}),
    )
    .await;
    refused(&answer, 422, "wrong_type", &["status"]);
}

/// C-013, C-015, C-125, K-06, K-50: each status is taken; others see what the contract shows, in its shape.
async fn a_status_is_seen_by_others(deployment: &Deployment) {
    let (api, one, other) = (
        chat(deployment),
        member(deployment).await,
        member(deployment).await,
    );
    for status in ["online", "away", "busy", "inmeeting", "offline"] {
        let answer = put(
            &api,
            &one,
            "/api/users/status",
            &json!({"status": status, "statusMessage": "Until noon"}),
        )
        .await;
        assert_eq!(answer.must_be(200).json(), json!({"success": true}));
    }
    let seen = api
        .get_as(&other, &format!("/api/users/{}", one.id))
        .await
        .must_be(200)
        .json();
    let expected = json!({"user": {
        "id": one.id, "name": one.person.name, "email": one.person.email, "phone": null, "status": "offline",
        "statusMessage": "Until noon", "avatar": null, "createdAt": seen["user"]["createdAt"],
    }});
    assert_eq!(seen, expected);
}

async fn found(api: &Client, member: &Member, words: &str) -> Vec<Value> {
    let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let answer = api
        .get_as(member, &format!("/api/users/search?query={words}&limit=50"))
        .await;
    let body = answer.must_be(200).json();
    assert_eq!(keys(&body), ["users"]);
    body["users"].as_array().expect("an array").clone()
}

/// C-014, C-126, K-05: without regard to case, the exact name first; signs are plain text.
async fn the_exact_name_comes_first(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let number = member
        .person
        .email
        .trim_start_matches("ada.")
        .trim_end_matches("@mit.edu")
        .to_owned();
    for name in [format!("Grace {number} Hopper"), format!("Grace {number}")] {
        api.join(Person {
            name,
            ..Person::new()
        })
        .await;
    }
    let people = found(&api, &member, &format!("gRACE {number}")).await;
    let names: Vec<&Value> = people.iter().map(|person| &person["name"]).collect();
    assert_eq!(
        names,
        [
            &json!(format!("Grace {number}")),
            &json!(format!("Grace {number} Hopper"))
        ]
    );
    let first = people.first().expect("somebody");
    assert_eq!(
        keys(first),
        ["avatar", "email", "id", "name", "phone", "status"]
    );
    let by_address = found(&api, &member, &member.person.email.to_uppercase()).await;
    assert_eq!(
        by_address.first().map(|person| &person["id"]),
        Some(&json!(member.id))
    );
    assert!(found(&api, &member, "%%").await.is_empty());
    assert!(found(&api, &member, "__").await.is_empty());
}

/// C-014, C-126: a phone is found by its digits.
async fn a_number_finds_a_phone(deployment: &Deployment) {
    let (api, person) = (chat(deployment), Person::new());
    let digits = u32::from_be_bytes(oruma_service_runtime::Random::system().bytes()) % 10_000_000;
    let phone = format!("+1628{digits:07}");
    let mut body = person.registration();
    body["phone"] = json!(phone);
    let answer = api.post("/api/auth/register", &body).send().await;
    assert_eq!(answer.status, 201, "{answer}");
    let member = member(deployment).await;
    let people = found(&api, &member, &phone).await;
    let phones: Vec<&Value> = people.iter().map(|person| &person["phone"]).collect();
    assert_eq!(phones, [&json!(phone)]);
}

/// C-014, C-126: two characters at least, fifty people at the most.
async fn searches_are_checked(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    for query in ["", "?query=", "?query=a", "?query=+a+", "?q=ada"] {
        let answer = api
            .get_as(&member, &format!("/api/users/search{query}"))
            .await;
        refused(&answer, 400, "validation_failed", &["query"]);
    }
    for limit in ["0", "-1", "ten"] {
        let answer = api
            .get_as(
                &member,
                &format!("/api/users/search?query=ada&limit={limit}"),
            )
            .await;
        refused(&answer, 400, "validation_failed", &["limit"]);
    }
    let answer = api
        .get_as(&member, "/api/users/search?query=ada&limit=1")
        .await
        .must_be(200);
    assert_eq!(answer.json()["users"].as_array().map(Vec::len), Some(1));
    let answer = api
        .get_as(&member, "/api/users/search?query=ada&limit=1000")
        .await
        .must_be(200);
    assert!(answer.json()["users"].as_array().map_or(0, Vec::len) <= 50);
}

/// C-015: unknown and malformed ids are not there.
async fn nobody_is_a_404(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    for id in ["01890000-0000-7000-8000-000000000000", "nonsense", "%00"] {
        let answer = api.get_as(&member, &format!("/api/users/{id}")).await;
        refused(&answer, 404, "user_not_found", &[]);
    }
}

/// One red point.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

fn picture(format: ImageFormat, red: u8) -> Vec<u8> {
    let pixels = RgbImage::from_pixel(40, 30, image::Rgb([red, 0, 0]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels)
        .write_to(&mut bytes, format)
        .expect("a picture is written");
    bytes.into_inner()
}

async fn send(api: &Client, member: &Member, bytes: Vec<u8>, name: &str) -> Answer {
    let part = Part::bytes(bytes).file_name(name.to_owned());
    let call = api
        .call("POST", "/api/users/avatar")
        .form(Form::new().part("file", part));
    call.bearer(&member.token).send().await
}

/// C-012, C-123, K-37: a picture has an address that everybody can open, on both contracts, and another takes its place.
async fn a_picture_is_set_and_replaced(deployment: &Deployment) {
    let (api, hub, person) = (chat(deployment), deployment.client(), Person::new());
    let member = verified(deployment, person.clone()).await;
    let mut before = String::new();
    for (bytes, name) in [
        (picture(ImageFormat::Png, 200), "me.png"),
        (GIF.to_vec(), "me.gif"),
        (picture(ImageFormat::Jpeg, 200), "me.jpg"),
    ] {
        let body = send(&api, &member, bytes, name).await.must_be(200).json();
        assert_eq!(keys(&body), ["avatarUrl"]);
        let url = body["avatarUrl"].as_str().expect("a URL").to_owned();
        let path = url
            .strip_prefix(deployment.variable("PUBLIC_URL"))
            .expect("an absolute URL");
        assert!(path.starts_with("/uploads/images/avatars/"), "{path}");
        assert_eq!(hub.get(path).send().await.status, 200);
        assert_ne!(url, before);
        if let Some(path) = before.strip_prefix(deployment.variable("PUBLIC_URL")) {
            let gone = hub.get(path).send().await;
            assert_eq!(gone.status, 404, "after {name}: {}", gone.asked);
        }
        before = url;
    }
    let me = api.me(&member.token).await.must_be(200).json();
    assert_eq!(me["user"]["image"], before);
    let there = hub.signed_in(&person).await;
    assert_eq!(
        hub.me(&there.token).await.must_be(200).json()["avatar"],
        before
    );
}

/// C-012, C-123: neither what is no picture, nor one of another kind, nor one of more than 5 MB.
async fn what_is_no_picture_is_refused(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    for (bytes, name) in [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            "me.svg",
        ),
        (picture(ImageFormat::WebP, 9), "me.webp"),
        (b"GIF89a".to_vec(), "me.gif"),
        (Vec::new(), "me.png"),
    ] {
        refused(
            &send(&api, &member, bytes, name).await,
            400,
            "validation_failed",
            &["file"],
        );
    }
    let large = vec![0; 5 * 1024 * 1024 + 1];
    let answer = send(&api, &member, large, "me.png").await;
    assert!(matches!(answer.status, 400 | 413), "{answer}");
    let answer = api.post_as(&member, "/api/users/avatar", &json!({})).await;
    refused(&answer, 400, "validation_failed", &["file"]);
    let call = api
        .call("POST", "/api/users/avatar")
        .form(Form::new().text("other", "text"));
    let answer = call.bearer(&member.token).send().await;
    refused(&answer, 400, "validation_failed", &["file"]);
    let me = api.me(&member.token).await.must_be(200).json();
    assert_eq!(me["user"]["image"], Value::Null);
}
