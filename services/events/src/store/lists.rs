//! Lists of events: one statement a page, put together from fixed parts with bound values.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use diesel::sql_types::{BigInt, Float, Text, Timestamptz};
use diesel::{QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::UserId;
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use oruma_text::search_words;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rows::{SeenEventRow, event_columns, seen_event_columns};
use crate::domain::event::{CountedCategory, SeenEvent};
use crate::domain::filters::{Filters, Sort};
use crate::domain::status::EventStatus;

/// Where a page ended: what its list is sorted by, and the event. The rank of words is kept by its bits, so that it compares equal to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    rank: u32,
    time: DateTime<Utc>,
    first: i64,
    second: i64,
    id: Uuid,
}

/// An event of a list, and its place there.
#[derive(Debug)]
pub struct Listed {
    /// The event.
    pub event: SeenEvent,
    /// Its place.
    pub position: Position,
}

/// Some events of a list.
#[derive(Debug)]
pub struct Page {
    /// The events.
    pub events: Vec<Listed>,
    /// How many the list has in all.
    pub total: i64,
}

/// How a list is sorted: fixed parts of its statement.
struct Order {
    /// The columns that it is sorted by, besides the id.
    columns: &'static str,
    /// After the last event before, whose values are bound.
    after: &'static str,
    /// From the first to the last.
    by: &'static str,
}

impl Sort {
    const fn order(self) -> Order {
        match self {
            Self::Date => Order {
                columns: "0::real AS rank, e.starts_at AS time, 0::bigint AS first, 0::bigint AS second",
                after: "(m.time, m.id) > (?, ?)",
                by: "m.time, m.id",
            },
            Self::Recent => Order {
                columns: "0::real AS rank, e.created_at AS time, 0::bigint AS first, 0::bigint AS second",
                after: "(m.time, m.id) < (?, ?)",
                by: "m.time DESC, m.id DESC",
            },
            Self::Popularity => Order {
                columns: "0::real AS rank, e.created_at AS time, e.registered_count AS first, e.save_count AS second",
                after: "(m.first, m.second, m.id) < (?, ?, ?)",
                by: "m.first DESC, m.second DESC, m.id DESC",
            },
            Self::Capacity => Order {
                columns: "0::real AS rank, e.created_at AS time,
                          coalesce(e.capacity - e.registered_count, 9223372036854775807) AS first, 0::bigint AS second",
                after: "(m.first, m.id) < (?, ?)",
                by: "m.first DESC, m.id DESC",
            },
            Self::Best => Order {
                columns: "ts_rank(e.search, wanted.query) AS rank, e.created_at AS time, 0::bigint AS first, 0::bigint AS second",
                after: "(m.rank, m.time, m.id) < (?, ?, ?)",
                by: "m.rank DESC, m.time DESC, m.id DESC",
            },
        }
    }

    /// The values of the part [`Order::after`].
    fn bind(self, position: Position) -> Vec<Bound<'static>> {
        let (time, id) = (Bound::Time(position.time), Bound::Id(position.id));
        let first = Bound::Number(position.first);
        match self {
            Self::Date | Self::Recent => vec![time, id],
            Self::Popularity => vec![first, Bound::Number(position.second), id],
            Self::Capacity => vec![first, id],
            Self::Best => vec![Bound::Real(f32::from_bits(position.rank)), time, id],
        }
    }
}

/// A statement that grows.
#[derive(Default)]
struct Sql<'a> {
    text: String,
    values: Vec<Bound<'a>>,
}

impl<'a> Sql<'a> {
    fn add(&mut self, text: &str, values: impl IntoIterator<Item = Bound<'a>>) {
        self.text.push_str(text);
        self.values.extend(values);
    }

    /// One more condition, unless it narrows nothing.
    fn and(&mut self, narrows: bool, condition: &'static str, value: Bound<'a>) {
        if narrows {
            self.add(condition, [value]);
        }
    }

    fn and_day(&mut self, condition: &'static str, day: Option<NaiveDate>) {
        if let Some(day) = day {
            let midnight = day.and_time(NaiveTime::MIN).and_utc();
            self.add(condition, [Bound::Time(midnight)]);
        }
    }

    /// The rule of [`EventStatus::at`].
    fn and_status(&mut self, status: Option<EventStatus>, now: DateTime<Utc>) {
        let now = Bound::Time(now);
        match status {
            None => {}
            Some(EventStatus::Cancelled) => self.add(" AND e.cancelled_at IS NOT NULL", []),
            Some(EventStatus::Upcoming) => {
                self.add(" AND e.cancelled_at IS NULL AND e.starts_at > ?", [now]);
            }
            Some(EventStatus::Ongoing) => self.add(
                " AND e.cancelled_at IS NULL AND e.starts_at <= ? AND e.ends_at > ?",
                [now, now],
            ),
            Some(EventStatus::Completed) => {
                self.add(" AND e.cancelled_at IS NULL AND e.ends_at <= ?", [now]);
            }
        }
    }

