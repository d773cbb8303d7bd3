//! Lists of items. A page is one statement, put together from the fixed fragments of the filters that are asked for, so that the planner sees
//! no more conditions than there are.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Float, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ItemId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{SeenItemRow, item_columns, seen_item_columns, with_seller};
use crate::domain::filter::{Filters, Sort};
use crate::domain::item::{Category, SeenItem};

/// Where a page ended: what the list is sorted by, and the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// By time.
    Recent(DateTime<Utc>, Uuid),
    /// By price, either way.
    Price(i64, Uuid),
    /// By saves and views.
    Popular(i64, i64, Uuid),
    /// By rank, kept by its bits so that it compares equal to itself, and time.
    Best(u32, DateTime<Utc>, Uuid),
}

impl Position {
    fn values(self) -> Vec<Bound<'static>> {
        match self {
            Self::Recent(time, id) => vec![Bound::Time(time), Bound::Id(id)],
            Self::Price(cents, id) => vec![Bound::Number(cents), Bound::Id(id)],
            Self::Popular(saves, views, id) => {
                vec![Bound::Number(saves), Bound::Number(views), Bound::Id(id)]
            }
            Self::Best(rank, time, id) => vec![
                Bound::Real(f32::from_bits(rank)),
                Bound::Time(time),
                Bound::Id(id),
            ],
        }
    }
}

/// An item of a list, and its place there.
#[derive(Debug)]
pub struct Listed {
    /// The item.
    pub item: SeenItem,
    rank: u32,
}

impl Listed {
    /// Its place in a list that is sorted so.
    #[must_use]
    pub const fn position(&self, sort: Sort) -> Position {
        let item = &self.item.item;
        let id = item.id.as_uuid();
        match sort {
            Sort::Recent => Position::Recent(item.created_at, id),
            Sort::PriceLow | Sort::PriceHigh => Position::Price(item.body.price.cents(), id),
            Sort::Popular => Position::Popular(item.save_count, item.view_count, id),
            Sort::Best => Position::Best(self.rank, item.created_at, id),
        }
    }
}

/// The order of a list, and what comes after a position in it.
const fn order(sort: Sort) -> (&'static str, &'static str) {
    match sort {
        Sort::Recent => (
            "i.created_at DESC, i.id DESC",
            "(i.created_at, i.id) < (?, ?)",
        ),
        Sort::PriceLow => ("i.price_cents, i.id", "(i.price_cents, i.id) > (?, ?)"),
        Sort::PriceHigh => (
            "i.price_cents DESC, i.id DESC",
            "(i.price_cents, i.id) < (?, ?)",
        ),
        Sort::Popular => (
            "i.save_count DESC, i.view_count DESC, i.id DESC",
            "(i.save_count, i.view_count, i.id) < (?, ?, ?)",
        ),
        Sort::Best => (
            "i.rank DESC, i.created_at DESC, i.id DESC",
            "(i.rank, i.created_at, i.id) < (?, ?, ?)",
        ),
    }
}

/// The items that filters leave, as the table expression `found`.
fn found<'a>(filters: &'a Filters, viewer: UserId, values: &mut Vec<Bound<'a>>) -> String {
    let mut sql = "WITH found AS NOT MATERIALIZED (SELECT i.*, ".to_owned();
    match filters
        .words
        .as_deref()
        .filter(|_| filters.sort == Sort::Best)
    {
        Some(words) => {
            sql += "ts_rank(i.search, websearch_to_tsquery('english', ?))";
            values.push(Bound::Text(words));
        }
        None => sql += "0::real",
    }
    sql += " AS rank FROM marketplace.items i WHERE true";
    let mut narrow = |condition: &'static str, value: Option<Bound<'a>>| {
        if let Some(value) = value {
            sql += condition;
            values.push(value);
        }
    };
    let text = |text: &'a Option<String>| text.as_deref().map(Bound::Text);
    let texts = |texts: &'a Option<Vec<String>>| texts.as_deref().map(Bound::Texts);
    let words = text(&filters.words);
    narrow(" AND i.search @@ websearch_to_tsquery('english', ?)", words);
    narrow(" AND i.category = ?", text(&filters.category));
    narrow(" AND i.condition = ANY (?)", texts(&filters.conditions));
    narrow(
        " AND i.price_cents >= ?",
        filters.price_min.map(Bound::Number),
    );
    narrow(
        " AND i.price_cents <= ?",
        filters.price_max.map(Bound::Number),
    );
    narrow(" AND i.university = ?", text(&filters.university));
    narrow(" AND i.tags && ?", texts(&filters.tags));
    let status = filters.status.map(|status| Bound::Text(status.name()));
    narrow(" AND i.status = ?", status);
    let seller = filters.seller.map(|seller| Bound::Id(seller.as_uuid()));
    narrow(" AND i.seller_id = ?", seller);
    narrow(
        " AND i.id IN (SELECT m.item_id FROM marketplace.item_saves m WHERE m.user_id = ?)",
        filters.saved.then_some(Bound::Id(viewer.as_uuid())),
    );
    sql + ")"
}

