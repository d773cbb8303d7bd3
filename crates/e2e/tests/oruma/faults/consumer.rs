//! A consumer as other teams have them: inbox and effect in one transaction, on a database of its own.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use oruma_broker::{Broker, Event, HandleError, Handler, Inbox, RabbitMqBroker, Subscription};
use oruma_postgres::{Connection, Database};
use oruma_test_kit::TestDatabase;
use secrecy::SecretString;

use crate::support::texts;

const SCHEMA: &str = "e2e";
const QUEUE: &str = "e2e.registrations";
const TABLES: &str = include_str!("../../../../broker/sql/outbox_and_inbox.sql");

/// Notes whom it was told to have joined.
pub(crate) struct Consumer {
    broker: RabbitMqBroker,
    database: Database,
    _server: TestDatabase,
}

struct Registrations {
    database: Database,
    inbox: Inbox,
}

impl Consumer {
    /// Subscribes at that RabbitMQ.
    pub(crate) async fn start(url: &str) -> Self {
        let server = TestDatabase::create_empty(SCHEMA).await;
        let database = server.connect();
        let tables = TABLES.replace("{schema}", SCHEMA);
        let told = format!(
            "CREATE TABLE {SCHEMA}.told (position bigint GENERATED ALWAYS AS IDENTITY, subject text NOT NULL)"
        );
        let all = format!("CREATE SCHEMA {SCHEMA}; {tables}; {told}");
        let mut conn = database.reader().await.expect("a connection");
        conn.batch_execute(&all).await.expect("tables are made");
        drop(conn);

        let broker = RabbitMqBroker::new(&SecretString::from(url), SCHEMA).expect("a broker");
        let handler = Registrations {
            database: database.clone(),
            inbox: Inbox::new(SCHEMA, QUEUE),
        };
        let wanted = Subscription::once(QUEUE, ["auth.user.registered.v1"]);
        broker
            .subscribe(wanted, Arc::new(handler))
            .await
            .expect("a subscription");
        Self {
            broker,
            database,
            _server: server,
        }
    }

    /// The people it was told of, in order.
    pub(crate) async fn told(&self) -> Vec<String> {
        texts(
            &self.database,
            &format!("SELECT subject FROM {SCHEMA}.told ORDER BY position"),
        )
        .await
    }

    /// Events that could not be handled.
    pub(crate) async fn dead_letters(&self) -> Vec<String> {
        let dead = self
            .broker
            .dead_letters(QUEUE, 10)
            .await
            .expect("an answer");
        dead.into_iter()
            .map(|letter| format!("{letter:?}"))
            .collect()
    }
}

#[async_trait]
impl Handler for Registrations {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        if event.data["userId"] != event.subject.as_str() || event.source != "/oruma/auth" {
            return Err(HandleError::poison("no registration of the subject"));
        }
        let mut conn = self.database.writer().await?;
        let conn: &mut Connection = &mut conn;
        conn.transaction(async |conn| {
            if self.inbox.first_time(conn, event.id).await? {
                let note = format!("INSERT INTO {SCHEMA}.told (subject) VALUES ($1)");
                diesel::sql_query(note)
                    .bind::<Text, _>(&event.subject)
                    .execute(conn)
                    .await?;
            }
            Ok(())
        })
        .await
    }
}
