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
    /// How many rows are wanted at the most, behind `LIMIT`. The planner does not see the values of a statement that it is to keep a plan for: it
    /// takes a bound limit for a tenth of the table, finds its plan dear, and plans anew each time, which costs more than reading a page does. So the
    /// usual numbers of a page stand in the SQL itself; others, which would make ever more prepared statements, are bound.
    Most(i64),
    /// `bigint[]`.
    Numbers(&'a [i64]),
    /// `real`.
    Real(f32),
    /// `boolean`.
    Flag(bool),
    /// `boolean[]`.
    Flags(&'a [bool]),
}

/// Pages as contracts have them by default or at the most, with the row that tells whether there is another page.
const USUAL_LIMITS: [(i64, &str); 4] = [(11, "11"), (21, "21"), (51, "51"), (101, "101")];

fn usual_limit(number: i64) -> Option<&'static str> {
    let mut usual = USUAL_LIMITS.iter();
    usual
        .find(|(limit, _)| *limit == number)
        .map(|(_, text)| *text)
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
            Self::Most(number) => match usual_limit(*number) {
                Some(text) => {
                    pass.push_sql(text);
                    Ok(())
                }
                None => pass.push_bind_param::<sql_types::BigInt, _>(number),
            },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_limits_stand_in_the_sql_and_others_are_bound() {
        let written = |limit| {
            let values = vec![Bound::Number(7), Bound::Most(limit)];
            let statement = Statement::<()>::new("SELECT ? LIMIT ?", values);
            diesel::debug_query::<Pg, _>(&statement).to_string()
        };
        assert_eq!(written(11), "SELECT $1 LIMIT 11 -- binds: [7]");
        assert_eq!(written(12), "SELECT $1 LIMIT $2 -- binds: [7, 12]");
        for (number, text) in USUAL_LIMITS {
            assert_eq!(number.to_string(), text);
        }
    }
}
