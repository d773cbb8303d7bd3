//! How the processes start, stop and come back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use oruma_e2e::{
    Answer, Client, Deployment, INTERNAL_TOKEN, JWT_SECRET, Member, Person, Process, free_port,
};
use oruma_test_kit::{TestDatabase, eventually};
use serde_json::Value;

use crate::support::{both_ways, claims, database, refused, texts};

both_ways!(every_log_line_is_json);

/// O-121, O-219: one object a line, with what a machine looks for.
async fn every_log_line_is_json(deployment: &Deployment) {
    let _ = deployment.member().await;
    for process in deployment.processes() {
        let log = process.log();
        // The last line may be half written.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        assert!(!whole.is_empty(), "{}", process.name());
        for line in whole.lines() {
            let line: Value =
                serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            for key in ["timestamp", "level", "target", "service", "message"] {
                assert!(line[key].is_string(), "{key} in {line}");
            }
        }
    }
}

/// Runs a program until it ends, and returns its exit code with all that it wrote.
async fn run(command: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::Builder::new()
        .prefix("oruma-e2e-")
        .tempdir()
        .expect("a folder");
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let process = Process::new("failing", command, variables, folder.path());
    process.start();
    let status = process.end().await;
    (status.code(), process.log())
}

/// O-108…O-115, O-120…O-122, O-205: a process with a wrong variable ends at once, with one line that names it and keeps its value for itself.
#[tokio::test]
async fn a_wrong_variable_is_named() {
    let database = TestDatabase::create_empty("auth").await;
    let (taken, free) = (
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port"),
        free_port().to_string(),
    );
    let uploads = tempfile::tempdir().expect("a folder");
    let taken = taken.local_addr().expect("an address").port().to_string();
    let good = [
        ("DATABASE_URL", database.url()),
        ("JWT_SECRET_KEY", JWT_SECRET),
        ("INTERNAL_GRPC_TOKEN", INTERNAL_TOKEN),
        ("API_HOST", "127.0.0.1"),
        ("API_PORT", &free),
        ("GRPC_ADDR", "127.0.0.1:1"),
        ("AUTH_GRPC_URL", "http://127.0.0.1:1"),
        ("SOCIAL_GRPC_URL", "http://127.0.0.1:1"),
        ("MEDIA_GRPC_URL", "http://127.0.0.1:1"),
        ("EVENTS_GRPC_URL", "http://127.0.0.1:1"),
        ("MARKETPLACE_GRPC_URL", "http://127.0.0.1:1"),
        ("MESSAGING_GRPC_URL", "http://127.0.0.1:1"),
        ("UPLOAD_DIR", uploads.path().to_str().expect("a path")),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("RABBITMQ_URL", "amqp://127.0.0.1:1"),
    ];
    for (program, variable, value) in [
        ("oruma", "DATABASE_URL", ""),
        ("oruma", "DATABASE_URL", "mysql://wrong-value"),
        ("oruma", "DATABASE_POOL_SIZE", "wrong-value"),
        ("oruma", "JWT_SECRET_KEY", ""),
        ("oruma", "JWT_SECRET_KEY", "wrong-value"),
        ("oruma", "JWT_SECRET_KEY", "your-super-secret-jwt-key-here"),
        ("oruma", "JWT_SECRET_KEY_FILE", "/nowhere/wrong-value"),
        ("oruma", "JWT_ALGORITHM", "none"),
        ("oruma", "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "-1"),
        ("oruma", "JWT_REFRESH_TOKEN_EXPIRE_DAYS", "wrong-value"),
        ("oruma", "API_HOST", "wrong-value"),
        ("oruma", "API_PORT", "99999"),
        ("oruma", "API_PORT", &taken),
        ("oruma", "API_DEBUG", "wrong-value"),
        ("oruma", "CORS_ORIGINS", "wrong-value"),
        ("oruma", "RATE_LIMIT_REQUESTS_PER_MINUTE", "0"),
        ("oruma", "RATE_LIMIT_ENABLED", "wrong-value"),
        ("oruma", "TRUSTED_PROXIES", "wrong-value"),
        ("oruma", "PUBLIC_URL", "wrong-value"),
        ("oruma", "BCRYPT_COST", "4"),
        ("oruma", "ADMIN_EMAIL", "wrong-value"),
        ("oruma", "UNIVERSITIES_API_URL", "wrong-value"),
        ("oruma", "LOG_FORMAT", "wrong-value"),
        ("oruma", "REDIS_URL", "wrong-value"),
        ("oruma", "RABBITMQ_URL", "wrong-value"),
        ("oruma", "INTERNAL_GRPC_TOKEN", "wrong-value"),
        ("oruma", "OTEL_TRACES_SAMPLER_ARG", "wrong-value"),
        ("oruma", "POST_MAX_CHARACTERS", "0"),
        ("oruma", "COMMENT_MAX_CHARACTERS", "wrong-value"),
        ("oruma", "FILE_MAX_SIZE_MB", "0"),
        ("oruma", "IMAGE_ORPHAN_HOURS", "wrong-value"),
        ("oruma", "CLAMAV_ADDRESS", "wrong-value"),
        ("oruma-social", "MEDIA_GRPC_URL", ""),
        ("oruma-social", "RABBITMQ_URL", ""),
        ("oruma-media", "GRPC_ADDR", "wrong-value"),
        ("oruma-gateway", "SOCIAL_GRPC_URL", "wrong-value"),
        ("oruma-gateway", "MEDIA_GRPC_URL", ""),
        ("oruma-auth", "INTERNAL_GRPC_TOKEN", ""),
        ("oruma-auth", "GRPC_ADDR", "wrong-value"),
        ("oruma-auth", "REDIS_URL", ""),
        ("oruma-auth", "RABBITMQ_URL", ""),
        ("oruma-gateway", "AUTH_GRPC_URL", ""),
        ("oruma-gateway", "AUTH_GRPC_URL", "wrong-value"),
        ("oruma-gateway", "INTERNAL_GRPC_TOKEN", "wrong-value"),
        ("oruma-gateway", "RABBITMQ_URL", "wrong-value"),
    ] {
        let mut variables = good.to_vec();
        if program == "oruma" {
            variables.retain(|(name, _)| !["REDIS_URL", "RABBITMQ_URL"].contains(name));
        }
        let plain = variable.trim_end_matches("_FILE");
        variables.retain(|(name, _)| *name != plain);
        variables.push((variable, value));
        let (code, log) = run(&[program, "serve"], &variables).await;
        assert_eq!(code, Some(2), "{program} with {variable}={value}: {log}");
        let said: Vec<&str> = log.lines().filter(|line| !line.starts_with('{')).collect();
        let [line] = said.as_slice() else {
            panic!("{program} with {variable}={value} says {log}");
        };
        assert!(line.contains(variable), "{variable}: {line}");
        assert!(
            value.is_empty() || value.len() < 6 || !log.contains(value),
            "{variable}: {log}"
        );
    }
}

/// O-112, O-113, O-193, O-220: two processes on an empty database migrate it, fill the directory and make the administrator together.
#[tokio::test]
async fn two_processes_start_on_one_empty_database() {
    let admin = Person {
        email: "root@oruma.example".to_owned(),
        ..Person::new()
    };
    let plan = Deployment::standalone()
        .gateways(2)
        .env("ADMIN_EMAIL", &admin.email)
        .env("ADMIN_PASSWORD", &admin.password)
        .env("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "5")
        .env("LOG_FORMAT", "text");
    let deployment = plan.start().await;
    for index in 0..2 {
        let api = deployment.client().only(index);
        let member = api.signed_in(&admin).await;
        let claims = claims(&member.token);
        assert_eq!(claims["role"], "admin");
        let life = claims["exp"].as_i64().zip(claims["iat"].as_i64());
        assert_eq!(life.map(|(ends, begins)| ends - begins), Some(300));
        let page = api
            .get("/api/universities/search?limit=1")
            .send()
            .await
            .must_be(200);
        assert!(
            page.json()["total"]
                .as_u64()
                .is_some_and(|total| total > 500)
        );
    }
    let member = deployment.client().newcomer().await;
    assert_eq!(claims(&member.token)["role"], "user");
    assert!(deployment.logs().lines().all(|line| !line.starts_with('{')));
}

/// Five sign-ins at once, and a signal as soon as one of them is answered: the others wait for a thread then, or have one.
async fn sign_in_during(api: &Client, person: &Person, signal: impl FnOnce()) -> Vec<Answer> {
    let mut under_way: FuturesUnordered<_> = (0..5).map(|_| api.sign_in(person)).collect();
    let first = under_way.next().await.expect("an answer");
    signal();
    let mut answers: Vec<Answer> = under_way.collect().await;
    answers.push(first);
    answers
}

async fn drains(deployment: &Deployment, process: &Process, api: &Client) {
    let member = api.newcomer().await;
    // A line that is open and idle must not hold the end up.
    let idle = deployment.client();
    let _ = idle.get("/health").send().await.must_be(200);
    let mut began = Instant::now();
    let answers = sign_in_during(api, &member.person, || {
        began = Instant::now();
        process.terminate();
    })
    .await;
    for answer in answers {
        let _ = answer.must_be(200);
    }
    let status = process.end().await;
    assert_eq!(status.code(), Some(0), "{}", process.log());
    let took = began.elapsed();
    println!("{} drained in {took:?}", process.name());
    assert!(took < Duration::from_secs(10), "{took:?}");
    drop(idle);
}

/// O-223: asked to stop, a process answers what is under way, and comes back with all that it knew.
#[tokio::test]
async fn a_standalone_process_drains_and_comes_back() {
    let deployment = Deployment::standalone().start().await;
    let api = deployment.client();
    let (stays, leaves) = (api.newcomer().await, api.newcomer().await);
    let _ = api.sign_out(&leaves).await.must_be(200);
    drains(&deployment, deployment.gateway(0), &api).await;
    assert!(api.get("/livez").attempt().await.is_err());

    let began = Instant::now();
    deployment.gateway(0).start();
    deployment.gateway(0).ready().await;
    println!(
        "start on a database that is up to date: {:?}",
        began.elapsed()
    );
    println!("idle memory: {} KiB", deployment.gateway(0).memory());
    still_holds(&api, &stays, &leaves).await;
}

/// Who was signed in still is, and who was not is not.
async fn still_holds(api: &Client, stays: &Member, left: &Member) {
    assert_eq!(
        api.me(&stays.token).await.must_be(200).json()["id"],
        stays.id
    );
    let _ = api.refresh(&stays.refresh_token).await.must_be(200);
    refused(&api.me(&left.token).await, 401, "token_revoked", &[]);
    refused(
        &api.refresh(&left.refresh_token).await,
        401,
        "invalid_refresh_token",
        &[],
    );
    let _ = api.signed_in(&left.person).await;
}

/// O-186, O-223: likewise a gateway, which tells whom it saw before it ends, and auth behind it: what a gateway had asked is answered.
#[tokio::test]
async fn each_distributed_process_drains_and_comes_back() {
    let deployment = Deployment::distributed().gateways(2).start().await;
    let api = deployment.client();
    let (stays, leaves) = (api.newcomer().await, api.newcomer().await);
    let _ = api.sign_out(&leaves).await.must_be(200);
    let _ = api.only(0).me(&stays.token).await.must_be(200);
    drains(&deployment, deployment.gateway(0), &api.only(0)).await;
    let seen = format!(
        "SELECT last_seen_at > last_login_at FROM auth.users WHERE id = '{}'",
        stays.id
    );
    assert_eq!(texts(&database(&deployment), &seen).await, ["true"]);
    still_holds(&api.only(1), &stays, &leaves).await;
    deployment.gateway(0).start();
    deployment.gateway(0).ready().await;
    drains(&deployment, deployment.auth(), &api).await;
    // Alive, but not ready: whoever runs them sends nobody there.
    let _ = api.get("/livez").send().await.must_be(200);
    let _ = api.get("/health").send().await.must_be(200);
    eventually("the gateways are not ready", || async {
        api.get("/readyz").send().await.status == 503
    })
    .await;
    let away = api.sign_in(&stays.person).await;
    refused(&away, 503, "unavailable", &[]);
    deployment.auth().start();
    for index in 0..2 {
        deployment.gateway(index).ready().await;
    }
    refused(&api.me(&leaves.token).await, 401, "token_revoked", &[]);
    let _ = api.signed_in(&stays.person).await;
}

/// Not a promise, but good to know: the first start on an empty database, and the memory of a process that has nothing to do.
#[tokio::test]
async fn a_cold_start_is_measured() {
    let deployment = Deployment::standalone().prepare().await;
    let process = deployment.gateway(0);
    let began = Instant::now();
    process.start();
    process.ready().await;
    println!("cold start on an empty database: {:?}", began.elapsed());
    println!("idle memory: {} KiB", process.memory());
}
