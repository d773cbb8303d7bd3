//! SQL whose prepared form a connection keeps.
//!
//! `diesel::sql_query` is parsed and planned by the server each time. A statement that is used often is better prepared once a connection.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
pub use diesel::sql_types::Untyped;
use diesel::sql_types::{self, Array, Nullable};
use uuid::Uuid;

/// SQL with a `?` for each of its values, in their order. `Row` is the SQL type of what it returns: [`Untyped`] for rows that are
/// read by the names of their columns.
pub struct Statement<'a, Row = ()> {
    sql: &'a str,
    values: Vec<Bound<'a>>,
    row: PhantomData<Row>,
}

/// A value of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Bound<'a> {
    /// `uuid`.
    Id(Uuid),
    /// `uuid` or null.
    MaybeId(Option<Uuid>),
    /// `uuid[]`.
    Ids(&'a [Uuid]),
    /// `text`.
    Text(&'a str),
    /// `text[]`.
    Texts(&'a [String]),
    /// `timestamptz`.
    Time(DateTime<Utc>),
    /// `timestamptz[]`.
    Times(&'a [DateTime<Utc>]),
    /// `bigint`.
    Number(i64),
    /// `bigint[]`.
    Numbers(&'a [i64]),
    /// `real`.
    Real(f32),
    /// `boolean`.
    Flag(bool),
    /// `boolean[]`.
    Flags(&'a [bool]),
}

// === impl Statement ===

impl<'a, Row> Statement<'a, Row> {
    /// Fills in the values; as many as there are `?`.
    #[must_use]
    pub fn new(sql: &'a str, values: Vec<Bound<'a>>) -> Self {
        Self {
            sql,
            values,
            row: PhantomData,
        }
    }
}

impl<Row> QueryFragment<Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (nth, text) in self.sql.split('?').enumerate() {
            if nth > 0
                && let Some(value) = values.next()
            {
                value.push(&mut pass)?;
            }
            pass.push_sql(text);
        }
        Ok(())
    }
}

impl Bound<'_> {
    fn push<'b>(&'b self, pass: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Id(id) => pass.push_bind_param::<sql_types::Uuid, _>(id),
            Self::MaybeId(id) => pass.push_bind_param::<Nullable<sql_types::Uuid>, _>(id),
            Self::Ids(ids) => pass.push_bind_param::<Array<sql_types::Uuid>, _>(ids),
            Self::Text(text) => pass.push_bind_param::<sql_types::Text, _>(text),
            Self::Texts(texts) => pass.push_bind_param::<Array<sql_types::Text>, _>(texts),
            Self::Time(time) => pass.push_bind_param::<sql_types::Timestamptz, _>(time),
            Self::Times(times) => pass.push_bind_param::<Array<sql_types::Timestamptz>, _>(times),
            Self::Number(number) => pass.push_bind_param::<sql_types::BigInt, _>(number),
            Self::Numbers(numbers) => pass.push_bind_param::<Array<sql_types::BigInt>, _>(numbers),
            Self::Real(number) => pass.push_bind_param::<sql_types::Float, _>(number),
            Self::Flag(flag) => pass.push_bind_param::<sql_types::Bool, _>(flag),
            Self::Flags(flags) => pass.push_bind_param::<Array<sql_types::Bool>, _>(flags),
        }
    }
}

// The text of the SQL, and not its Rust type, tells one prepared statement from another.
impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}
