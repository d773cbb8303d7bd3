//! What the scenarios share: the two deployments, and how answers of this contract look.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_e2e::Deployment;
pub(crate) use oruma_e2e::{both_ways, is_refusal, keys, refused};
use oruma_postgres::{Database, DatabaseConfig};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;

/// The whole platform in one process, for all scenarios that leave it as it is.
pub(crate) async fn standalone() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || Deployment::standalone().start();
    DEPLOYMENT.get_or_init(start).await
}

/// Auth, two gateways, RabbitMQ and Redis, likewise.
pub(crate) async fn distributed() -> &'static Deployment {
    static DEPLOYMENT: OnceCell<Deployment> = OnceCell::const_new();
    let start = || Deployment::distributed().gateways(2).start();
    DEPLOYMENT.get_or_init(start).await
}

/// Checks a person as sign-in and `me` show it: exactly these fields, and `avatar` only where there is one.
#[track_caller]
pub(crate) fn is_user(user: &Value) {
    assert_eq!(keys(user), ["email", "id", "name", "university"], "{user}");
    for (key, value) in user.as_object().expect("a user is an object") {
        assert!(value.is_string(), "{key}: {value}");
    }
    let id = user["id"].as_str().unwrap_or_default();
    assert!(
        uuid::Uuid::parse_str(id).is_ok_and(|id| id.get_version_num() == 7),
        "{id}"
    );
}

/// A pool of connections to the deployment's database, to see what no answer shows.
pub(crate) fn database(deployment: &Deployment) -> Database {
    Database::connect(&DatabaseConfig {
        url: SecretString::from(deployment.variable("DATABASE_URL")),
        pool_size: 4,
        schema: "auth",
        trace_statements: false,
    })
    .expect("a pool is made")
}

/// The rows of a query with one column of text.
pub(crate) async fn texts(database: &Database, query: &str) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        text: String,
    }
    let mut conn = database.reader().await.expect("a connection");
    let query = format!("SELECT text::text FROM ({query}) AS rows (text)");
    let rows: Vec<Row> = diesel::sql_query(query)
        .load(&mut conn)
        .await
        .expect("rows");
    rows.into_iter().map(|row| row.text).collect()
}

/// What an access token says.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("a JWT");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}
