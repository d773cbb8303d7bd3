//! The complete list of addresses, and what holds for each of them.

use std::collections::BTreeSet;

use oruma_e2e::{Call, Client, Deployment};
use serde_json::{Value, json};

use crate::support::{both_ways, refused};

both_ways!(
    the_api_greets_and_is_healthy,
    probes_answer,
    protected_routes_are_protected_first,
    unknown_addresses_are_a_404,
    wrong_methods_are_a_405,
    the_document_has_every_route,
    the_pages_load_from_here_alone,
);

/// Method, address, and whether it is for members only.
pub(crate) const ROUTES: [(&str, &str, bool); 78] = [
    ("GET", "/", false),
    ("GET", "/health", false),
    ("POST", "/api/auth/register", false),
    ("POST", "/api/auth/login", false),
    ("POST", "/api/auth/refresh", false),
    ("POST", "/api/auth/logout", true),
    ("GET", "/api/auth/me", true),
    ("GET", "/api/users/search", true),
    ("GET", "/api/users/me", true),
    ("PUT", "/api/users/me", true),
    ("DELETE", "/api/users/me", true),
    ("POST", "/api/users/me/export", true),
    ("GET", "/api/users/me/export/{id}", true),
    ("GET", "/api/users/me/blocks", true),
    ("GET", "/api/users/{userId}", true),
    ("PUT", "/api/users/{userId}/block", true),
    ("DELETE", "/api/users/{userId}/block", true),
    ("GET", "/api/users/{userId}/posts", true),
    ("GET", "/api/posts", true),
    ("POST", "/api/posts", true),
    ("GET", "/api/posts/search", true),
    ("GET", "/api/posts/hashtag/{hashtag}", true),
    ("GET", "/api/posts/{postId}", true),
    ("PUT", "/api/posts/{postId}", true),
    ("DELETE", "/api/posts/{postId}", true),
    ("POST", "/api/posts/{postId}/like", true),
    ("POST", "/api/posts/{postId}/save", true),
    ("POST", "/api/posts/{postId}/report", true),
    ("GET", "/api/posts/{postId}/comments", true),
    ("POST", "/api/posts/{postId}/comments", true),
    ("POST", "/api/comments/{commentId}/like", true),
    ("DELETE", "/api/comments/{commentId}", true),
    ("GET", "/api/events", true),
    ("POST", "/api/events", true),
    ("GET", "/api/events/search", true),
    ("GET", "/api/events/categories", true),
    ("GET", "/api/events/registered", true),
    ("GET", "/api/events/users/{userId}/events", true),
    ("POST", "/api/events/upload/image", true),
    ("GET", "/api/events/{eventId}", true),
    ("PUT", "/api/events/{eventId}", true),
    ("DELETE", "/api/events/{eventId}", true),
    ("POST", "/api/events/{eventId}/register", true),
    ("POST", "/api/events/{eventId}/unregister", true),
    ("POST", "/api/events/{eventId}/save", true),
    ("POST", "/api/events/{eventId}/view", true),
    ("POST", "/api/events/{eventId}/report", true),
    ("GET", "/api/events/{eventId}/registrations", true),
    ("PUT", "/api/events/{eventId}/registrations/{userId}", true),
    ("GET", "/api/marketplace/items", true),
    ("POST", "/api/marketplace/items", true),
    ("GET", "/api/marketplace/items/search", true),
    ("GET", "/api/marketplace/categories", true),
    ("GET", "/api/marketplace/saved", true),
    ("GET", "/api/marketplace/users/{userId}/items", true),
    ("POST", "/api/marketplace/upload/image", true),
    ("GET", "/api/marketplace/items/{itemId}", true),
    ("PUT", "/api/marketplace/items/{itemId}", true),
    ("DELETE", "/api/marketplace/items/{itemId}", true),
    ("POST", "/api/marketplace/items/{itemId}/save", true),
    ("POST", "/api/marketplace/items/{itemId}/view", true),
    ("POST", "/api/marketplace/items/{itemId}/report", true),
    ("GET", "/api/marketplace/items/{itemId}/similar", true),
    ("POST", "/api/marketplace/items/{itemId}/reviews", true),
    ("GET", "/api/admin/reports", true),
    ("GET", "/api/admin/reports/{reportId}", true),
    ("PUT", "/api/admin/reports/{reportId}", true),
    ("GET", "/api/conversations", true),
    ("POST", "/api/conversations", true),
    ("GET", "/api/conversations/{conversationId}/messages", true),
    ("PUT", "/api/conversations/{conversationId}/read", true),
    ("POST", "/api/messages", true),
    ("PUT", "/api/messages/{messageId}/read", true),
    ("POST", "/api/ws/ticket", true),
    ("GET", "/ws", true),
    ("POST", "/api/upload/image", true),
    ("GET", "/uploads/images/{type}/{file}", false),
    ("GET", "/api/universities/search", false),
];
const UNIVERSITY: (&str, &str, bool) = ("GET", "/api/universities/{id}", true);

