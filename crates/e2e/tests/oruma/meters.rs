//! What operators count: the pages from which Prometheus reads, and whether dashboards and alerts find there what they name.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use futures::future::join_all;
use image::{DynamicImage, ImageFormat};
use oruma_e2e::{Answer, Client, Deployment, Member, Person, Plan, Socket, free_port};
use oruma_test_kit::eventually;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::conversations::say;
use crate::posts::{text, written};

/// What the pages must have once all is used: a meter with a value that is not zero, unless it must be.
const SHOWN: [(&str, bool); 24] = [
    (
        r#"db_client_connection_max{db_client_connection_pool_name="auth""#,
        true,
    ),
    (
        r#"db_client_connection_count{db_client_connection_pool_name="social",db_client_connection_state="idle""#,
        true,
    ),
    (
        r#"db_client_connection_pending_requests{db_client_connection_pool_name="social""#,
        false,
    ),
    (
        r#"db_client_connection_wait_time_seconds_count{db_client_connection_pool_name="media""#,
        true,
    ),
    (r#"oruma_outbox_published_total{schema="social""#, true),
    (r#"oruma_outbox_waiting{schema="social""#, false),
    (r#"oruma_dead_letters_kept{schema="social""#, false),
    (
        r#"oruma_consumer_delay_seconds_count{queue="messaging."#,
        true,
    ),
    ("oruma_passwords_waiting", false),
    (r#"oruma_people_lookups_total{result="miss""#, true),
    (
        r#"rpc_client_call_duration_seconds_count{rpc_grpc_status_code="0",rpc_method="CreatePost",rpc_service="oruma.social.v1.PostService""#,
        true,
    ),
    (
        r#"rpc_client_call_duration_seconds_count{rpc_grpc_status_code="5",rpc_method="GetPost""#,
        true,
    ),
    (r#"oruma_pictures_waiting{work="picture""#, false),
    (
        r#"oruma_pictures_duration_seconds_count{work="picture""#,
        true,
    ),
    (r#"oruma_mails_sent_total{channel="mail""#, true),
    (r#"oruma_mails_waiting{channel="mail""#, false),
    (r#"oruma_mails_oldest_seconds{channel="sms""#, false),
    (
        r#"oruma_rate_limits_refused_total{contract="oruma",kind="upload""#,
        true,
    ),
    (
        r#"oruma_idempotency_repeated_total{outcome="replayed""#,
        true,
    ),
    (
        r#"oruma_outbound_fetches_total{outcome="out_of_reach""#,
        true,
    ),
    (r#"oruma_sockets_open{contract="oruma""#, true),
    (
        r#"oruma_sockets_closed_total{contract="oruma",reason="signed_out""#,
        true,
    ),
    ("oruma_sockets_replays_total", true),
    ("target_info{", true),
];

/// What appears only once something is full, fails, or was lost; and what Prometheus itself makes.
const ON_FAILURE: [&str; 6] = [
    "db_client_connection_timeouts_total",
    "oruma_mails_failed_total",
    "oruma_passwords_refused_total",
    "oruma_pictures_refused_total",
    "oruma_sockets_reloads_total",
    "up",
];

/// The pages of some processes.
struct Pages(Vec<Client>);

impl Pages {
    /// Gives each of `processes` a page of its own. The gateway is the process `1`.
    fn of(mut plan: Plan, processes: &[&str]) -> (Self, Plan) {
        let mut pages = Vec::new();
        for process in processes {
            let port = free_port();
            let variable = format!("OTEL_EXPORTER_PROMETHEUS_PORT@{process}");
            plan = plan.env(&variable, &port.to_string());
            pages.push(Client::new(vec![([127, 0, 0, 1], port).into()]));
        }
        (Self(pages), plan)
    }

    async fn lines(&self) -> Vec<String> {
        let asked = self.0.iter().map(|page| async {
            let page = page.get("/metrics").send().await.must_be(200);
            String::from_utf8_lossy(&page.body).into_owned()
        });
        let pages = join_all(asked).await;
        let lines = pages.iter().flat_map(|page| page.lines());
        lines.map(str::to_owned).collect()
    }

    /// Waits until a meter is there, busy or not.
    async fn show(&self, meter: &str, is_busy: bool) {
        eventually(&format!("{meter} is shown"), || async {
            let lines = self.lines().await;
            let of_meter = lines.iter().filter(|line| line.starts_with(meter));
            let values: Vec<f64> = of_meter
                .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
                .collect();
            !values.is_empty() && values.iter().any(|value| *value > 0.0) == is_busy
        })
        .await;
    }

    /// The names of all series.
    async fn names(&self) -> BTreeSet<String> {
        let lines = self.lines().await;
        let names = lines.iter().filter(|line| !line.starts_with('#'));
        names
            .filter_map(|line| line.split(['{', ' ']).next())
            .map(str::to_owned)
            .collect()
    }
}

async fn upload(api: &Client, member: &Member) -> Answer {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(900, 700)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture is written");
    let part = Part::bytes(bytes.into_inner()).file_name("a.png");
    let form = Form::new().part("image", part);
    let call = api.call("POST", "/api/upload/image").form(form);
    call.bearer(&member.token).send().await
}

/// Somewhat of everything.
async fn use_everything(api: &Client) -> [Socket; 2] {
    let (ada, bob) = (api.newcomer().await, api.newcomer().await);
    let post = written(api, &ada, "counted").await;
    let like = format!("/api/posts/{}/like", text(&post, "id"));
    let _ = api.call_as(&bob, "POST", &like).await.must_be(200);
    let _ = api.get_as(&bob, "/api/posts").await.must_be(200);
    let nothing = format!("/api/posts/{}", ada.id);
    let _ = api.get_as(&bob, &nothing).await.must_be(404);
    for _ in 0..2 {
        let call = api.post("/api/posts", &json!({"content": "once"}));
        let call = call.bearer(&ada.token).header("idempotency-key", "once");
        let _ = call.send().await.must_be(201);
    }
    let listens = Socket::open(api.gateway(), &bob).await;
    let _ = say(api, &ada, &bob, "see http://127.0.0.1/").await;
    let leaves = api.signed_in(&ada.person).await;
    let again = Socket::since(api.gateway(), &leaves, Some(listens.seq)).await;
    let _ = api.sign_out(&leaves).await.must_be(200);
    let first = upload(api, &ada).await;
    let _ = first.must_be(200);
    eventually("uploads are limited", || async {
        upload(api, &ada).await.status == 429
    })
    .await;
    let _ = api.below("/connectbest").join(Person::new()).await;
    [listens, again]
}

/// Pools, outboxes, consumers, queues, calls and caches tell how they are, and all that dashboards and alerts name is there.
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_tell_how_the_parts_are() {
    let processes = [
        "1",
        "auth",
        "social",
        "events",
        "marketplace",
        "messaging",
        "media",
    ];
    let plan = Deployment::distributed()
        .env("RATE_LIMIT_ENABLED", "true")
        .env("RATE_LIMIT_REQUESTS_PER_MINUTE", "60000")
        .env("RATE_LIMIT_LOGIN_PER_MINUTE", "60000")
        .env("RATE_LIMIT_UPLOADS_PER_MINUTE", "1");
    let (pages, plan) = Pages::of(plan, &processes);
    let deployment = plan.start().await;
    let _sockets = use_everything(&deployment.client()).await;
    for (meter, is_busy) in SHOWN {
        pages.show(meter, is_busy).await;
    }
    let mut missing = named();
    assert!(missing.len() > 30, "{missing:?}");
    for shown in pages.names().await {
        missing.remove(&shown);
    }
    missing.retain(|name| !ON_FAILURE.contains(&name.as_str()));
    assert!(
        missing.is_empty(),
        "named in deploy/, and on no page: {missing:?}"
    );
}

/// What is full says so: passwords and pictures that are refused, mails that can't be sent.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_what_is_full() {
    let plan = Deployment::standalone()
        .env("BCRYPT_WORKERS", "1")
        .env("BCRYPT_QUEUE", "1")
        .env("IMAGE_WORKERS", "1")
        .env("IMAGE_QUEUE", "1")
        .env("MAIL_DIR", "/dev/null/nowhere");
    let (pages, plan) = Pages::of(plan, &["1"]);
    let deployment = plan.start().await;
    let api = deployment.client();
    let ada = api.newcomer().await;
    let _ = api.below("/connectbest").join(Person::new()).await;
    let failed = r#"oruma_mails_failed_total{channel="mail",reason="folder""#;
    pages.show(failed, true).await;
    pages
        .show(r#"oruma_mails_waiting{channel="mail""#, true)
        .await;
    pages
        .show(r#"oruma_mails_oldest_seconds{channel="mail""#, true)
        .await;
    eventually("sign-ins are refused", || async {
        let answers = join_all((0..12).map(|_| api.sign_in(&ada.person))).await;
        answers.iter().any(|answer| answer.status == 503)
    })
    .await;
    pages.show("oruma_passwords_refused_total", true).await;
    eventually("pictures are refused", || async {
        let answers = join_all((0..12).map(|_| upload(&api, &ada))).await;
        answers.iter().any(|answer| answer.status == 503)
    })
    .await;
    let refused = r#"oruma_pictures_refused_total{work="picture""#;
    pages.show(refused, true).await;
}

/// All series that dashboards and alerts name: each has its labels behind it.
fn named() -> BTreeSet<String> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let rules = std::fs::read_to_string(deploy.join("prometheus/rules.yaml")).expect("the alerts");
    // What is behind `{{` are labels in texts.
    let rules = rules.lines().filter(|line| !line.contains("{{"));
    let mut texts: Vec<String> = rules.map(str::to_owned).collect();
    for file in std::fs::read_dir(deploy.join("grafana")).expect("the dashboards") {
        let text = std::fs::read(file.expect("a file").path()).expect("a dashboard");
        expressions(&serde_json::from_slice(&text).expect("JSON"), &mut texts);
    }
    texts.iter().flat_map(|text| before_braces(text)).collect()
}

/// Every `expr` and `query` of a dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "expr" || name == "query" => {
                        found.push(text.clone());
                    }
                    field => expressions(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

fn before_braces(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split('{').collect();
    let before = parts.iter().take(parts.len() - 1);
    let words = before.filter_map(|part| {
        part.rsplit(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_')
            .next()
    });
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
