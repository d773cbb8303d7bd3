//! The documents of the contracts are kept as files, so that a change of a contract is seen in review.

use std::fs;
use std::path::PathBuf;

use oruma_gateway::contracts::{connectbest, oruma};
use oruma_gateway::documentation::collection;
use serde_json::Value;
use utoipa::openapi::OpenApi;

fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("openapi")
        .join(format!("{name}.json"))
}

/// `UPDATE_OPENAPI=1 cargo test -p oruma-gateway` writes the file anew.
fn must_be_kept(name: &str, document: &OpenApi) {
    let document = serde_json::to_string_pretty(document).unwrap() + "\n";
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(kept(name), &document).unwrap();
    }
    let kept = fs::read_to_string(kept(name)).unwrap();
    assert!(
        kept == document,
        "the contract changed: read the difference, then run UPDATE_OPENAPI=1 cargo test -p oruma-gateway"
    );
}

/// O-221.
#[test]
fn the_document_of_oruma_is_the_one_that_is_kept() {
    must_be_kept("oruma", &oruma::openapi::document());
}

/// C-220.
#[test]
fn the_document_of_connectbest_is_the_one_that_is_kept() {
    must_be_kept("connectbest", &connectbest::openapi::document());
}

/// C-221: each address says what it refuses.
#[test]
fn every_address_is_described_with_its_refusals() {
    let operations = must_describe(&oruma::openapi::document());
    assert_eq!(operations, 79);
    must_describe(&connectbest::openapi::document());
}

/// Returns how many operations there are.
fn must_describe(document: &OpenApi) -> usize {
    let document = serde_json::to_value(document).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations += 1;
            assert!(operation["summary"].is_string(), "{method} {path}");
            let protected = !operation["security"].is_null();
            let says_401 = !operation["responses"]["401"].is_null();
            assert!(
                !protected || says_401,
                "{method} {path} needs a token and does not say 401"
            );
        }
    }
    let bearer = &document["components"]["securitySchemes"]["bearer"]["scheme"];
    assert_eq!(bearer, &Value::from("bearer"));
    operations
}

/// C-222: the collection has every operation of the document, with what it needs.
#[test]
fn the_collection_for_postman_is_made_of_the_document() {
    for (document, base) in [
        (oruma::openapi::document(), "https://oruma.example"),
        (
            connectbest::openapi::document(),
            "https://oruma.example/connectbest",
        ),
    ] {
        let operations = must_describe(&document);
        let collection = collection(&document, base);
        let schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
        assert_eq!(collection["info"]["schema"], schema);
        assert_eq!(collection["variable"][0]["value"], base);
        let folders = collection["item"].as_array().unwrap();
        let requests: Vec<&Value> = folders
            .iter()
            .flat_map(|folder| folder["item"].as_array().unwrap())
            .collect();
        assert_eq!(requests.len(), operations);
        for request in requests {
            let address = request["request"]["url"]["raw"].as_str().unwrap();
            assert!(address.starts_with("{{baseUrl}}/"), "{address}");
            assert!(!address.contains("/{"), "{address}");
            assert!(request["name"].is_string());
        }
    }
}

/// C-222.
#[test]
fn a_request_of_the_collection_has_an_example() {
    let collection = collection(&connectbest::openapi::document(), "");
    let folder = &collection["item"][0]["item"];
    let requests = folder.as_array().unwrap();
    let find = |path: &str| {
        let raw = format!("{{{{baseUrl}}}}{path}");
        let mut found = requests.iter().map(|request| &request["request"]);
        found.find(|request| request["url"]["raw"] == raw).unwrap()
    };
    let login = find("/api/auth/login");
    assert_eq!(login["auth"]["type"], "noauth");
    let body: Value = serde_json::from_str(login["body"]["raw"].as_str().unwrap()).unwrap();
    assert_eq!(body["email"], "ada@example.com");
    assert!(find("/api/auth/me").get("auth").is_none());
}
