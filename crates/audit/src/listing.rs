//! Rows of which there is a copy elsewhere, and copies.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

/// Rows that another service keeps a copy of, or that copy. The expressions are SQL over `from`.
#[derive(Debug, Clone, Copy)]
pub struct Listing {
    /// What it is called: `messaging.blocks`.
    pub name: &'static str,
    /// Where the rows are: `social.blocks b`.
    pub from: &'static str,
    /// What the rows are listed by, in an index.
    pub lead: Lead,
    /// What tells apart the rows of one lead, a text; `''` where there is one.
    pub part: &'static str,
    /// What must be the same on both sides, a text: a version or a digest, never what people wrote.
    pub value: &'static str,
    /// Since when the row is there; `NULL` where nobody asks.
    pub since: &'static str,
    /// Which rows; `true` for all.
    pub only: &'static str,
}

/// What rows are listed by.
#[derive(Debug, Clone, Copy)]
pub enum Lead {
    /// A `uuid`.
    Id(&'static str),
    /// A text that ends with a `uuid`, behind what stands here second.
    Text(&'static str, &'static str),
}

/// What a row is known by on both sides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// What it is listed by.
    pub id: Uuid,
    /// Which of that; may be empty.
    pub part: String,
}

/// Rows, with what must be the same and since when they are there.
pub type Rows = BTreeMap<RowKey, (String, Option<DateTime<Utc>>)>;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    part: String,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    since: Option<DateTime<Utc>>,
}

impl Listing {
    /// The id up to which there are `most` rows behind another; none when there are fewer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(
        &self,
        conn: &mut Connection,
        after: Uuid,
        most: i64,
    ) -> QueryResult<Option<Uuid>> {
        let (from, only) = (self.from, self.only);
        let (lead, id, bound) = (self.lead.sql(), self.lead.id(), self.lead.bound());
        let sql = format!(
            "SELECT {id} FROM {from} WHERE ({only}) AND {lead} > {bound} AND {lead} <= {bound} ORDER BY {lead} OFFSET ? LIMIT 1"
        );
        let values = vec![
            Bound::Id(after),
            Bound::Id(Uuid::max()),
            Bound::Number(most - 1),
        ];
        Statement::<SqlUuid>::new(&sql, values)
            .get_result(conn)
            .await
            .optional()
    }

    /// The rows behind an id, up to another and with that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rows(&self, conn: &mut Connection, after: Uuid, upto: Uuid) -> QueryResult<Rows> {
        let Self {
            from,
            part,
            value,
            since,
            only,
            ..
        } = self;
        let (lead, id, bound) = (self.lead.sql(), self.lead.id(), self.lead.bound());
        let sql = format!(
            "SELECT {id} AS id, {part} AS part, {value} AS value, {since}::timestamptz AS since FROM {from}
             WHERE ({only}) AND {lead} > {bound} AND {lead} <= {bound}"
        );
        let values = vec![Bound::Id(after), Bound::Id(upto)];
        let rows: Vec<Row> = Statement::<Untyped>::new(&sql, values).load(conn).await?;
        let named = rows.into_iter().map(|row| {
            let key = RowKey {
                id: row.id,
                part: row.part,
            };
            (key, (row.value, row.since))
        });
        Ok(named.collect())
    }
}

impl Lead {
    const fn sql(self) -> &'static str {
        match self {
            Self::Id(sql) | Self::Text(sql, _) => sql,
        }
    }

    fn id(self) -> String {
        match self {
            Self::Id(sql) => sql.to_owned(),
            Self::Text(sql, before) => format!("substr({sql}, {})::uuid", before.len() + 1),
        }
    }

    /// What an id is compared as.
    fn bound(self) -> String {
        match self {
            Self::Id(_) => "?".to_owned(),
            Self::Text(_, before) => format!("'{before}' || ?::text"),
        }
    }
}
