//! Pictures: sending them, seeing them, using them.

use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat, RgbImage, Rgba, RgbaImage};
use oruma_e2e::{Answer, Client, Deployment, Member};
use oruma_test_kit::eventually;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::posts::text;
use crate::support::{both_ways, keys, refused};

both_ways!(
    a_picture_is_taken_in_and_given_out,
    big_pictures_are_made_to_fit,
    what_is_no_picture_is_refused,
    files_that_are_too_large_are_refused,
    a_form_without_a_picture_is_refused,
    a_post_is_written_with_its_pictures,
    a_sixth_picture_is_refused,
    nobody_attaches_the_pictures_of_others,
    files_beside_a_wrong_url_are_removed,
    a_change_keeps_and_replaces_pictures,
    parts_of_a_picture_are_given_out,
    what_is_not_there_is_a_404,
    broken_forms_are_refused,
    the_pictures_of_a_deleted_account_go,
);

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, format)
        .expect("a picture is written");
    bytes.into_inner()
}

/// A picture in which no two pixels are alike, so that it can't be made small by packing.
fn photo(width: u32, height: u32) -> DynamicImage {
    let noise = |x: u32, y: u32| {
        let mixed =
            (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
        image::Rgb([(mixed >> 24) as u8, (mixed >> 16) as u8, (mixed >> 8) as u8])
    };
    RgbImage::from_fn(width, height, noise).into()
}

fn jpeg() -> Vec<u8> {
    encoded(&photo(64, 48), ImageFormat::Jpeg)
}

fn png() -> Vec<u8> {
    let half_red = Rgba([255, 0, 0, 128]);
    encoded(
        &RgbaImage::from_pixel(40, 30, half_red).into(),
        ImageFormat::Png,
    )
}

fn part(bytes: Vec<u8>, name: &str) -> Part {
    Part::bytes(bytes).file_name(name.to_owned())
}

async fn upload(api: &Client, member: &Member, bytes: Vec<u8>, name: &str) -> Answer {
    let form = Form::new().part("image", part(bytes, name));
    let call = api.call("POST", "/api/upload/image").form(form);
    call.bearer(&member.token).send().await
}

async fn uploaded(api: &Client, member: &Member) -> String {
    let answer = upload(api, member, jpeg(), "a.jpg").await.must_be(200);
    text(&answer.json(), "url").to_owned()
}

async fn submit(api: &Client, member: &Member, method: &str, path: &str, form: Form) -> Answer {
    api.call(method, path)
        .form(form)
        .bearer(&member.token)
        .send()
        .await
}

fn path_of(url: &str) -> &str {
    let at = url
        .find("/uploads/images/")
        .unwrap_or_else(|| panic!("no upload: {url}"));
    &url[at..]
}

async fn fetched(api: &Client, url: &str) -> Answer {
    api.get(path_of(url)).send().await
}

fn files_of(folder: &Path, id: &str) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files_of(&entry.path(), id),
            _ => usize::from(entry.file_name().to_string_lossy().contains(id)),
        })
        .sum()
}

fn files(deployment: &Deployment) -> usize {
    files_of(Path::new(deployment.variable("UPLOAD_DIR")), "")
}

/// O-025, O-085, O-086, O-200, O-068, O-116: `{url, id}`, at an address of the contract's form, with headers that let nobody run it and everybody keep it.
async fn a_picture_is_taken_in_and_given_out(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for (bytes, name, kind) in [
        (jpeg(), "a.jpg", "jpeg"),
        (jpeg(), "A.JPEG", "jpeg"),
        (png(), "a.png", "png"),
        (encoded(&photo(64, 48), ImageFormat::WebP), "a.webp", "webp"),
    ] {
        let answer = upload(&api, member, bytes, name).await.must_be(200).json();
        assert_eq!(
            keys(&answer),
            ["height", "id", "thumbnailUrl", "url", "width"]
        );
        let (url, id) = (text(&answer, "url"), text(&answer, "id"));
        assert!(
            path_of(url).starts_with(&format!("/uploads/images/posts/{id}.")),
            "{url}"
        );
        let picture = fetched(&api, url).await.must_be(200);
        let content_type = picture.header("content-type").to_owned();
        if kind != "webp" {
            assert_eq!(content_type, format!("image/{kind}"));
        }
        assert_eq!(picture.header("x-content-type-options"), "nosniff");
        assert!(picture.header("cache-control").contains("immutable"));
        assert!(image::load_from_memory(&picture.body).is_ok());
        let etag = picture.header("etag").to_owned();
        let again = api
            .get(path_of(url))
            .header("if-none-match", &etag)
            .send()
            .await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{again}");
        let head = api.call("HEAD", path_of(url)).send().await.must_be(200);
        assert_eq!(
            head.header("content-length"),
            picture.body.len().to_string()
        );
        let small = fetched(&api, text(&answer, "thumbnailUrl"))
            .await
            .must_be(200);
        assert!(image::load_from_memory(&small.body).is_ok());
    }
}