/// An address with something in place of each parameter.
fn filled(path: &str, with: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { with } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn routes() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    ROUTES.into_iter().chain([UNIVERSITY])
}

/// O-001, O-066, O-067, K-48: word for word.
async fn the_api_greets_and_is_healthy(deployment: &Deployment) {
    let api = deployment.client();
    let greeting = api.get("/").send().await.must_be(200);
    assert_eq!(greeting.json(), json!({"message": "Oruma Student Hub API"}));
    let health = api.get("/health").send().await.must_be(200);
    assert_eq!(health.json(), json!({"status": "healthy"}));
}

/// O-219: whether the process lives, and whether the services behind it do.
async fn probes_answer(deployment: &Deployment) {
    let api = deployment.client();
    assert_eq!(
        api.get("/livez").send().await.must_be(200).json(),
        json!({"status": "alive"})
    );
    let ready = json!({"status": "ready", "services": {"auth": "serving", "social": "serving", "events": "serving", "marketplace": "serving", "messaging": "serving", "media": "serving"}});
    assert_eq!(api.get("/readyz").send().await.must_be(200).json(), ready);
}

fn calls(api: &Client, method: &str, path: &str) -> Vec<Call> {
    let id = "018f6b1e-0000-7000-8000-00000000dead";
    let known = filled(path, id);
    let malformed = filled(path, "nowhere");
    vec![
        api.call(method, &known),
        api.call(method, &malformed),
        api.call(method, &format!("{known}?limit=0&cursor=x&type=y&q=%00")),
        api.call(method, &known).body("nonsense"),
        api.call(method, &known).body("[]"),
        api.call(method, &known).body(vec![b' '; 300_000]),
    ]
}

/// O-002, O-005, O-075: the 401 comes before any look at ids, parameters and bodies.
async fn protected_routes_are_protected_first(deployment: &Deployment) {
    let api = deployment.client();
    for (method, path, _) in routes().filter(|(_, _, protected)| *protected) {
        for call in calls(&api, method, path) {
            refused(&call.send().await, 401, "missing_token", &[]);
        }
        for call in calls(&api, method, path) {
            refused(
                &call.bearer("a.b.c").send().await,
                401,
                "invalid_token",
                &[],
            );
        }
    }
    for (method, path, _) in routes().filter(|(_, _, protected)| !*protected) {
        for call in calls(&api, method, path) {
            assert_ne!(call.send().await.status, 401, "{method} {path}");
        }
    }
}

/// O-073, O-074: in the body of the contract, whatever the method, the token or the depth.
async fn unknown_addresses_are_a_404(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for path in [
        "/nothing",
        "/api",
        "/api/",
        "/api/auth",
        "/api/auth/",
        "/api/auth/me/",
        "/api/auth/login/x",
        "/API/auth/me",
        "/api/users",
        "/api/users/a/b/c",
        "//api/auth/me",
        "/api//auth/me",
        "/index.html",
        "/favicon.ico",
        "/.env",
        "/api/auth/me%20",
        "/health/",
        "/livez/x",
        "/openapi.json/",
        "/docs/nothing.js",
        "/api/docs/nothing.css",
        "/docs/../nothing",
        "/metrics",
    ] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let answer = api.call(method, path).send().await;
            assert_ne!(answer.status, 405, "{method} {path}");
            refused(&answer, 404, "route_not_found", &[]);
            let call = api.call(method, path).bearer(&member.token);
            refused(&call.send().await, 404, "route_not_found", &[]);
        }
    }
}

