//! SQL whose prepared form a connection keeps.
//!
//! `diesel::sql_query` is parsed by the server each time, and diesel's own builder wants a table known when this crate is
//! compiled, while the schema is each service's own.

use std::marker::PhantomData;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types;
use uuid::Uuid;

/// SQL with a `?` for each of its values, in their order. `Row` is the SQL type of what it returns.
pub(crate) struct Statement<'a, Row = ()> {
    sql: &'a str,
    values: Vec<Bound<'a>>,
    row: PhantomData<Row>,
}

/// A value of a statement.
pub(crate) enum Bound<'a> {
    Id(Uuid),
    Text(&'a str),
    Time(DateTime<Utc>),
    Number(i64),
    Numbers(&'a [i64]),
}

impl<'a, Row> Statement<'a, Row> {
    pub(crate) fn new(sql: &'a str, values: Vec<Bound<'a>>) -> Self {
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
            Self::Text(text) => pass.push_bind_param::<sql_types::Text, _>(text),
            Self::Time(time) => pass.push_bind_param::<sql_types::Timestamptz, _>(time),
            Self::Number(number) => pass.push_bind_param::<sql_types::BigInt, _>(number),
            Self::Numbers(numbers) => {
                pass.push_bind_param::<sql_types::Array<sql_types::BigInt>, _>(numbers)
            }
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