/// O-084: the longest side is 2,048, the form stays, and nothing is made larger.
async fn big_pictures_are_made_to_fit(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let big = encoded(&photo(2_600, 1_300), ImageFormat::Jpeg);
    let answer = upload(&api, member, big, "big.jpg")
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&answer["width"], &answer["height"]),
        (&json!(2_048), &json!(1_024))
    );
    let stored = fetched(&api, text(&answer, "url")).await.must_be(200);
    let stored = image::load_from_memory(&stored.body).expect("a picture");
    assert_eq!((stored.width(), stored.height()), (2_048, 1_024));
    let small = upload(&api, member, jpeg(), "small.jpg")
        .await
        .must_be(200)
        .json();
    assert_eq!(
        (&small["width"], &small["height"]),
        (&json!(64), &json!(48))
    );
}

/// A PNG that says of itself that it is enormous, in a few bytes.
fn bomb() -> Vec<u8> {
    let mut png = png();
    for (place, byte) in [16, 20]
        .into_iter()
        .flat_map(|at| (at..).zip(50_000_u32.to_be_bytes()))
    {
        png[place] = byte;
    }
    let mut crc = 0xffff_ffff_u32;
    for byte in &png[12..29] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    png.splice(29..33, (!crc).to_be_bytes());
    png
}

/// O-079, O-080, O-194, O-196, O-197, O-199: whatever it says that it is; nothing of it stays.
async fn what_is_no_picture_is_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let mut truncated = png();
    truncated.truncate(60);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;<script>".to_vec();
    for (bytes, name) in [
        (b"hello".to_vec(), "text.jpg"),
        (Vec::new(), "empty.jpg"),
        (truncated, "truncated.png"),
        (svg, "picture.svg"),
        (gif, "picture.gif"),
        (bomb(), "bomb.png"),
        (png(), "png-that-says.jpg"),
        (jpeg(), "jpeg-that-says.exe"),
        (jpeg()[..40].to_vec(), "head-only.jpg"),
    ] {
        let answer = upload(&api, member, bytes, name).await;
        refused(&answer, 400, "validation_failed", &["image"]);
    }
}

/// O-080, O-197, O-118: 10 MB are allowed, more is a 413.
async fn files_that_are_too_large_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let mut large = jpeg();
    large.resize(11 * 1_024 * 1_024, 0);
    let answer = upload(&api, member, large, "large.jpg").await;
    refused(&answer, 413, "file_too_large", &["image"]);
    let form = Form::new()
        .text("content", "large")
        .part("images", part(vec![0; 11 * 1_024 * 1_024], "large.jpg"));
    let answer = submit(&api, member, "POST", "/api/posts", form).await;
    assert!(matches!(answer.status, 400 | 413), "{answer}");
}

/// O-025.
async fn a_form_without_a_picture_is_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for form in [
        Form::new().text("image", "no file"),
        Form::new().part("picture", part(jpeg(), "a.jpg")),
        Form::new()
            .part("image", part(jpeg(), "a.jpg"))
            .part("image", part(jpeg(), "b.jpg")),
    ] {
        let answer = submit(&api, member, "POST", "/api/upload/image", form).await;
        refused(&answer, 400, "validation_failed", &["image"]);
    }
    let json = api
        .post_as(member, "/api/upload/image", &json!({"image": "x"}))
        .await;
    refused(&json, 400, "validation_failed", &["image"]);
}

