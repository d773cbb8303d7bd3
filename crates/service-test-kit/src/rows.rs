//! What stands in the tables.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_postgres::Connection;
use serde_json::Value;

/// The rows of a query on a connection, as JSON objects.
pub async fn rows(conn: &mut Connection, query: &str) -> Vec<Value> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        json: String,
    }
    let query = format!("SELECT to_jsonb(asked)::text AS json FROM ({query}) AS asked");
    let rows: Vec<Row> = diesel::sql_query(query).load(conn).await.unwrap();
    rows.iter()
        .map(|row| serde_json::from_str(&row.json).unwrap())
        .collect()
}
