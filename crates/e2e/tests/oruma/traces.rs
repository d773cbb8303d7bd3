//! One trace from the edge to the effect, and no secrets on the way.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use oruma_e2e::{Answer, Collected, Collector, Deployment, Plan, Socket, tree};
use oruma_test_kit::eventually;
use serde_json::{Value, json};

/// The trace that an answer names.
fn trace_of(answer: &Answer) -> String {
    let trace = answer.header("traceparent").split('-').nth(1);
    trace.expect("a traceparent").to_owned()
}

/// Whether there is a chain from the HTTP server over the gRPC server to SQL, and to what `ends` wants.
fn is_connected(
    trace: &[Collected],
    route: &str,
    rpc: &str,
    ends: &dyn Fn(&Collected) -> bool,
) -> bool {
    let find = |wanted: &dyn Fn(&Collected) -> bool| trace.iter().find(|span| wanted(span));
    let Some(http) = find(&|span| span.kind == SpanKind::Server && span.name == route) else {
        return false;
    };
    let is_call = |span: &Collected| {
        span.kind == SpanKind::Server && span.name.ends_with(rpc) && span.is_below(http, trace)
    };
    let Some(call) = find(&is_call) else {
        return false;
    };
    let is_statement = |span: &Collected| {
        span.attribute("db.system.name") == Some("postgresql") && span.is_below(call, trace)
    };
    let is_end = |span: &Collected| ends(span) && span.is_below(call, trace);
    find(&is_statement).is_some() && find(&is_end).is_some()
}

async fn connected(
    collector: &Collector,
    answer: &Answer,
    route: &str,
    rpc: &str,
    ends: &dyn Fn(&Collected) -> bool,
) {
    let trace = trace_of(answer);
    let what = format!("the trace of {route} is whole");
    // What is missing is best seen by what is there.
    let _shown = Shown(collector, &trace);
    eventually(&what, || async {
        is_connected(&collector.trace(&trace), route, rpc, ends)
    })
    .await;
}

struct Shown<'a>(&'a Collector, &'a str);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for span in self.0.trace(self.1) {
                println!(
                    "{} {} < {} {:?} {}",
                    span.service, span.id, span.parent, span.kind, span.name
                );
            }
        }
    }
}

fn sends(kind: &'static str) -> impl Fn(&Collected) -> bool {
    move |span| {
        span.kind == SpanKind::Producer
            && span.name.starts_with("send ")
            && span.attribute("event.kind") == Some(kind)
    }
}

fn processes(kind: &'static str) -> impl Fn(&Collected) -> bool {
    move |span| {
        span.kind == SpanKind::Consumer
            && span.name.starts_with("process ")
            && span.attribute("event.kind") == Some(kind)
    }
}

/// The end of a trace: a gateway has told the sockets of those whom it concerns.
fn pushes(span: &Collected) -> bool {
    span.name == "push to sockets"
        && span
            .attribute("sockets.told")
            .is_some_and(|told| told != "0")
}

/// Somebody's message to somebody who listens, once it has arrived.
async fn message_pushed(deployment: &Deployment) -> Answer {
    let api = deployment.client();
    let (ada, ben) = (api.newcomer().await, api.newcomer().await);
    let mut at_ben = Socket::open(api.gateway(), &ben).await;
    let body = json!({"receiverId": ben.id, "content": "follow me"});
    let sent = api.post_as(&ada, "/api/messages", &body).await.must_be(201);
    at_ben.next_of("message_received").await;
    sent
}

/// Each span but the first has its parent in the trace, and each call is seen from both of its ends, in this order.
fn hangs_together(trace: &[Collected]) -> bool {
    let is_known = |id: &str| trace.iter().any(|span| span.id == id);
    let has_caller = |call: &Collected| {
        let is_caller = |span: &Collected| {
            span.kind == SpanKind::Client && span.id == call.parent && span.name == call.name
        };
        // A call that has begun is awaited: its caller's span does not end before.
        let caller = trace.iter().find(|span| is_caller(span));
        caller.is_some_and(|caller| caller.ended >= call.began)
    };
    let is_call =
        |span: &&Collected| span.kind == SpanKind::Server && span.attribute("rpc.method").is_some();
    trace.iter().filter(|span| !is_known(&span.parent)).count() == 1
        && trace.iter().any(|span| is_call(&span))
        && trace.iter().filter(is_call).all(has_caller)
}

/// Prints a trace as `deploy/follow-a-request.md` has it, with the lines of the logs that belong to it.
///
/// `cargo test -p oruma-e2e --test oruma -- --ignored --nocapture traces::to_follow`
#[ignore = "prints what a page shows"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_follow() {
    let collector = Collector::start().await;
    let deployment = Deployment::distributed()
        .gateways(2)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .start()
        .await;
    // The second time nothing is opened or prepared first.
    let _ = message_pushed(&deployment).await;
    let sent = message_pushed(&deployment).await;
    let trace = trace_of(&sent);
    eventually("the trace is whole", || async {
        let spans = collector.trace(&trace);
        spans
            .iter()
            .filter(|span| span.name == "push to sockets")
            .count()
            == 2
            && hangs_together(&spans)
    })
    .await;
    println!("{}: {trace}\n", sent.header("x-request-id"));
    print!("{}", tree(&collector.trace(&trace)));
    println!();
    for process in deployment.processes() {
        for line in process.log().lines().filter(|line| line.contains(&trace)) {
            println!("{}: {line}", process.name());
        }
    }
}

