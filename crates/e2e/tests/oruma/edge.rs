//! What every answer carries: ids, security headers, CORS, compression.

use std::io::Read;

use flate2::read::GzDecoder;
use oruma_e2e::{Answer, Call, Client, Deployment, Member};

use crate::support::{both_ways, refused};

both_ways!(
    every_answer_has_an_id_and_a_trace,
    a_sound_request_id_comes_back,
    a_clients_trace_goes_on,
    answers_do_no_harm_in_browsers,
    named_origins_may_call,
    foreign_origins_may_not,
    preflights_are_answered,
    answers_are_compressed_when_asked,
    errors_hide_what_is_inside,
);

/// An allowed origin, and one that is not.
const OURS: &str = "http://localhost:5173";
const FOREIGN: &str = "https://evil.example";

/// One request for each kind of answer: success, and the refusals of the edge and of the services.
fn kinds(api: &Client, member: &Member) -> Vec<(u16, Call)> {
    vec![
        (200, api.get("/")),
        (200, api.get("/health")),
        (200, api.get("/livez")),
        (200, api.get("/openapi.json")),
        (200, api.get("/docs/")),
        (200, api.get("/api/auth/me").bearer(&member.token)),
        (200, api.get("/api/universities/search")),
        (400, api.call("POST", "/api/auth/login").body("{")),
        (400, api.get("/api/universities/search?type=x")),
        (401, api.get("/api/auth/me")),
        (404, api.get("/nothing")),
        (404, api.get("/api/users/nobody").bearer(&member.token)),
        (405, api.get("/api/auth/login")),
        (405, api.call("POST", "/livez")),
        (
            413,
            api.call("POST", "/api/auth/login")
                .body(vec![b' '; 300_000]),
        ),
        (422, api.call("POST", "/api/auth/login").body("[]")),
    ]
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// O-219: each answer says in which trace it was made.
async fn every_answer_has_an_id_and_a_trace(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let mut ids = Vec::new();
    for (status, call) in kinds(&api, member) {
        let answer = call.send().await.must_be(status);
        let id = answer.header("x-request-id").to_owned();
        let traceparent: Vec<&str> = answer.header("traceparent").split('-').collect();
        let [version, trace, span, _flags] = traceparent.as_slice() else {
            panic!("no traceparent: {answer}");
        };
        assert!(
            *version == "00" && is_hex(trace, 32) && is_hex(span, 16),
            "{traceparent:?}"
        );
        assert_eq!(id, *trace);
        ids.push(id);
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// O-219: a client's own id is kept, unless it is no id.
async fn a_sound_request_id_comes_back(deployment: &Deployment) {
    let api = deployment.client();
    for id in ["abc-123", "x", &"i".repeat(128)] {
        let answer = api.get("/nothing").header("x-request-id", id).send().await;
        assert_eq!(answer.header("x-request-id"), id);
    }
    for id in [
        "",
        "two words",
        "<b>",
        &"i".repeat(129),
        "tab\there",
        "caf\u{e9}",
    ] {
        let answer = api.get("/health").header("x-request-id", id).send().await;
        let shown = answer.header("x-request-id");
        assert!(id == "<b>" || is_hex(shown, 32), "{id}: {shown}");
    }
}

/// O-219: the trace of a `traceparent` is continued; a broken one begins a new trace.
async fn a_clients_trace_goes_on(deployment: &Deployment) {
    let api = deployment.client();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ours = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = api.get("/health").header("traceparent", &ours).send().await;
    let told = answer.header("traceparent");
    assert_eq!(told.split('-').nth(1), Some(trace));
    assert_ne!(told.split('-').nth(2), Some("00f067aa0ba902b7"));
    assert_eq!(answer.header("x-request-id"), trace);
    for broken in [
        "nonsense",
        "00-0-0-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "ff-x",
        "",
    ] {
        let answer = api
            .get("/health")
            .header("traceparent", broken)
            .send()
            .await
            .must_be(200);
        assert!(is_hex(answer.header("x-request-id"), 32), "{broken}");
    }
}

/// O-190, O-217: nothing sniffs, frames or stores an answer, whatever its status.
async fn answers_do_no_harm_in_browsers(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for (status, call) in kinds(&api, member) {
        let answer = call.send().await.must_be(status);
        assert_eq!(
            answer.header("x-content-type-options"),
            "nosniff",
            "{answer}"
        );
        assert_eq!(answer.header("x-frame-options"), "DENY", "{answer}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{answer}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{answer}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
        assert_eq!(answer.header("server"), "", "{answer}");
        assert_eq!(answer.header("set-cookie"), "", "{answer}");
    }
}

/// O-115, O-191, O-218, K-49: a named origin gets its headers on refusals too, with credentials; nothing rides on cookies.
async fn named_origins_may_call(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for origin in [OURS, "https://oruma.com"] {
        for (status, call) in kinds(&api, member) {
            let answer = call.header("origin", origin).send().await.must_be(status);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                origin,
                "{answer}"
            );
            assert_eq!(
                answer.header("access-control-allow-credentials"),
                "true",
                "{answer}"
            );
            let exposed = answer
                .header("access-control-expose-headers")
                .to_ascii_lowercase();
            for name in [
                "x-request-id",
                "retry-after",
                "ratelimit-limit",
                "ratelimit-remaining",
                "ratelimit-reset",
            ] {
                assert!(exposed.contains(name), "{name} in {exposed}");
            }
            varies_by_origin(&answer);
        }
    }
}

fn varies_by_origin(answer: &Answer) {
    let varies = answer.headers.get_all("vary").iter();
    let mut varies = varies.filter_map(|value| value.to_str().ok());
    assert!(
        varies.any(|value| value.to_ascii_lowercase().contains("origin")),
        "{:?}",
        answer.headers
    );
}

/// O-115, O-218: a page from elsewhere gets the answer, but no leave to read it.
async fn foreign_origins_may_not(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for origin in [
        FOREIGN,
        "null",
        "http://localhost:5173.evil.example",
        "http://localhost",
        "https://localhost:5173",
    ] {
        for (status, call) in kinds(&api, member) {
            let answer = call.header("origin", origin).send().await.must_be(status);
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
    let answer = preflight(&api, FOREIGN, "POST", "authorization").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

async fn preflight(api: &Client, origin: &str, method: &str, headers: &str) -> Answer {
    api.call("OPTIONS", "/api/auth/me")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers)
        .send()
        .await
}

/// O-115: all methods and all headers, without a token.
async fn preflights_are_answered(deployment: &Deployment) {
    let api = deployment.client();
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        let wanted = "authorization, content-type, idempotency-key, x-anything";
        let answer = preflight(&api, OURS, method, wanted).await;
        assert!(answer.status == 200 || answer.status == 204, "{answer}");
        assert_eq!(answer.header("access-control-allow-origin"), OURS);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        assert!(
            answer
                .header("access-control-allow-methods")
                .contains(method)
        );
        let allowed = answer
            .header("access-control-allow-headers")
            .to_ascii_lowercase();
        for name in wanted.split(", ") {
            assert!(allowed.contains(name), "{name} in {allowed}");
        }
        assert!(
            answer
                .header("access-control-max-age")
                .parse::<u32>()
                .is_ok_and(|seconds| seconds > 0)
        );
    }
}

/// O-064: gzip where the client takes it, and the same bytes inside.
async fn answers_are_compressed_when_asked(deployment: &Deployment) {
    let api = deployment.client();
    let path = "/api/universities/search?limit=100";
    let plain = api.get(path).send().await.must_be(200);
    assert_eq!(plain.header("content-encoding"), "");
    let packed = api
        .get(path)
        .header("accept-encoding", "gzip")
        .send()
        .await
        .must_be(200);
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(
        packed
            .header("vary")
            .to_ascii_lowercase()
            .contains("accept-encoding")
    );
    assert!(packed.body.len() * 3 < plain.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.body.as_ref())
        .read_to_end(&mut unpacked)
        .expect("gzip");
    assert_eq!(unpacked, plain.body);
    let refusal = api
        .get("/nothing")
        .header("accept-encoding", "br;q=0, identity")
        .send()
        .await;
    refused(&refusal, 404, "route_not_found", &[]);
}

/// O-206: no answer speaks of what the platform is made of.
async fn errors_hide_what_is_inside(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    for (status, call) in kinds(&api, member) {
        let answer = call.send().await.must_be(status);
        if status < 400 {
            continue;
        }
        let text = String::from_utf8_lossy(&answer.body).to_lowercase();
        for inside in [
            "diesel", "postgres", "sql", "tonic", "grpc", "actix", "panick", "src/", ".rs",
            "column", "serde",
        ] {
            assert!(!text.contains(inside), "{text}");
        }
    }
}