/// The items that filters leave after a position, and how many they leave in all.
///
/// # Errors
/// When the database fails.
pub async fn page(
    conn: &mut Connection,
    filters: &Filters,
    viewer: UserId,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<(Vec<Listed>, i64)> {
    let mut values = Vec::new();
    let mut sql = found(filters, viewer, &mut values);
    let (order, follows) = order(filters.sort);
    sql += ", page AS (SELECT * FROM found i WHERE ";
    match after {
        Some(position) => {
            sql += follows;
            values.extend(position.values());
        }
        None => sql += "true",
    }
    sql = sql + " ORDER BY " + order + " LIMIT ?) SELECT " + PAGE_COLUMNS + order;
    values.extend([Bound::Number(limit), Bound::Id(viewer.as_uuid())]);
    let rows: Vec<ListedRow> = Unkept(Statement::new(&sql, values)).load(conn).await?;
    let total = match rows.as_slice().first() {
        Some(first) => first.total,
        // What was there after the position has gone; nothing before it is asked for.
        None if after.is_some() => count(conn, filters, viewer).await?,
        None => 0,
    };
    let listed = rows.into_iter().map(|row| row.seen_by(viewer)).collect();
    Ok((listed, total))
}

const PAGE_COLUMNS: &str = concat!(
    seen_item_columns!(),
    ", i.rank, (SELECT count(*) FROM found) AS total FROM page",
    with_seller!(),
    "ORDER BY "
);

async fn count(conn: &mut Connection, filters: &Filters, viewer: UserId) -> QueryResult<i64> {
    let mut values = Vec::new();
    let sql = found(filters, viewer, &mut values) + " SELECT count(*) AS total FROM found";
    let counted: Counted = Unkept(Statement::new(&sql, values))
        .get_result(conn)
        .await?;
    Ok(counted.total)
}

/// Those that can be had among the newest of the same category, with a tag in common, or with a word of the title; most alike first. Values: the
/// item, the viewer, how many.
const SIMILAR: &str = concat!(
    "WITH this AS MATERIALIZED (
         SELECT id, category, price_cents, tags, replace(plainto_tsquery('english', title)::text, '&', '|')::tsquery AS words
         FROM marketplace.items WHERE id = ?
     ), alike AS (
         (SELECT i.id FROM this, marketplace.items i WHERE i.category = this.category AND i.status = 'available'
          ORDER BY i.created_at DESC, i.id DESC LIMIT 200)
         UNION
         (SELECT i.id FROM this, marketplace.items i WHERE i.tags && this.tags AND i.status = 'available'
          ORDER BY i.created_at DESC, i.id DESC LIMIT 200)
         UNION
         (SELECT i.id FROM this, marketplace.items i WHERE i.search @@ this.words AND i.status = 'available'
          ORDER BY i.created_at DESC, i.id DESC LIMIT 200)
     ), ranked AS (
         SELECT i.*, (CASE WHEN i.category = this.category THEN 3 ELSE 0 END)
             + (SELECT count(*) FROM unnest(i.tags) AS tag WHERE tag = ANY (this.tags))
             + 2 * least(i.price_cents, this.price_cents)::float8 / greatest(i.price_cents, this.price_cents)
             + 2 * ts_rank(i.search, this.words) AS likeness
         FROM this, alike JOIN marketplace.items i ON i.id = alike.id WHERE i.id <> this.id
     )
     SELECT ",
    seen_item_columns!(),
    " FROM ranked",
    with_seller!(),
    "ORDER BY i.likeness DESC, i.created_at DESC, i.id DESC LIMIT ?"
);

/// Items that can be had and resemble one, most alike first, never itself.
///
/// # Errors
/// When the database fails.
pub async fn similar(
    conn: &mut Connection,
    id: ItemId,
    viewer: UserId,
    limit: i64,
) -> QueryResult<Vec<SeenItem>> {
    let values = vec![
        Bound::Id(id.as_uuid()),
        Bound::Id(viewer.as_uuid()),
        Bound::Number(limit),
    ];
    let rows: Vec<SeenItemRow> = Statement::<Untyped>::new(SIMILAR, values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| row.seen_by(viewer)).collect())
}

/// The categories of items that can be had, the most used first.
///
/// # Errors
/// When the database fails.
pub async fn categories(conn: &mut Connection, most: i64) -> QueryResult<Vec<Category>> {
    const CATEGORIES: &str =
        "SELECT category, count(*) FROM marketplace.items WHERE status = 'available'
        GROUP BY category ORDER BY count(*) DESC, category LIMIT ?";
    let rows: Vec<(String, i64)> =
        Statement::<(Text, BigInt)>::new(CATEGORIES, vec![Bound::Number(most)])
            .load(conn)
            .await?;
    Ok(rows
        .into_iter()
        .map(|(id, count)| Category { id, count })
        .collect())
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    total: i64,
}

#[derive(QueryableByName)]
struct ListedRow {
    #[diesel(embed)]
    item: SeenItemRow,
    #[diesel(sql_type = Float)]
    rank: f32,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

impl ListedRow {
    fn seen_by(self, viewer: UserId) -> Listed {
        Listed {
            rank: self.rank.to_bits(),
            item: self.item.seen_by(viewer),
        }
    }
}

/// A statement that no connection keeps: there are more combinations of filters than a server should remember, and each is planned best for its
/// own values.
struct Unkept<'a>(Statement<'a, Untyped>);

impl QueryFragment<Pg> for Unkept<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.unsafe_to_cache_prepared();
        self.0.walk_ast(pass)
    }
}

impl QueryId for Unkept<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Unkept<'_> {
    type SqlType = Untyped;
}
