//! What no answer shows: that nothing waits, that counters equal rows, and that what services know of each other is true.

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use oruma_e2e::PrivateServers;
use oruma_postgres::{Database, DatabaseConfig};
use secrecy::SecretString;

use super::rows::Row;
use crate::figures::Findings;
use crate::ledger::Work;
use crate::town::Town;

const SCHEMAS: [&str; 6] = [
    "auth",
    "social",
    "events",
    "marketplace",
    "messaging",
    "media",
];

/// Statements that find a counter that is not the number of its rows.
const COUNTERS: [(&str, &str); 10] = [
    (
        "likes of posts",
        "SELECT id FROM social.posts p WHERE like_count <> (SELECT count(*) FROM social.post_likes WHERE post_id = p.id)",
    ),
    (
        "saves of posts",
        "SELECT id FROM social.posts p WHERE save_count <> (SELECT count(*) FROM social.post_saves WHERE post_id = p.id)",
    ),
    (
        "comments of posts",
        "SELECT id FROM social.posts p WHERE comment_count <> (SELECT count(*) FROM social.comments WHERE post_id = p.id)",
    ),
    (
        "views of posts",
        "SELECT id FROM social.posts p WHERE view_count <> (SELECT count(*) FROM social.post_views WHERE post_id = p.id)",
    ),
    (
        "registrations of events",
        "SELECT id FROM events.events e WHERE registered_count <> \
         (SELECT count(*) FROM events.registrations WHERE event_id = e.id AND status <> 'cancelled')",
    ),
    (
        "places of events",
        "SELECT id FROM events.events WHERE registered_count > capacity",
    ),
    (
        "places of messages",
        "SELECT id FROM messaging.conversations c WHERE last_sequence <> \
         (SELECT count(*) FROM messaging.messages WHERE conversation_id = c.id)",
    ),
    (
        "members of conversations",
        "SELECT id FROM messaging.conversations c WHERE member_count <> \
         (SELECT count(*) FROM messaging.members WHERE conversation_id = c.id)",
    ),
    (
        "registrations that messaging knows",
        "SELECT e.event_id FROM (SELECT event_id, user_id FROM messaging.registrations WHERE is_registered) e FULL JOIN \
         (SELECT event_id, user_id FROM events.registrations WHERE status <> 'cancelled') r USING (event_id, user_id) \
         WHERE e.event_id IS NULL OR r.event_id IS NULL",
    ),
    (
        "names that messaging knows",
        "SELECT p.user_id FROM messaging.people p JOIN auth.users u ON u.id = p.user_id WHERE p.display_name <> u.display_name",
    ),
];

/// The database of a run.
pub(crate) struct Records(Database);

impl Records {
    pub(crate) fn of(servers: &PrivateServers) -> Self {
        let config = DatabaseConfig {
            url: SecretString::from(servers.url("DATABASE_URL")),
            pool_size: 2,
            schema: "auth",
            trace_statements: false,
        };
        Self(Database::connect(&config).expect("a pool is made"))
    }

    /// The rows of a query with one column.
    async fn texts(&self, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Found {
            #[diesel(sql_type = Text)]
            text: String,
        }
        let mut conn = self.0.reader().await.expect("a connection");
        let query =
            format!("SELECT coalesce(text::text, '') AS text FROM ({query}) AS rows (text)");
        let rows: Vec<Found> = diesel::sql_query(query)
            .load(&mut conn)
            .await
            .expect("rows");
        rows.into_iter().map(|row| row.text).collect()
    }

    /// Whether every outbox is empty.
    pub(crate) async fn nothing_waits(&self) -> bool {
        for schema in SCHEMAS {
            if !self
                .texts(&format!("SELECT id FROM {schema}.outbox"))
                .await
                .is_empty()
            {
                return false;
            }
        }
        true
    }

    /// Looks at what no answer shows.
    pub(crate) async fn check(&self, town: &Town, rows: &[Row], findings: &mut Findings) {
        for schema in SCHEMAS {
            let dead = format!("SELECT queue || ': ' || reason FROM {schema}.dead_letters");
            let dead = self.texts(&dead).await;
            let dead = dead.into_iter().map(|one| format!("dead letter: {one}"));
            findings.broken.extend(dead);
        }
        for (what, statement) in COUNTERS {
            for id in self.texts(statement).await {
                findings.broken.push(format!("{what}: {id}"));
            }
        }
        self.notifications(town, rows, findings).await;
    }

    /// Each direct message has told its receiver once.
    async fn notifications(&self, town: &Town, rows: &[Row], findings: &mut Findings) {
        let told = format!(
            "SELECT user_id || ' ' || excerpt FROM messaging.notifications WHERE kind = 'message' AND excerpt LIKE '%{}%'",
            town.name
        );
        let mut told = self.texts(&told).await;
        findings.seen.insert("notifications".to_owned(), told.len());
        told.sort_unstable();
        let distinct = {
            let mut distinct = told.clone();
            distinct.dedup();
            distinct
        };
        if distinct.len() < told.len() {
            let more = told.len() - distinct.len();
            findings.doubled.push(format!("{more} notifications"));
        }
        let meant = rows.iter().filter(|row| row.work == Work::DirectMessage);
        for row in meant {
            let notification = format!("{} {}", row.place, row.content);
            if distinct.binary_search(&notification).is_err() {
                findings.lost.push(format!("the notification of {row:?}"));
            }
        }
    }
}
