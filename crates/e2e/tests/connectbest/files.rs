//! Files: sending them, opening them, taking them back.

use oruma_e2e::{Answer, Client, Deployment, Member};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::support::{both_ways, chat, keys, member, refused};

both_ways!(
    files_are_taken_in_and_given_out,
    an_eleventh_file_is_refused_and_none_stays,
    a_file_that_is_too_large_is_refused_and_none_stays,
    only_its_owner_deletes_a_file,
    pages_and_scripts_are_only_saved,
    a_form_without_files_is_refused,
);

fn file(name: &str, bytes: impl Into<Vec<u8>>) -> (&'static str, Part) {
    (
        "files",
        Part::bytes(bytes.into()).file_name(name.to_owned()),
    )
}

async fn upload(api: &Client, member: &Member, parts: Vec<(&'static str, Part)>) -> Answer {
    let form = parts.into_iter().fold(
        Form::new().text("channelId", "any"),
        |form, (name, part)| form.part(name, part),
    );
    api.call("POST", "/api/upload")
        .form(form)
        .bearer(&member.token)
        .send()
        .await
}

/// The path of a URL of this deployment.
fn path_of(deployment: &Deployment, url: &Value) -> String {
    let url = url.as_str().expect("a URL");
    let path = url.strip_prefix(deployment.variable("PUBLIC_URL"));
    path.unwrap_or_else(|| panic!("not absolute: {url}"))
        .to_owned()
}

/// C-034, C-152: several files in one request, each with an address that everybody can open, whole or in part.
async fn files_are_taken_in_and_given_out(deployment: &Deployment) {
    let (api, hub, member) = (
        chat(deployment),
        deployment.client(),
        member(deployment).await,
    );
    let text = "plain words\n".repeat(10_000);
    let parts = vec![
        file("notes ünd more.txt", text.clone()),
        file("empty-looking.bin", vec![0, 159, 146, 150]),
    ];
    let body = upload(&api, &member, parts).await.must_be(200).json();
    let attachments = body["attachments"].as_array().expect("attachments");
    assert_eq!(attachments.len(), 2);
    let first = attachments.first().expect("the first");
    assert_eq!(
        keys(first),
        [
            "id",
            "name",
            "size",
            "thumbnailUrl",
            "type",
            "uploadedAt",
            "url"
        ]
    );
    assert_eq!(first["name"], "notes ünd more.txt");
    assert_eq!(
        (&first["size"], &first["thumbnailUrl"]),
        (&json!(text.len()), &Value::Null)
    );
    let path = path_of(deployment, &first["url"]);
    assert!(path.starts_with("/connectbest/files/"), "{path}");
    let given = hub.get(&path).send().await.must_be(200);
    assert_eq!(given.body, text.as_bytes());
    assert!(
        given.header("content-type").starts_with("text/plain"),
        "{given}"
    );
    let part = hub
        .get(&path)
        .header("range", "bytes=6-10")
        .send()
        .await
        .must_be(206);
    assert_eq!(&*part.body, b"words");
    let call = hub.get(&path).header("if-none-match", given.header("etag"));
    assert_eq!(call.send().await.status, 304);
    let head = hub.call("HEAD", &path).send().await.must_be(200);
    assert_eq!(head.header("content-length"), text.len().to_string());
}

/// C-034, C-152: ten are taken, an eleventh is not, and then none of the request stays.
async fn an_eleventh_file_is_refused_and_none_stays(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let parts = |count: usize| {
        (0..count)
            .map(|number| file(&format!("{number}.txt"), "text"))
            .collect()
    };
    let body = upload(&api, &member, parts(10)).await.must_be(200).json();
    assert_eq!(body["attachments"].as_array().map(Vec::len), Some(10));
    refused(
        &upload(&api, &member, parts(11)).await,
        400,
        "validation_failed",
        &["files"],
    );
}

/// C-034, C-152: more than 50 MB is too much.
async fn a_file_that_is_too_large_is_refused_and_none_stays(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let parts = vec![
        file("small.txt", "text"),
        file("large.bin", vec![7; 50 * 1024 * 1024 + 1]),
    ];
    let answer = upload(&api, &member, parts).await;
    refused(&answer, 413, "file_too_large", &["files"]);
}

/// C-035, C-155: a stranger gets a 403, nobody a second time a file that is gone.
async fn only_its_owner_deletes_a_file(deployment: &Deployment) {
    let (api, owner, stranger) = (
        chat(deployment),
        member(deployment).await,
        member(deployment).await,
    );
    let body = upload(&api, &owner, vec![file("a.txt", "text")])
        .await
        .must_be(200)
        .json();
    let attachment = &body["attachments"][0];
    let path = format!("/api/upload/{}", attachment["id"].as_str().expect("an id"));
    refused(
        &api.call("DELETE", &path).send().await,
        401,
        "missing_token",
        &[],
    );
    refused(
        &api.call_as(&stranger, "DELETE", &path).await,
        403,
        "not_your_file",
        &[],
    );
    let answer = api.call_as(&owner, "DELETE", &path).await.must_be(200);
    assert_eq!(answer.json(), json!({"success": true}));
    refused(
        &api.call_as(&owner, "DELETE", &path).await,
        404,
        "file_not_found",
        &[],
    );
    let gone = deployment
        .client()
        .get(&path_of(deployment, &attachment["url"]))
        .send()
        .await;
    refused(&gone, 404, "file_not_found", &[]);
    let answer = api.call_as(&owner, "DELETE", "/api/upload/nonsense").await;
    refused(&answer, 404, "file_not_found", &[]);
}

/// C-034, C-188: what a browser could run as a page of this origin is never shown by it.
async fn pages_and_scripts_are_only_saved(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    let page = "<!doctype html><script>alert(1)</script>";
    let drawing = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let parts = vec![
        file("page.html", page),
        file("drawing.svg", drawing),
        file("script.js", "alert(1)"),
    ];
    let body = upload(&api, &member, parts).await.must_be(200).json();
    for attachment in body["attachments"].as_array().expect("attachments") {
        let given = deployment
            .client()
            .get(&path_of(deployment, &attachment["url"]))
            .send()
            .await
            .must_be(200);
        let disposition = given.header("content-disposition");
        let is_page = given.header("content-type").starts_with("text/plain");
        assert!(
            disposition.starts_with("attachment") || is_page,
            "{disposition}"
        );
        assert_eq!(given.header("x-content-type-options"), "nosniff");
        assert!(given.header("content-security-policy").contains("sandbox"));
    }
}

/// C-034: without files there is nothing to do.
async fn a_form_without_files_is_refused(deployment: &Deployment) {
    let (api, member) = (chat(deployment), member(deployment).await);
    refused(
        &upload(&api, &member, Vec::new()).await,
        400,
        "validation_failed",
        &["files"],
    );
    let answer = api.post_as(&member, "/api/upload", &json!({})).await;
    refused(&answer, 400, "validation_failed", &["files"]);
}
