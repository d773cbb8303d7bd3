//! A consumer as services have them: inbox and effect in one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, RunQueryDsl};
use oruma_broker::{Event, HandleError, Handler, Inbox};
use oruma_postgres::Database;

use super::SCHEMA;

/// Writes each event's effect into the table `effects`.
pub(crate) struct Effects {
    database: Database,
    inbox: Inbox,
}

/// A row of `effects`.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(crate) struct Effect {
    #[diesel(sql_type = Text)]
    pub(crate) subject: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) n: i64,
}

impl Effects {
    pub(crate) fn handler(database: &Database) -> Arc<dyn Handler> {
        Arc::new(Self {
            database: database.clone(),
            inbox: Inbox::new(SCHEMA, "effects"),
        })
    }
}

#[async_trait]
impl Handler for Effects {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let mut conn = self.database.writer().await?;
        conn.transaction(async |conn| {
            if !self.inbox.first_time(conn, event.id).await? {
                return Ok(());
            }
            diesel::sql_query(format!(
                "INSERT INTO {SCHEMA}.effects (event_id, subject, n) VALUES ($1, $2, $3)"
            ))
            .bind::<SqlUuid, _>(event.id)
            .bind::<Text, _>(&event.subject)
            .bind::<BigInt, _>(event.data["n"].as_i64().unwrap_or_default())
            .execute(conn)
            .await?;
            Ok(())
        })
        .await
    }
}

/// All effects, in the order in which they came about.
pub(crate) async fn effects(database: &Database) -> Vec<Effect> {
    let Ok(mut conn) = database.reader().await else {
        return Vec::new();
    };
    diesel::sql_query(format!(
        "SELECT subject, n FROM {SCHEMA}.effects ORDER BY position"
    ))
    .load(&mut conn)
    .await
    .unwrap_or_default()
}

/// How many rows a table has; none while the database is away.
pub(crate) async fn count(database: &Database, table: &str) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let mut conn = database.reader().await.ok()?;
    let count: Count = diesel::sql_query(format!("SELECT count(*) AS rows FROM {SCHEMA}.{table}"))
        .get_result(&mut conn)
        .await
        .ok()?;
    Some(count.rows)
}
