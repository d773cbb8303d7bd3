//! People.

mod credentials;
mod search;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use oruma_ids::{UniversityId, UserId};
use oruma_postgres::Connection;
use oruma_service_runtime::Role;
use uuid::Uuid;

use super::schema::auth::users;
use crate::domain::folding::fold;
use crate::domain::profile::{Availability, Preferences};
use crate::domain::user::{User, UserCard};

pub use credentials::{
    Credentials, drop_password, email_is_taken, find_credentials, password_hash, set_password,
    verify_email,
};
pub use search::{SearchWords, search};

/// A person to be.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The id.
    pub id: UserId,
    /// The unique name in mentions.
    pub handle: &'a str,
    /// The name that people see.
    pub display_name: &'a str,
    /// The address that signs in.
    pub email: &'a str,
    /// The bcrypt hash, and the contract whose policy the password met; `None` for who signs in by other means.
    pub password: Option<(&'a str, &'static str)>,
    /// When it was shown that the address is the person's.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// The phone in E.164.
    pub phone: Option<&'a str>,
    /// The university: id and name.
    pub university: Option<(UniversityId, &'a str)>,
    /// Now.
    pub created_at: DateTime<Utc>,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
struct NewUserRow<'a> {
    id: Uuid,
    handle: &'a str,
    display_name: &'a str,
    email: &'a str,
    email_verified_at: Option<DateTime<Utc>>,
    password_hash: Option<&'a str>,
    password_policy: Option<&'a str>,
    phone: Option<&'a str>,
    university_id: Option<Uuid>,
    university: &'a str,
    search_text: String,
    last_login_at: DateTime<Utc>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// Inserts a person. `None` when the handle is taken: try another.
///
/// # Errors
/// A violation of `users_email_key` when the address is taken.
pub async fn insert(conn: &mut Connection, new: &NewUser<'_>) -> QueryResult<Option<User>> {
    let row = NewUserRow {
        id: new.id.as_uuid(),
        handle: new.handle,
        display_name: new.display_name,
        email: new.email,
        email_verified_at: new.email_verified_at,
        password_hash: new.password.map(|(hash, _)| hash),
        password_policy: new.password.map(|(_, policy)| policy),
        phone: new.phone,
        university_id: new.university.map(|(id, _)| id.as_uuid()),
        university: new.university.map_or("", |(_, name)| name),
        search_text: search_text(new.handle, new.display_name, new.email),
        last_login_at: new.created_at,
        created_at: new.created_at,
        updated_at: new.created_at,
    };
    let inserted: Option<UserRow> = diesel::insert_into(users::table)
        .values(row)
        .on_conflict(users::handle)
        .do_nothing()
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(inserted.map(User::from))
}

/// A person who is not deleted.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Connection, id: UserId) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = users::table
        .find(id.as_uuid())
        .filter(users::deleted_at.is_null())
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// A person who is not deleted, by address.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(conn: &mut Connection, email: &str) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = users::table
        .filter(lower(users::email).eq(lower(email)))
        .filter(users::deleted_at.is_null())
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// The people of a role who are not deleted, in the order in which they joined.
///
/// # Errors
/// When the database fails.
pub async fn with_role(conn: &mut Connection, role: Role) -> QueryResult<Vec<User>> {
    let rows: Vec<UserRow> = users::table
        .filter(users::role.eq(role.name()))
        .filter(users::deleted_at.is_null())
        .order(users::id)
        .select(UserRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(User::from).collect())
}

/// A person who may hold tokens: neither deleted nor suspended.
///
/// # Errors
/// When the database fails.
pub async fn find_active(conn: &mut Connection, id: UserId) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = users::table
        .find(id.as_uuid())
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null())
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// The cards of these people; unknown and deleted ones are left out.
///
/// # Errors
/// When the database fails.
pub async fn cards(conn: &mut Connection, ids: &[UserId]) -> QueryResult<Vec<UserCard>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows: Vec<CardRow> = users::table
        .filter(users::id.eq_any(ids))
        .filter(users::deleted_at.is_null())
        .select(CardRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(UserCard::from).collect())
}

