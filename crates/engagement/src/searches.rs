//! What people search for (O-187).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement};

/// The searches of one service.
#[derive(Debug)]
pub struct Searches {
    /// Values: time, words, filters, counts.
    record: String,
    /// Values: time, how many.
    popular: String,
    /// Value: time.
    forget: String,
}

/// Searches for the same words with the same filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedSearch {
    /// The words.
    pub query: String,
    /// What narrowed them; empty for nothing.
    pub filters: String,
    /// How often.
    pub count: i64,
}

impl Searches {
    /// Those in the table `searches` of a schema.
    #[must_use]
    pub fn new(schema: &str) -> Self {
        Self {
            record: format!(
                "INSERT INTO {schema}.searches AS s (day, query, filters, count)
                 SELECT (?::timestamptz AT TIME ZONE 'UTC')::date, query, filters, sum(count)
                 FROM unnest(?, ?, ?) AS new (query, filters, count) GROUP BY query, filters ORDER BY query, filters
                 ON CONFLICT (day, query, filters) DO UPDATE SET count = s.count + excluded.count"
            ),
            popular: format!(
                "SELECT query, filters, sum(count)::bigint FROM {schema}.searches
                 WHERE day >= (?::timestamptz AT TIME ZONE 'UTC')::date
                 GROUP BY query, filters ORDER BY 3 DESC, query, filters LIMIT ?"
            ),
            forget: format!(
                "DELETE FROM {schema}.searches WHERE day < (?::timestamptz AT TIME ZONE 'UTC')::date"
            ),
        }
    }

    /// Adds to the searches of a day. The rows come in the order of their key, so that several replicas only wait for each other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record(
        &self,
        conn: &mut Connection,
        searches: &[CountedSearch],
        now: DateTime<Utc>,
    ) -> QueryResult<()> {
        let queries: Vec<String> = searches.iter().map(|search| search.query.clone()).collect();
        let filters: Vec<String> = searches
            .iter()
            .map(|search| search.filters.clone())
            .collect();
        let counts: Vec<i64> = searches.iter().map(|search| search.count).collect();
        let values = vec![
            Bound::Time(now),
            Bound::Texts(&queries),
            Bound::Texts(&filters),
            Bound::Numbers(&counts),
        ];
        Statement::<()>::new(&self.record, values)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// What was searched for most since a time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn popular(
        &self,
        conn: &mut Connection,
        since: DateTime<Utc>,
        limit: i64,
    ) -> QueryResult<Vec<CountedSearch>> {
        let values = vec![Bound::Time(since), Bound::Number(limit)];
        let rows: Vec<(String, String, i64)> =
            Statement::<(Text, Text, BigInt)>::new(&self.popular, values)
                .load(conn)
                .await?;
        Ok(rows
            .into_iter()
            .map(|(query, filters, count)| CountedSearch {
                query,
                filters,
                count,
            })
            .collect())
    }

    /// Forgets the searches of days before a time, and returns how many rows that were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_before(
        &self,
        conn: &mut Connection,
        time: DateTime<Utc>,
    ) -> QueryResult<usize> {
        Statement::<()>::new(&self.forget, vec![Bound::Time(time)])
            .execute(conn)
            .await
    }
}
