//! What the scenarios share: the two deployments, and how answers of this contract look.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_e2e::{Answer, Deployment};
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

/// Makes two tests of each scenario, `async fn(&Deployment)`: `<scenario>::standalone` and `<scenario>::distributed`. Before them may
/// stand the module with the two deployments that are meant.
macro_rules! both_ways {
    ($module:ident: $($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            #[tokio::test]
            async fn standalone() {
                let deployment = $crate::$module::standalone().await;
                let _tail = oruma_e2e::Tail::of(deployment);
                super::$scenario(deployment).await;
            }

            #[tokio::test]
            async fn distributed() {
                let deployment = $crate::$module::distributed().await;
                let _tail = oruma_e2e::Tail::of(deployment);
                super::$scenario(deployment).await;
            }
        }
    )+};
    ($($scenario:ident),+ $(,)?) => { $crate::support::both_ways!(support: $($scenario),+); };
}
pub(crate) use both_ways;

/// The names of an object's fields, in order of the alphabet.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object
        .as_object()
        .unwrap_or_else(|| panic!("no object: {object}"))
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// Checks that an answer is a refusal in the shape of this contract, for that reason and those fields.
#[track_caller]
pub(crate) fn refused(answer: &Answer, status: u16, reason: &str, fields: &[&str]) {
    assert_eq!(answer.status, status, "{answer}");
    let body = answer.json();
    assert_eq!(body["error"], reason, "{answer}");
    is_refusal(&body);
    let named = body.get("details").map(keys).unwrap_or_default();
    assert_eq!(named, fields, "{answer}");
    assert_eq!(
        answer.header("content-type"),
        "application/json",
        "{answer}"
    );
}

/// Checks the shape of a refusal: `error` in snake case, `message` for people, and perhaps `details` with a text for each field.
#[track_caller]
pub(crate) fn is_refusal(body: &Value) {
    let expected: &[&str] = match body.get("details") {
        Some(_) => &["details", "error", "message"],
        None => &["error", "message"],
    };
    assert_eq!(keys(body), expected, "{body}");
    let error = body["error"].as_str().expect("`error` is a text");
    let is_snake =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    assert!(!error.is_empty() && error.chars().all(is_snake), "{error}");
    let message = body["message"].as_str().expect("`message` is a text");
    assert!(message.starts_with(char::is_uppercase), "{message}");
    if let Some(details) = body.get("details") {
        let details = details.as_object().expect("`details` is an object");
        assert!(
            !details.is_empty() && details.values().all(Value::is_string),
            "{body}"
        );
    }
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