    /// What the list has, as the part `matching`.
    fn matching(
        &mut self,
        filters: &'a Filters,
        words: &'a str,
        viewer: UserId,
        now: DateTime<Utc>,
    ) {
        let order = filters.sort.order();
        self.add("WITH matching AS (SELECT e.id, ", []);
        self.add(order.columns, []);
        self.add(" FROM events.events e", []);
        if filters.query.is_empty() {
            self.add(" WHERE true", []);
        } else {
            let from = ", websearch_to_tsquery('english', ?) AS wanted (query) WHERE e.search @@ wanted.query";
            self.add(from, [Bound::Text(words)]);
        }
        let viewer = Bound::Id(viewer.as_uuid());
        let text = |text: &'a String| (!text.is_empty(), Bound::Text(text));
        let (narrows, value) = text(&filters.category);
        self.and(narrows, " AND e.category = ?", value);
        let (narrows, value) = text(&filters.university);
        self.and(narrows, " AND e.university = ?", value);
        let (narrows, value) = text(&filters.location);
        self.and(narrows, " AND strpos(e.folded_location, ?) > 0", value);
        let tags = Bound::Texts(&filters.tags);
        self.and(!filters.tags.is_empty(), " AND e.tags && ?", tags);
        if let Some(organizer) = filters.organizer {
            self.add(" AND e.organizer_id = ?", [Bound::Id(organizer.as_uuid())]);
        }
        self.and_day(
            " AND e.day = (?::timestamptz AT TIME ZONE 'UTC')::date",
            filters.date,
        );
        self.and_day(
            " AND e.day >= (?::timestamptz AT TIME ZONE 'UTC')::date",
            filters.from,
        );
        self.and_day(
            " AND e.day <= (?::timestamptz AT TIME ZONE 'UTC')::date",
            filters.to,
        );
        self.and_status(filters.status, now);
        let registered = " AND e.id IN (SELECT r.event_id FROM events.registrations r WHERE r.user_id = ? AND r.status <> 'cancelled')";
        self.and(filters.registered, registered, viewer);
        let saved =
            " AND e.id IN (SELECT s.event_id FROM events.event_saves s WHERE s.user_id = ?)";
        self.and(filters.saved, saved, viewer);
        self.add(")", []);
    }
}

/// A page of a list with the length of the whole list, which is told even where the page is empty.
///
/// # Errors
/// When the database fails.
pub async fn page(
    conn: &mut Connection,
    filters: &Filters,
    viewer: UserId,
    now: DateTime<Utc>,
    after: Option<Position>,
    limit: i64,
) -> QueryResult<Page> {
    const ROWS: &str = concat!(
        ") SELECT counted.total, listed.* FROM (SELECT count(*) AS total FROM matching) AS counted
         LEFT JOIN (SELECT m.rank, m.time, m.first, m.second, ",
        seen_event_columns!(),
        " FROM page m JOIN events.events e ON e.id = m.id) AS listed ON true"
    );
    let words = search_words(&filters.query);
    let order = filters.sort.order();
    let user = Bound::Id(viewer.as_uuid());
    let mut sql = Sql::default();
    sql.matching(filters, &words, viewer, now);
    sql.add(", page AS (SELECT * FROM matching m", []);
    if let Some(position) = after {
        sql.add(" WHERE ", []);
        sql.add(order.after, filters.sort.bind(position));
    }
    sql.add(" ORDER BY ", []);
    sql.add(order.by, []);
    sql.add(" LIMIT ?", [Bound::Number(limit)]);
    sql.add(ROWS, [user, user]);
    // The page keeps its order by being sorted once more: a join need not.
    sql.add(" ORDER BY ", []);
    sql.add(&order.by.replace("m.", "listed."), []);
    let rows: Vec<CountedRow> = Statement::<Untyped>::new(&sql.text, sql.values)
        .load(conn)
        .await?;
    Ok(Page {
        total: rows.as_slice().first().map_or(0, |row| row.total),
        events: rows
            .into_iter()
            .filter_map(|row| row.listed)
            .map(Listed::from)
            .collect(),
    })
}

/// The categories of events that are not over, the most used first.
///
/// # Errors
/// When the database fails.
pub async fn categories(
    conn: &mut Connection,
    now: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<CountedCategory>> {
    const CATEGORIES: &str =
        "SELECT category, count(*) FROM events.events WHERE cancelled_at IS NULL AND ends_at > ?
         GROUP BY category ORDER BY 2 DESC, category LIMIT ?";
    let values = vec![Bound::Time(now), Bound::Number(most)];
    let rows: Vec<(String, i64)> = Statement::<(Text, BigInt)>::new(CATEGORIES, values)
        .load(conn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(name, count)| CountedCategory { name, count })
        .collect())
}

#[derive(QueryableByName)]
struct CountedRow {
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(embed)]
    listed: Option<ListedRow>,
}

#[derive(QueryableByName)]
struct ListedRow {
    #[diesel(embed)]
    event: SeenEventRow,
    #[diesel(sql_type = Float)]
    rank: f32,
    #[diesel(sql_type = Timestamptz)]
    time: DateTime<Utc>,
    #[diesel(sql_type = BigInt)]
    first: i64,
    #[diesel(sql_type = BigInt)]
    second: i64,
}

impl From<ListedRow> for Listed {
    fn from(row: ListedRow) -> Self {
        let event = SeenEvent::from(row.event);
        Self {
            position: Position {
                rank: row.rank.to_bits(),
                time: row.time,
                first: row.first,
                second: row.second,
                id: event.event.id.as_uuid(),
            },
            event,
        }
    }
}
