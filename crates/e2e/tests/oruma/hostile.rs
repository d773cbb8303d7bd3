//! Requests that nobody sends by mistake.

use bytes::Bytes;
use oruma_e2e::{Deployment, RawAnswer, Tail, raw};
use oruma_service_runtime::Random;
use serde_json::json;

use crate::routes::ROUTES;
use crate::support::{self, both_ways, is_refusal, refused};

both_ways!(
    large_bodies_are_refused,
    endless_bodies_cost_no_memory,
    deep_and_strange_json_is_refused,
    nonsense_is_never_a_500,
    what_is_no_http_is_closed,
);

/// O-194, O-197: more than 256 KiB of JSON is a 413, said or unsaid.
async fn large_bodies_are_refused(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    let large = json!({"name": "a".repeat(300_000), "email": "a@mit.edu"}).to_string();
    for (method, path) in [
        ("POST", "/api/auth/register"),
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/refresh"),
        ("PUT", "/api/users/me"),
    ] {
        let call = api
            .call(method, path)
            .bearer(&member.token)
            .body(large.clone());
        refused(&call.send().await, 413, "body_too_large", &[]);
        let parts: Vec<Result<Bytes, std::io::Error>> = large
            .as_bytes()
            .chunks(10_000)
            .map(|part| Ok(Bytes::copy_from_slice(part)))
            .collect();
        let streamed = reqwest::Body::wrap_stream(futures::stream::iter(parts));
        let call = api.call(method, path).bearer(&member.token).body(streamed);
        refused(&call.send().await, 413, "body_too_large", &[]);
    }
    let fits = json!({"name": "a".repeat(200_000)}).to_string();
    let call = api
        .call("PUT", "/api/users/me")
        .bearer(&member.token)
        .body(fits);
    refused(&call.send().await, 400, "validation_failed", &["name"]);
}

/// O-197: 20 MB in chunks are neither kept nor waited for.
async fn endless_bodies_cost_no_memory(deployment: &Deployment) {
    let address = deployment.client().gateway();
    let process = deployment
        .processes()
        .find(|process| process.serves(address));
    let process = process.expect("the gateway's process");
    let chunk = format!("10000\r\n{}\r\n", "a".repeat(0x10000));
    for path in ["/api/auth/login", "/nothing"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut request = head.into_bytes();
        (0..320).for_each(|_| request.extend_from_slice(chunk.as_bytes()));
        let before = process.memory();
        let answer = raw(address, &request).await;
        let grown = process.memory().saturating_sub(before);
        assert!(grown < 12 * 1024, "{grown} KiB for {path}");
        let expected = if path == "/api/auth/login" { 413 } else { 404 };
        assert_eq!(answer.expect("an answer").status, expected, "{path}");
    }
    let _ = deployment.client().get("/health").send().await.must_be(200);
}

/// O-194: a client that promises a body and does not send it gets a 408, and holds nobody up.
#[tokio::test]
async fn slow_bodies_are_not_waited_for() {
    let deployment = support::standalone().await;
    let _tail = Tail::of(deployment);
    let api = deployment.client();
    let request = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    let waiting = (0..20).map(|_| raw(api.gateway(), request));
    let (answers, health) = tokio::join!(
        futures::future::join_all(waiting),
        api.get("/health").send()
    );
    let _ = health.must_be(200);
    for answer in answers {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 408);
        assert_eq!(answer.json()["error"], "request_timeout");
    }
}