/// O-074: with the methods that would do.
async fn wrong_methods_are_a_405(deployment: &Deployment) {
    let api = deployment.client();
    let id = "018f6b1e-0000-7000-8000-00000000dead";
    for (_, path, _) in routes() {
        let allowed: BTreeSet<&str> = routes()
            .filter(|(_, other, _)| *other == path)
            .map(|(method, _, _)| method)
            .collect();
        let pattern = path;
        let path = filled(path, id);
        for method in [
            "GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "BREW",
        ] {
            if allowed.contains(method) {
                continue;
            }
            // Files may be asked for without their bytes.
            let mut allowed = allowed.clone();
            allowed.extend(pattern.starts_with("/uploads/").then_some("HEAD"));
            let answer = api.call(method, &path).send().await;
            refused(&answer, 405, "method_not_allowed", &[]);
            let told: BTreeSet<&str> = answer.header("allow").split(", ").collect();
            assert_eq!(told, allowed, "{method} {path}");
        }
    }
}

/// O-221: OpenAPI 3.1, with exactly the routes of this list, the token where one is needed, and the body of refusals.
async fn the_document_has_every_route(deployment: &Deployment) {
    let answer = deployment
        .client()
        .get("/openapi.json")
        .send()
        .await
        .must_be(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    let version = document["openapi"].as_str().unwrap_or_default();
    assert!(version.starts_with("3.1."), "{version}");
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in operations.as_object().expect("operations") {
            described.insert((method.to_uppercase(), path.clone()));
            let is_protected = operation.get("security").is_some();
            let listed =
                routes().find(|(known, at, _)| known.eq_ignore_ascii_case(method) && at == path);
            assert_eq!(
                listed.map(|(_, _, protected)| protected),
                Some(is_protected),
                "{method} {path}"
            );
            assert!(
                operation["responses"]
                    .as_object()
                    .is_some_and(|answers| !answers.is_empty())
            );
            let has_401 = operation.pointer("/responses/401").is_some();
            assert!(has_401 || !is_protected, "{method} {path}");
        }
    }
    let expected: BTreeSet<_> = routes()
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(described, expected);
    assert_eq!(
        document.pointer("/components/securitySchemes/bearer/scheme"),
        Some(&json!("bearer"))
    );
    references_resolve(&document, &document);
}

/// Checks that each `$ref` leads somewhere.
fn references_resolve(part: &Value, document: &Value) {
    if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
        let pointer = reference
            .strip_prefix('#')
            .expect("a reference inside the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    match part {
        Value::Array(parts) => parts
            .iter()
            .for_each(|inner| references_resolve(inner, document)),
        Value::Object(parts) => parts
            .values()
            .for_each(|inner| references_resolve(inner, document)),
        _ => {}
    }
}

/// O-221: the pages, and all that they load, come out of the binary.
async fn the_pages_load_from_here_alone(deployment: &Deployment) {
    let api = deployment.client();
    for page in ["/api/docs", "/docs"] {
        let moved = api.get(page).send().await.must_be(308);
        assert_eq!(moved.header("location"), format!("{page}/"));
        let answer = api.get(&format!("{page}/")).send().await.must_be(200);
        assert!(answer.header("content-type").starts_with("text/html"));
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'self'")
        );
        let html = String::from_utf8_lossy(&answer.body).into_owned();
        let assets = loaded(&html);
        assert!(assets.len() > 3, "{html}");
        for asset in assets {
            assert!(!asset.contains("//"), "{asset} is elsewhere");
            let path = asset.strip_prefix("./").unwrap_or(asset);
            let answer = api.get(&format!("{page}/{path}")).send().await.must_be(200);
            assert!(!answer.body.is_empty());
            let is_css = path.ends_with(".css");
            let text = String::from_utf8_lossy(&answer.body);
            assert!(
                !is_css || !text.contains("@import") && !text.contains("url(http"),
                "{path}"
            );
        }
        let settings = api
            .get(&format!("{page}/swagger-initializer.js"))
            .send()
            .await
            .must_be(200);
        assert!(String::from_utf8_lossy(&settings.body).contains("/openapi.json"));
    }
}

/// What `src` and `href` name.
fn loaded(html: &str) -> Vec<&str> {
    let parts = ["src=\"", "href=\""]
        .into_iter()
        .flat_map(|name| html.split(name).skip(1));
    parts.filter_map(|part| part.split('"').next()).collect()
}
