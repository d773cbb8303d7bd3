//! What operators count: the pages from which Prometheus reads.

use oruma_e2e::{Client, Deployment, free_port};
use oruma_test_kit::eventually;

use crate::posts::{text, written};

/// What the page must have after somebody has liked somebody else's post: a meter with a value that is not zero, unless it must be.
const SHOWN: [(&str, bool); 9] = [
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
    (r#"oruma_outbox_published_total{schema="social""#, true),
    (r#"oruma_outbox_waiting{schema="social""#, false),
    (r#"oruma_dead_letters_kept{schema="social""#, false),
    (
        r#"oruma_consumer_delay_seconds_count{queue="messaging."#,
        true,
    ),
    ("oruma_passwords_waiting", false),
    (r#"oruma_people_lookups_total{result="miss""#, true),
];

/// Pools, outboxes, consumers, password threads and caches tell how they are.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_metrics_tells_how_the_parts_are() {
    let port = free_port();
    let deployment = Deployment::standalone()
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", &port.to_string())
        .start()
        .await;
    let client = deployment.client();
    let (ada, bob) = (client.newcomer().await, client.newcomer().await);
    let post = written(&client, &ada, "counted").await;
    let like = format!("/api/posts/{}/like", text(&post, "id"));
    let _ = client.call_as(&bob, "POST", &like).await.must_be(200);
    let _ = client.get_as(&bob, "/api/posts").await.must_be(200);

    let page = Client::new(vec![([127, 0, 0, 1], port).into()]);
    for (meter, is_busy) in SHOWN {
        eventually(&format!("{meter} is shown"), || async {
            let text = page.get("/metrics").send().await.must_be(200);
            let text = String::from_utf8_lossy(&text.body).into_owned();
            let values: Vec<f64> = text
                .lines()
                .filter(|line| line.starts_with(meter))
                .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
                .collect();
            !values.is_empty() && values.iter().any(|value| *value > 0.0) == is_busy
        })
        .await;
    }
}