/// O-194, O-206: what a parser may stumble over.
async fn deep_and_strange_json_is_refused(deployment: &Deployment) {
    let api = deployment.client();
    let deep = "[".repeat(100_000);
    let deep_objects = r#"{"a":"#.repeat(30_000);
    let deep_field = format!(r#"{{"email":{deep}"#);
    let huge_number = format!(r#"{{"email":{}}}"#, "9".repeat(50_000));
    let many_fields = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(30_000));
    for body in [deep, deep_objects, deep_field, huge_number, many_fields] {
        let answer = api.call("POST", "/api/auth/login").body(body).send().await;
        assert!([400, 422].contains(&answer.status), "{answer}");
        is_refusal(&answer.json());
    }
    // The same name twice: no second opinion on who signs in.
    let twice = r#"{"email":"a@mit.edu","email":"b@mit.edu","password":"x"}"#;
    let answer = api.call("POST", "/api/auth/login").body(twice).send().await;
    assert!([400, 422].contains(&answer.status), "{answer}");
}

/// Bytes that are often trouble, and some that never are.
const PIECES: [&[u8]; 26] = [
    b"%",
    b"%00",
    b"%ff",
    b"%FE%FF",
    b"%2e%2e%2f",
    b"..",
    b"\xff\xfe",
    b"\xc3\x28",
    b"'\"--",
    b"{}[]<>",
    b"&=&;",
    b"?",
    b"##",
    b"+",
    b"\t",
    b"%0d%0a",
    b"%c0%ae",
    b"%u0041",
    b"limit=",
    b"cursor=",
    b"q=",
    b"type=",
    b"a",
    b"018f6b1e-0000-7000-8000-00000000dead",
    b"%F0%9F%98%80",
    b"-9223372036854775809",
];

fn pick(random: &Random, count: usize) -> usize {
    usize::from(u16::from_be_bytes(random.bytes())) % count
}

fn nonsense(random: &Random) -> Vec<u8> {
    let pieces = (0..pick(random, 8)).map(|_| PIECES[pick(random, PIECES.len())]);
    let mut bytes: Vec<u8> = pieces.flatten().copied().collect();
    if pick(random, 40) == 0 {
        bytes.extend(std::iter::repeat_n(b'a', 20_000));
    }
    bytes
}

/// A request that HTTP allows, or nearly, made of nonsense.
fn request(random: &Random, token: &str) -> Vec<u8> {
    let (method, path, _) = ROUTES[pick(random, ROUTES.len())];
    let mut request = format!("{method} {}", path.replace("{userId}", "")).into_bytes();
    // A space or a line break would end the address.
    request.extend(
        nonsense(random)
            .into_iter()
            .filter(|byte| !b"\t\r\n #".contains(byte)),
    );
    if pick(random, 2) == 0 {
        request.push(b'?');
        request.extend(
            nonsense(random)
                .into_iter()
                .filter(|byte| !b"\t\r\n #".contains(byte)),
        );
    }
    request.extend_from_slice(b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    for header in [
        "Accept-Encoding",
        "X-Request-Id",
        "Traceparent",
        "X-Forwarded-For",
        "Origin",
        "Content-Type",
        "User-Agent",
        "Cookie",
    ] {
        if pick(random, 3) == 0 {
            request.extend_from_slice(format!("{header}: ").as_bytes());
            request.extend(nonsense(random));
            request.extend_from_slice(b"\r\n");
        }
    }
    match pick(random, 3) {
        0 => request.extend_from_slice(format!("Authorization: Bearer {token}\r\n").as_bytes()),
        1 => {
            request.extend_from_slice(b"Authorization: Bearer ");
            request.extend(nonsense(random));
            request.extend_from_slice(b"\r\n");
        }
        _ => {}
    }
    let body = match pick(random, 3) {
        0 => nonsense(random),
        1 => [
            b"{\"email\":\"",
            nonsense(random).as_slice(),
            b"\",\"password\":\"x\"}",
        ]
        .concat(),
        _ => [b"{\"refreshToken\":", nonsense(random).as_slice(), b"}"].concat(),
    };
    request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    request.extend(body);
    request
}

fn shown(request: &[u8]) -> String {
    String::from_utf8_lossy(request)
        .chars()
        .take(1_500)
        .collect()
}

/// Checks an answer: no fault of the server, and a refusal in the contract's shape.
fn is_polite(answer: &RawAnswer, request: &[u8]) {
    let request = shown(request);
    assert!(answer.status < 500, "{} to {request}", answer.status);
    // What is no HTTP is refused before anybody could give it a body.
    let is_unread = answer.status == 400 && answer.body.is_empty();
    if answer.status >= 400 && !is_unread {
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "{request}"
        );
        assert!(answer.header("x-request-id").is_some(), "{request}");
        if answer.header("content-encoding").is_none() {
            is_refusal(&answer.json());
        }
    }
}

/// O-189, O-194, O-206: hundreds of requests made of nonsense; none is a fault of the server's.
async fn nonsense_is_never_a_500(deployment: &Deployment) {
    let (api, member) = (deployment.client(), deployment.member().await);
    // A victim for deletions, that no other test needs.
    let victim = api.newcomer().await;
    let seed = u64::from_be_bytes(Random::system().bytes());
    println!("seed {seed}");
    let random = Random::seeded(seed);
    let mut unread = 0;
    for _ in 0..400 {
        let request = request(&random, &victim.token);
        let answer = raw(api.gateway(), &request).await;
        let answer = answer.unwrap_or_else(|error| panic!("{error} to {}", shown(&request)));
        is_polite(&answer, &request);
        unread += usize::from(answer.status == 400 && answer.body.is_empty());
    }
    // Nonsense in the place of a parameter is no HTTP, and most addresses have one.
    assert!(unread < 300, "{unread} were not read at all");
    let _ = api.me(&member.token).await.must_be(200);
}

/// O-194: what is no HTTP at all is answered or closed, and the process goes on.
async fn what_is_no_http_is_closed(deployment: &Deployment) {
    let api = deployment.client();
    let long_line = [b"GET /".as_slice(), &[b'a'; 200_000], b" HTTP/1.1\r\n\r\n"].concat();
    let many_headers = [
        b"GET / HTTP/1.1\r\n".as_slice(),
        &b"A: b\r\n".repeat(5_000),
        b"\r\n",
    ]
    .concat();
    let long_header = [
        b"GET / HTTP/1.1\r\nA: ".as_slice(),
        &[b'a'; 200_000],
        b"\r\n\r\n",
    ]
    .concat();
    for request in [
        b"\0\0\0\0\r\n\r\n".as_slice(), b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"POST /api/auth/login HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nZZZ\r\n\r\n", &long_line, &many_headers, &long_header,
    ] {
        let mut closing = request.to_vec();
        if !closing.ends_with(b"\r\n\r\n") {
            closing.extend_from_slice(b"\r\n\r\n");
        }
        if let Ok(answer) = raw(api.gateway(), &closing).await {
            assert!(answer.status < 500, "{} to {}", answer.status, shown(request));
        }
    }
    let _ = api.get("/health").send().await.must_be(200);
}