async fn traces_are_whole_and_tell_no_secrets(plan: Plan) {
    let collector = Collector::start().await;
    let deployment = plan
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .env("LOG_LEVEL", "debug")
        .start()
        .await;
    let api = deployment.client();

    let person = oruma_e2e::Person::new();
    let joined = api.register(&person).await.must_be(201);
    let member = joined.member(person);
    connected(
        &collector,
        &joined,
        "POST /api/auth/register",
        "Register",
        &sends("auth.user.registered.v1"),
    )
    .await;

    let mut secrets = vec![
        member.person.password.clone(),
        member.token.clone(),
        member.refresh_token.clone(),
    ];
    let refreshed = api.refresh(&member.refresh_token).await.must_be(200).json();
    secrets.extend(
        ["token", "refreshToken"].map(|name| refreshed[name].as_str().expect("a text").to_owned()),
    );
    let again = api.signed_in(&member.person).await;
    secrets.extend([again.token.clone(), again.refresh_token.clone()]);
    secrets.push(use_secrets_everywhere(&api, &again).await);
    let out = api.sign_out(&again).await.must_be(200);
    connected(
        &collector,
        &out,
        "POST /api/auth/logout",
        "SignOut",
        &sends("auth.session.revoked.v1"),
    )
    .await;
    connected(
        &collector,
        &out,
        "POST /api/auth/logout",
        "SignOut",
        &processes("auth.session.revoked.v1"),
    )
    .await;

    let sent = message_pushed(&deployment).await;
    connected(
        &collector,
        &sent,
        "POST /api/messages",
        "SendMessage",
        &pushes,
    )
    .await;
    eventually("the trace of the message hangs together", || async {
        hangs_together(&collector.trace(&trace_of(&sent)))
    })
    .await;

    logs_name_the_trace(&deployment, &trace_of(&joined));
    let unpercented = member.person.email.replace('@', "%40");
    secrets.extend([
        member.person.email.to_uppercase(),
        unpercented,
        member.person.email.clone(),
    ]);
    nothing_tells(&deployment, &collector, &secrets);
}

/// Puts what must stay secret where a careless line would pick it up. Returns a wrong password.
async fn use_secrets_everywhere(api: &oruma_e2e::Client, member: &oruma_e2e::Member) -> String {
    let wrong = "Mistyped-passw0rd-77".to_owned();
    let body = json!({"email": member.person.email, "password": wrong});
    assert_eq!(api.post("/api/auth/login", &body).send().await.status, 401);
    let path = format!("/api/users/search?q={}", member.person.email);
    assert_eq!(
        api.get(&path).bearer(&member.token).send().await.status,
        200
    );
    let query = format!("/api/auth/me?token={}&password={wrong}", member.token);
    assert_eq!(api.get(&query).send().await.status, 401);
    for path in [
        format!("/{}", member.token),
        format!("/api/users/{}", member.person.email),
        format!("/nothing/{wrong}"),
    ] {
        assert_eq!(
            api.get(&path).bearer(&member.token).send().await.status,
            404
        );
    }
    let cut = &member.token[..member.token.len() - 2];
    assert_eq!(api.me(cut).await.status, 401);
    assert_eq!(
        api.refresh(&format!("{}x", member.refresh_token))
            .await
            .status,
        401
    );
    assert_eq!(api.register(&member.person).await.status, 400);
    let broken = format!(
        r#"{{"email":"{}","password":"{wrong}""#,
        member.person.email
    );
    assert_eq!(
        api.call("POST", "/api/auth/login")
            .body(broken)
            .send()
            .await
            .status,
        400
    );
    wrong
}

/// Each process that took part says so in a line with the trace: the edge and the service at least, and whoever has heard of it by now.
fn logs_name_the_trace(deployment: &Deployment, trace: &str) {
    let mentions = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        line["trace_id"] == trace && line["span_id"].is_string()
    };
    let took_part = deployment
        .processes()
        .filter(|process| process.log().lines().any(mentions));
    let expected = if deployment.processes().count() == 1 {
        1
    } else {
        2
    };
    let took_part = took_part.count();
    assert!(took_part >= expected, "{took_part} in {trace}");
}

fn nothing_tells(deployment: &Deployment, collector: &Collector, secrets: &[String]) {
    let logs = deployment.logs();
    let spans = collector.spans();
    assert!(spans.len() > 30 && logs.lines().count() > 10);
    for secret in secrets {
        let line = logs.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret} is in a log");
        for span in &spans {
            let told = span
                .attributes
                .iter()
                .find(|(_, value)| value.contains(secret.as_str()));
            assert_eq!(told, None, "{secret} is in {}", span.name);
            assert!(
                !span.name.contains(secret.as_str()),
                "{secret} is in {}",
                span.name
            );
        }
    }
}

/// O-206, O-207, O-219: in one process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn standalone() {
    traces_are_whole_and_tell_no_secrets(Deployment::standalone()).await;
}

/// O-206, O-207, O-219: over gateway, auth, PostgreSQL and RabbitMQ.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn distributed() {
    traces_are_whole_and_tell_no_secrets(Deployment::distributed()).await;
}