/// O-012, O-081, O-085: with files, and with the URLs of uploads made before.
async fn a_post_is_written_with_its_pictures(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let form = Form::new()
        .text("content", "with pictures")
        .text("type", "event")
        .text("hashtags", r#"["pictures"]"#)
        .text("mentions", "[]")
        .part("images", part(jpeg(), "a.jpg"))
        .part("images", part(png(), "b.png"));
    let post = submit(&api, member, "POST", "/api/posts", form)
        .await
        .must_be(201)
        .json()["post"]
        .clone();
    assert_eq!(
        (&post["type"], &post["hashtags"]),
        (&json!("event"), &json!(["pictures"]))
    );
    let images = post["images"].as_array().expect("images");
    assert_eq!(images.len(), 2);
    for (image, kind) in images.iter().zip(["jpeg", "png"]) {
        let picture = fetched(&api, image.as_str().expect("a URL"))
            .await
            .must_be(200);
        assert_eq!(picture.header("content-type"), format!("image/{kind}"));
    }
    let urls = [uploaded(&api, member).await, uploaded(&api, member).await];
    let body = json!({"content": "by their URLs", "images": urls});
    let post = api
        .post_as(member, "/api/posts", &body)
        .await
        .must_be(201)
        .json()["post"]
        .clone();
    assert_eq!(post["images"], json!(urls));
    let wrong = Form::new()
        .text("content", "x")
        .text("hashtags", "not a list");
    let answer = submit(&api, member, "POST", "/api/posts", wrong).await;
    refused(&answer, 400, "validation_failed", &["hashtags"]);
}

/// O-081, O-157: and nothing of the six stays.
async fn a_sixth_picture_is_refused(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let mut form = Form::new().text("content", "six");
    for nth in 0..6 {
        form = form.part("images", part(jpeg(), &format!("{nth}.jpg")));
    }
    let answer = submit(&api, &member, "POST", "/api/posts", form).await;
    refused(&answer, 400, "validation_failed", &["images"]);
    let export = api
        .post_as(&member, "/api/users/me/export", &json!({}))
        .await
        .must_be(201)
        .json();
    let document = api
        .get_as(&member, text(&export, "url"))
        .await
        .must_be(200)
        .json();
    assert!(
        !document["media"].to_string().contains("posts/"),
        "{document}"
    );
}

/// O-012, O-194: a URL of somebody else's upload, or of nothing, is a 400 that does not tell which.
async fn nobody_attaches_the_pictures_of_others(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let other = api.newcomer().await;
    let (mine, theirs) = (uploaded(&api, member).await, uploaded(&api, &other).await);
    let nobodys = "/uploads/images/posts/00000000-0000-7000-8000-000000000000.jpg";
    for foreign in [
        theirs.as_str(),
        nobodys,
        "/uploads/images/../../etc/passwd",
        "/uploads/images/posts/x",
    ] {
        let body = json!({"content": "x", "images": [mine, foreign]});
        let answer = api.post_as(member, "/api/posts", &body).await;
        refused(&answer, 400, "validation_failed", &["images[1]"]);
    }
}

/// O-012, O-194: nothing stays of what came with a refused form.
async fn files_beside_a_wrong_url_are_removed(deployment: &Deployment) {
    let api = deployment.client();
    let member = api.newcomer().await;
    let form = Form::new()
        .text("content", "x")
        .part("images", part(jpeg(), "a.jpg"))
        .text("images", "https://evil.example/1.jpg");
    let answer = submit(&api, &member, "POST", "/api/posts", form).await;
    refused(&answer, 400, "validation_failed", &["images[0]"]);
    let export = api
        .post_as(&member, "/api/users/me/export", &json!({}))
        .await;
    let export = export.must_be(201).json();
    let document = api.get_as(&member, text(&export, "url")).await;
    let media = document.must_be(200).json()["media"].to_string();
    assert!(!media.contains("posts/"), "{media}");
}

/// O-014: pictures that are named stay, new ones are added, others go.
async fn a_change_keeps_and_replaces_pictures(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let urls = [uploaded(&api, member).await, uploaded(&api, member).await];
    let body = json!({"content": "two", "images": urls});
    let post = api
        .post_as(member, "/api/posts", &body)
        .await
        .must_be(201)
        .json()["post"]
        .clone();
    let path = format!("/api/posts/{}", text(&post, "id"));
    let form = Form::new()
        .text("images", urls[1].clone())
        .part("images", part(png(), "new.png"));
    let changed = submit(&api, member, "PUT", &path, form)
        .await
        .must_be(200)
        .json();
    let images = changed["images"].as_array().expect("images");
    assert_eq!((images.len(), &images[0]), (2, &json!(urls[1])));
    let unchanged = submit(
        &api,
        member,
        "PUT",
        &path,
        Form::new().text("content", "still two"),
    )
    .await
    .must_be(200)
    .json();
    assert_eq!(unchanged["images"], changed["images"]);
    let none = api
        .call("PUT", &path)
        .json(&json!({"images": []}))
        .bearer(&member.token);
    assert_eq!(none.send().await.must_be(200).json().get("images"), None);
}

/// O-086.
async fn parts_of_a_picture_are_given_out(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let url = uploaded(&api, member).await;
    let whole = fetched(&api, &url).await.must_be(200).body;
    let ranged = async |range: &str| api.get(path_of(&url)).header("range", range).send().await;
    let length = whole.len();
    for (range, expected) in [
        ("bytes=0-9".to_owned(), &whole[..10]),
        ("bytes=10-".to_owned(), &whole[10..]),
        ("bytes=-5".to_owned(), &whole[length - 5..]),
        (format!("bytes=5-{}", length + 100), &whole[5..]),
    ] {
        let part = ranged(&range).await.must_be(206);
        assert_eq!(part.body, expected, "{range}");
        assert!(
            part.header("content-range")
                .ends_with(&format!("/{length}"))
        );
    }
    let beyond = ranged(&format!("bytes={length}-")).await;
    refused(&beyond, 416, "range_not_satisfiable", &[]);
    assert_eq!(ranged("bytes=9-1").await.must_be(200).body, whole);
}

/// O-086, O-200: also what tries to leave the folder.
async fn what_is_not_there_is_a_404(deployment: &Deployment) {
    let api = deployment.client();
    for path in [
        "/uploads/images/posts/00000000-0000-7000-8000-000000000000.jpg",
        "/uploads/images/posts/nonsense",
        "/uploads/images/secrets/00000000-0000-7000-8000-000000000000.jpg",
        "/uploads/images/posts/..%2f..%2fetc%2fpasswd",
        "/uploads/images/..%2f/x.jpg",
        "/uploads/images/posts/%00.jpg",
    ] {
        refused(&api.get(path).send().await, 404, "image_not_found", &[]);
    }
    refused(
        &api.get("/uploads/images/posts/").send().await,
        404,
        "route_not_found",
        &[],
    );
}

/// O-077: forms that are none.
async fn broken_forms_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for path in ["/api/posts", "/api/upload/image"] {
        for (kind, body) in [
            ("multipart/form-data", "x"),
            ("multipart/form-data; boundary=b", ""),
            ("multipart/form-data; boundary=b", "nonsense"),
            (
                "multipart/form-data; boundary=b",
                "--b\r\nContent-Disposition: form-data; name=\"content\"\r\n\r\nno end",
            ),
        ] {
            let call = api
                .call("POST", path)
                .text(body)
                .header("content-type", kind);
            let answer = call.bearer(&member.token).send().await;
            assert_eq!(answer.status, 400, "{answer}");
            crate::support::is_refusal(&answer.json());
        }
    }
}

