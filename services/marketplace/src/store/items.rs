//! Items, one at a time.

use chrono::{DateTime, Utc};
use diesel::{OptionalExtension, QueryResult};
use diesel_async::RunQueryDsl;
use oruma_ids::{ItemId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};

use super::rows::{ItemRow, SeenItemRow, item_columns, seen_item_columns, with_seller};
use crate::domain::item::{Item, ItemBody, SeenItem};
use crate::domain::sale::Sale;

/// What a search reads. Values: title, description.
macro_rules! search_vector {
    () => {
        "setweight(to_tsvector('english', ?), 'A') || setweight(to_tsvector('english', ?), 'B')"
    };
}

const INSERT: &str = concat!(
    "INSERT INTO marketplace.items AS i (title, description, price_cents, condition, category, images, specification_labels,
         specification_values, location, tags, search, updated_at, created_at, id, seller_id, university)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ",
    search_vector!(),
    ", ?, ?, ?, ?, ?) RETURNING ",
    item_columns!()
);

const UPDATE: &str = concat!(
    "UPDATE marketplace.items AS i SET title = ?, description = ?, price_cents = ?, condition = ?, category = ?, images = ?,
         specification_labels = ?, specification_values = ?, location = ?, tags = ?, search = ",
    search_vector!(),
    ", updated_at = ?, status = ?, buyer_id = ? WHERE i.id = ? RETURNING ",
    item_columns!()
);

const FIND: &str = concat!(
    "SELECT ",
    seen_item_columns!(),
    " FROM marketplace.items",
    with_seller!(),
    "WHERE i.id = ?"
);

macro_rules! of_id {
    ($lock:literal) => {
        concat!(
            "SELECT ",
            item_columns!(),
            " FROM marketplace.items i WHERE i.id = ? ",
            $lock
        )
    };
}

const LOCK: &str = of_id!("FOR NO KEY UPDATE");
const LOCK_TO_DELETE: &str = of_id!("FOR UPDATE");

/// An item to be.
#[derive(Debug)]
pub struct NewItem<'a> {
    /// The id.
    pub id: ItemId,
    /// Who sells it.
    pub seller: UserId,
    /// The seller's university; empty for none.
    pub university: &'a str,
    /// What the seller says.
    pub body: &'a ItemBody,
    /// Now.
    pub created_at: DateTime<Utc>,
}

/// Labels and values of the specifications, apart.
struct Lists {
    labels: Vec<String>,
    values: Vec<String>,
}

impl Lists {
    fn of(body: &ItemBody) -> Self {
        let specifications = body.specifications.iter().cloned();
        let (labels, values) = specifications.map(|it| (it.label, it.value)).unzip();
        Self { labels, values }
    }

    /// The values of a body, with those of its search.
    fn bound<'a>(&'a self, body: &'a ItemBody) -> Vec<Bound<'a>> {
        vec![
            Bound::Text(&body.title),
            Bound::Text(&body.description),
            Bound::Number(body.price.cents()),
            Bound::Text(body.condition.name()),
            Bound::Text(&body.category),
            Bound::Texts(&body.images),
            Bound::Texts(&self.labels),
            Bound::Texts(&self.values),
            Bound::Text(&body.location),
            Bound::Texts(&body.tags),
            Bound::Text(&body.title),
            Bound::Text(&body.description),
        ]
    }
}

/// Inserts an item.
///
/// # Errors
/// When the database fails.
pub async fn insert(conn: &mut Connection, new: &NewItem<'_>) -> QueryResult<Item> {
    let lists = Lists::of(new.body);
    let mut values = lists.bound(new.body);
    values.extend([
        Bound::Time(new.created_at),
        Bound::Time(new.created_at),
        Bound::Id(new.id.as_uuid()),
        Bound::Id(new.seller.as_uuid()),
        Bound::Text(new.university),
    ]);
    let row: ItemRow = Statement::<Untyped>::new(INSERT, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// Replaces what an item says and how far its sale is. The caller holds its lock.
///
/// # Errors
/// When the database fails.
pub async fn update(
    conn: &mut Connection,
    id: ItemId,
    body: &ItemBody,
    sale: Sale,
    now: DateTime<Utc>,
) -> QueryResult<Item> {
    let lists = Lists::of(body);
    let mut values = lists.bound(body);
    values.extend([
        Bound::Time(now),
        Bound::Text(sale.status.name()),
        Bound::MaybeId(sale.buyer.map(UserId::as_uuid)),
        Bound::Id(id.as_uuid()),
    ]);
    let row: ItemRow = Statement::<Untyped>::new(UPDATE, values)
        .get_result(conn)
        .await?;
    Ok(row.into())
}

/// An item, as a viewer sees it.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Connection,
    id: ItemId,
    viewer: UserId,
) -> QueryResult<Option<SeenItem>> {
    let values = vec![Bound::Id(viewer.as_uuid()), Bound::Id(id.as_uuid())];
    let row: Option<SeenItemRow> = Statement::<Untyped>::new(FIND, values)
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(|row| row.seen_by(viewer)))
}

/// Locks an item, so that its changes, counters and events keep their order until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, id: ItemId) -> QueryResult<Option<Item>> {
    locked(conn, LOCK, id).await
}

/// Locks an item for its removal.
///
/// # Errors
/// When the database fails.
pub async fn lock_to_delete(conn: &mut Connection, id: ItemId) -> QueryResult<Option<Item>> {
    locked(conn, LOCK_TO_DELETE, id).await
}

async fn locked(conn: &mut Connection, sql: &'static str, id: ItemId) -> QueryResult<Option<Item>> {
    let row: Option<ItemRow> = Statement::<Untyped>::new(sql, vec![Bound::Id(id.as_uuid())])
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(Item::from))
}

/// Removes an item; what hangs on it goes along.
///
/// # Errors
/// When the database fails.
pub async fn delete(conn: &mut Connection, id: ItemId) -> QueryResult<()> {
    const DELETE: &str = "DELETE FROM marketplace.items WHERE id = ?";
    Statement::<()>::new(DELETE, vec![Bound::Id(id.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Some items of a person, locked for their removal.
///
/// # Errors
/// When the database fails.
pub async fn lock_some_of(
    conn: &mut Connection,
    seller: UserId,
    most: i64,
) -> QueryResult<Vec<Item>> {
    const LOCK_SOME: &str = concat!(
        "SELECT ",
        item_columns!(),
        " FROM marketplace.items i WHERE i.seller_id = ? ORDER BY i.id LIMIT ? FOR UPDATE"
    );
    let values = vec![Bound::Id(seller.as_uuid()), Bound::Number(most)];
    let rows: Vec<ItemRow> = Statement::<Untyped>::new(LOCK_SOME, values)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Takes the name of a person who is gone out of some sales, and returns of how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_buyer(conn: &mut Connection, buyer: UserId, most: i64) -> QueryResult<usize> {
    const FORGET: &str = "UPDATE marketplace.items SET buyer_id = NULL WHERE id IN (
        SELECT id FROM marketplace.items WHERE buyer_id = ? ORDER BY id LIMIT ? FOR NO KEY UPDATE)";
    let values = vec![Bound::Id(buyer.as_uuid()), Bound::Number(most)];
    Statement::<()>::new(FORGET, values).execute(conn).await
}