/// A person who is not deleted; whoever else changes it waits for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn find_to_change(conn: &mut Connection, id: UserId) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = users::table
        .find(id.as_uuid())
        .filter(users::deleted_at.is_null())
        .for_no_key_update()
        .select(UserRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Writes what a locked person says of itself. Where others see it, the version grows.
///
/// # Errors
/// When the database fails.
pub async fn save_profile(
    conn: &mut Connection,
    user: &User,
    is_seen: bool,
    now: DateTime<Utc>,
) -> QueryResult<User> {
    let preferences = serde_json::json!({
        "notifications": user.preferences.notifications,
        "soundEnabled": user.preferences.sound_enabled,
        "timezone": user.preferences.timezone,
    });
    let saved: UserRow = diesel::update(users::table.find(user.id.as_uuid()))
        .set((
            users::display_name.eq(&user.display_name),
            users::avatar_url.eq(&user.avatar_url),
            users::phone.eq(&user.phone),
            users::availability.eq(user.availability.name()),
            users::status_message.eq(&user.status_message),
            users::preferences.eq(preferences),
            users::search_text.eq(search_text(&user.handle, &user.display_name, &user.email)),
            users::version.eq(users::version + i64::from(is_seen)),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(saved.into())
}

/// Notes whether a person wants to be spoken to. `None` when that was known before.
///
/// # Errors
/// When the database fails.
pub async fn set_availability(
    conn: &mut Connection,
    id: UserId,
    availability: Availability,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .filter(users::availability.ne(availability.name()))
        .set((
            users::availability.eq(availability.name()),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Sets the phone of a profile. `None` when it was that before.
///
/// # Errors
/// When the database fails.
pub async fn set_phone(
    conn: &mut Connection,
    id: UserId,
    phone: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::phone.is_distinct_from(phone))
        .set((
            users::phone.eq(phone),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Has whoever else changes a person, or ends the sign-ins of one, wait for the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, id: UserId) -> QueryResult<()> {
    let _: Option<Uuid> = users::table
        .find(id.as_uuid())
        .for_no_key_update()
        .select(users::id)
        .first(conn)
        .await
        .optional()?;
    Ok(())
}

/// Notes a successful sign-in. `None` when the account was deleted or suspended meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn record_login(
    conn: &mut Connection,
    id: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .filter(users::suspended_at.is_null())
        .set((users::last_login_at.eq(now), users::last_seen_at.eq(now)))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Notes when people were last seen, in one statement; never back in time. The rows are locked in the order of their ids, so that
/// edges that note the same people at once only wait for each other.
///
/// # Errors
/// When the database fails.
pub async fn record_activity(
    conn: &mut Connection,
    seen: &[(UserId, DateTime<Utc>)],
) -> QueryResult<usize> {
    let (ids, times): (Vec<Uuid>, Vec<DateTime<Utc>>) =
        seen.iter().map(|(id, at)| (id.as_uuid(), *at)).unzip();
    diesel::sql_query(
        "WITH seen AS (
             SELECT id, max(at) AS at FROM unnest($1, $2) AS seen (id, at) GROUP BY id
         ), locked AS (
             SELECT users.id, seen.at FROM auth.users JOIN seen ON users.id = seen.id
             WHERE users.deleted_at IS NULL ORDER BY users.id FOR NO KEY UPDATE OF users
         )
         UPDATE auth.users SET last_seen_at = locked.at FROM locked
         WHERE users.id = locked.id AND (users.last_seen_at IS NULL OR users.last_seen_at < locked.at)",
    )
    .bind::<Array<diesel::sql_types::Uuid>, _>(ids)
    .bind::<Array<Timestamptz>, _>(times)
    .execute(conn)
    .await
}

/// Empties a person's row of everything personal. The row stays, so that its id never means anybody else. `false` when it was gone already.
///
/// # Errors
/// When the database fails.
pub async fn erase(conn: &mut Connection, id: UserId, now: DateTime<Utc>) -> QueryResult<bool> {
    let erased = diesel::sql_query(
        "UPDATE auth.users SET
             handle = 'deleted-' || number, display_name = 'Deleted account', email = NULL, email_verified_at = NULL,
             password_hash = NULL, password_policy = NULL, role = 'user', university_id = NULL, university = '',
             avatar_url = NULL, bio = NULL, phone = NULL, region = NULL, gender = NULL, birth_year = NULL, interests = '{}',
             availability = 'offline', status_message = NULL, preferences = '{}', search_text = '', suspended_reason = NULL, last_login_at = NULL, last_seen_at = NULL,
             version = version + 1, deleted_at = $2, updated_at = $2
         WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind::<diesel::sql_types::Uuid, _>(id.as_uuid())
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(erased == 1)
}

/// Keeps a person out until it is let in again. `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn suspend(
    conn: &mut Connection,
    id: UserId,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .set((
            users::suspended_at.eq(coalesce(users::suspended_at, now)),
            users::suspended_reason.eq(reason),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

/// Lets a suspended person in again. `false` when there is no such person, suspended or not.
///
/// # Errors
/// When the database fails.
pub async fn activate(conn: &mut Connection, id: UserId, now: DateTime<Utc>) -> QueryResult<bool> {
    let activated = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .set((
            users::suspended_at.eq(None::<DateTime<Utc>>),
            users::suspended_reason.eq(None::<String>),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(activated == 1)
}

/// Makes the owner of an address an administrator, whose address is taken to be verified. `false` when that was so before, or there is none.
///
/// # Errors
/// When the database fails.
pub async fn promote(conn: &mut Connection, email: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    let promoted = diesel::update(users::table)
        .filter(lower(users::email).eq(lower(email)))
        .filter(
            users::role
                .ne(Role::Admin.name())
                .or(users::email_verified_at.is_null()),
        )
        .set((
            users::role.eq(Role::Admin.name()),
            users::email_verified_at.eq(coalesce(users::email_verified_at, now)),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(promoted == 1)
}

/// Gives a person a role. `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn set_role(
    conn: &mut Connection,
    id: UserId,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<Option<User>> {
    let row: Option<UserRow> = diesel::update(users::table.find(id.as_uuid()))
        .filter(users::deleted_at.is_null())
        .set((
            users::role.eq(role.name()),
            users::version.eq(users::version + 1),
            users::updated_at.eq(now),
        ))
        .returning(UserRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    Ok(row.map(User::from))
}

fn search_text(handle: &str, display_name: &str, email: &str) -> String {
    // The address keeps its signs: people search for it as it is written.
    format!("{} {handle} {}", fold(display_name), email.to_lowercase())
}

diesel::define_sql_function! {
    /// The first that is not null.
    fn coalesce(known: diesel::sql_types::Nullable<Timestamptz>, otherwise: Timestamptz) -> diesel::sql_types::Nullable<Timestamptz>;
}

diesel::define_sql_function! {
    /// Lower case, by the database's rules: the ones of the unique index.
    fn lower(text: diesel::sql_types::Nullable<Text>) -> diesel::sql_types::Nullable<Text>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct UserRow {
    id: Uuid,
    number: i64,
    handle: String,
    display_name: String,
    email: Option<String>,
    email_verified_at: Option<DateTime<Utc>>,
    role: String,
    university: String,
    university_id: Option<Uuid>,
    avatar_url: Option<String>,
    phone: Option<String>,
    availability: String,
    status_message: Option<String>,
    preferences: serde_json::Value,
    version: i64,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
    last_seen_at: Option<DateTime<Utc>>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: UserId::from_uuid(row.id),
            number: row.number,
            handle: row.handle,
            display_name: row.display_name,
            email: row.email.unwrap_or_default(),
            email_verified_at: row.email_verified_at,
            // The schema allows no other role; the least one is the safe reading.
            role: Role::from_name(&row.role).unwrap_or(Role::User),
            university: row.university,
            university_id: row.university_id.map(UniversityId::from_uuid),
            avatar_url: row.avatar_url,
            phone: row.phone,
            availability: Availability::from_name(&row.availability).unwrap_or_default(),
            status_message: row.status_message,
            preferences: preferences(&row.preferences),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_login_at: row.last_login_at,
            last_seen_at: row.last_seen_at,
        }
    }
}

/// What was never set is as the default has it.
fn preferences(stored: &serde_json::Value) -> Preferences {
    let default = Preferences::default();
    let flag = |name: &str| stored.get(name).and_then(serde_json::Value::as_bool);
    let timezone = stored.get("timezone").and_then(serde_json::Value::as_str);
    Preferences {
        notifications: flag("notifications").unwrap_or(default.notifications),
        sound_enabled: flag("soundEnabled").unwrap_or(default.sound_enabled),
        timezone: timezone.map_or(default.timezone, str::to_owned),
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct CardRow {
    id: Uuid,
    number: i64,
    handle: String,
    display_name: String,
    university: String,
    avatar_url: Option<String>,
    version: i64,
    email: Option<String>,
    phone: Option<String>,
    availability: String,
    status_message: Option<String>,
    preferences: serde_json::Value,
    created_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
}

impl From<CardRow> for UserCard {
    fn from(row: CardRow) -> Self {
        Self {
            id: UserId::from_uuid(row.id),
            number: row.number,
            handle: row.handle,
            display_name: row.display_name,
            university: row.university,
            avatar_url: row.avatar_url,
            version: row.version,
            email: row.email.unwrap_or_default(),
            phone: row.phone,
            availability: Availability::from_name(&row.availability).unwrap_or_default(),
            status_message: row.status_message,
            timezone: preferences(&row.preferences).timezone,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
        }
    }
}