/// O-069, O-071: nothing of a person stays in the store.
async fn the_pictures_of_a_deleted_account_go(deployment: &Deployment) {
    let api = deployment.client();
    let leaver = api.newcomer().await;
    let url = uploaded(&api, &leaver).await;
    let id = path_of(&url)
        .trim_start_matches("/uploads/images/posts/")
        .trim_end_matches(".jpg")
        .to_owned();
    let folder = Path::new(deployment.variable("UPLOAD_DIR"));
    assert!(files(deployment) > 0 && files_of(folder, &id) == 2);
    let _ = api
        .call_as(&leaver, "DELETE", "/api/users/me")
        .await
        .must_be(204);
    eventually("the picture is gone", || async {
        fetched(&api, &url).await.status == 404 && files_of(folder, &id) == 0
    })
    .await;
}

#[test]
fn the_bomb_is_a_png() {
    let bomb = bomb();
    let size = image::ImageReader::new(Cursor::new(bomb))
        .with_guessed_format()
        .expect("a format")
        .into_dimensions();
    assert_eq!(size.expect("a size"), (50_000, 50_000));
}

/// A picture as a part of a form, for tests elsewhere.
pub(crate) fn part_of_picture() -> Part {
    part(jpeg(), "a.jpg")
}

/// What a deployment keeps of a picture, for tests elsewhere.
pub(crate) async fn picture_of(api: &Client, member: &Member) -> Value {
    upload(api, member, jpeg(), "a.jpg")
        .await
        .must_be(200)
        .json()
}
