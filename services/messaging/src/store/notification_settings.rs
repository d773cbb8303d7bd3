//! What people want to be told of.

use std::collections::HashMap;

use chrono::NaiveTime;
use diesel::sql_types::{Bool, Text, Time, Uuid as SqlUuid};
use diesel::{OptionalExtension, QueryResult, QueryableByName};
use diesel_async::RunQueryDsl;
use oruma_ids::{ConversationId, UserId};
use oruma_postgres::{Bound, Connection, Statement, Untyped};
use uuid::Uuid;

use crate::domain::notification_settings::{
    ConversationLevel, DoNotDisturb, Level, Settings, TellingWish, minute,
};

#[derive(QueryableByName)]
struct WishRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Bool)]
    enabled: bool,
    #[diesel(sql_type = Text)]
    level: String,
    #[diesel(sql_type = Bool)]
    dnd_enabled: bool,
    #[diesel(sql_type = Time)]
    dnd_start: NaiveTime,
    #[diesel(sql_type = Time)]
    dnd_end: NaiveTime,
    #[diesel(sql_type = Text)]
    timezone: String,
}

/// What each of some people wants to be told of in a conversation, or elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn wishes(
    conn: &mut Connection,
    users: &[UserId],
    conversation: Option<Uuid>,
) -> QueryResult<HashMap<UserId, TellingWish>> {
    const WISHES: &str = "SELECT told.user_id, coalesce(s.enabled, true) AND coalesce(c.enabled, true) AS enabled, coalesce(c.level, 'all') AS level,
                coalesce(s.dnd_enabled, false) AS dnd_enabled, coalesce(s.dnd_start, '22:00') AS dnd_start, coalesce(s.dnd_end, '07:00') AS dnd_end,
                coalesce(p.timezone, '') AS timezone
         FROM unnest(?) AS told (user_id)
         LEFT JOIN messaging.notification_settings s ON s.user_id = told.user_id
         LEFT JOIN messaging.conversation_settings c ON c.user_id = told.user_id AND c.conversation_id = ?
         LEFT JOIN messaging.people p ON p.user_id = told.user_id";
    let ids: Vec<Uuid> = users.iter().map(|user| user.as_uuid()).collect();
    let values = vec![Bound::Ids(&ids), Bound::MaybeId(conversation)];
    let rows: Vec<WishRow> = Statement::<Untyped>::new(WISHES, values).load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let wish = TellingWish {
                enabled: row.enabled,
                level: Level::from_name(&row.level),
                do_not_disturb: DoNotDisturb {
                    enabled: row.dnd_enabled,
                    start: row.dnd_start,
                    end: row.dnd_end,
                },
                timezone: row.timezone,
            };
            (UserId::from_uuid(row.user_id), wish)
        })
        .collect())
}

/// What a person wants to be told of.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Connection, user: UserId) -> QueryResult<Settings> {
    type Row = (Bool, Bool, Bool, Time, Time);
    const FIND: &str = "SELECT enabled, sound_enabled, dnd_enabled, dnd_start, dnd_end FROM messaging.notification_settings WHERE user_id = ?";
    const LEVELS: &str = "SELECT conversation_id, enabled, level FROM messaging.conversation_settings WHERE user_id = ? ORDER BY conversation_id";
    let values = vec![Bound::Id(user.as_uuid())];
    let row: Option<(bool, bool, bool, NaiveTime, NaiveTime)> =
        Statement::<Row>::new(FIND, values.clone())
            .get_result(conn)
            .await
            .optional()?;
    let levels: Vec<(Uuid, bool, String)> = Statement::<(SqlUuid, Bool, Text)>::new(LEVELS, values)
        .load(conn)
        .await?;
    let mut settings = Settings::default();
    if let Some((enabled, sound_enabled, dnd, start, end)) = row {
        settings.enabled = enabled;
        settings.sound_enabled = sound_enabled;
        settings.do_not_disturb = DoNotDisturb {
            enabled: dnd,
            start,
            end,
        };
    }
    let of_row = |(id, enabled, level): (Uuid, bool, String)| ConversationLevel {
        conversation: ConversationId::from_uuid(id),
        enabled,
        level: Level::from_name(&level),
    };
    settings.conversations = levels.into_iter().map(of_row).collect();
    Ok(settings)
}

/// Keeps one change of a person's settings from another until the end of the transaction.
///
/// # Errors
/// When the database fails.
pub async fn lock(conn: &mut Connection, user: UserId) -> QueryResult<()> {
    const LOCK: &str = "INSERT INTO messaging.notification_settings AS s (user_id, enabled, sound_enabled, dnd_enabled, dnd_start, dnd_end)
         VALUES (?, true, true, false, '22:00', '07:00') ON CONFLICT (user_id) DO UPDATE SET enabled = s.enabled";
    Statement::<()>::new(LOCK, vec![Bound::Id(user.as_uuid())])
        .execute(conn)
        .await?;
    Ok(())
}

/// Keeps what a person wants to be told of, but for conversations.
///
/// # Errors
/// When the database fails.
pub async fn keep(conn: &mut Connection, user: UserId, settings: &Settings) -> QueryResult<()> {
    const KEEP: &str = "UPDATE messaging.notification_settings SET enabled = ?, sound_enabled = ?, dnd_enabled = ?, dnd_start = ?::time, dnd_end = ?::time
         WHERE user_id = ?";
    let (start, end) = (
        minute(settings.do_not_disturb.start),
        minute(settings.do_not_disturb.end),
    );
    let values = vec![
        Bound::Flag(settings.enabled),
        Bound::Flag(settings.sound_enabled),
        Bound::Flag(settings.do_not_disturb.enabled),
        Bound::Text(&start),
        Bound::Text(&end),
        Bound::Id(user.as_uuid()),
    ];
    Statement::<()>::new(KEEP, values).execute(conn).await?;
    Ok(())
}

/// Those of some conversations that a person takes part in.
///
/// # Errors
/// When the database fails.
pub async fn own_of(
    conn: &mut Connection,
    user: UserId,
    conversations: &[Uuid],
) -> QueryResult<Vec<Uuid>> {
    const OWN: &str = "SELECT conversation_id FROM messaging.members WHERE user_id = ? AND conversation_id = ANY (?)";
    let values = vec![Bound::Id(user.as_uuid()), Bound::Ids(conversations)];
    Statement::<SqlUuid>::new(OWN, values).load(conn).await
}

/// Keeps what a person wants to be told of in some conversations. Of one that is named twice the last counts.
///
/// # Errors
/// When the database fails.
pub async fn keep_levels(
    conn: &mut Connection,
    user: UserId,
    levels: &[ConversationLevel],
) -> QueryResult<()> {
    const KEEP: &str = "INSERT INTO messaging.conversation_settings (user_id, conversation_id, enabled, level)
         SELECT DISTINCT ON (wish.id) ?, wish.id, wish.enabled, wish.level FROM unnest(?, ?, ?) WITH ORDINALITY AS wish (id, enabled, level, nth)
         ORDER BY wish.id, wish.nth DESC
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET enabled = excluded.enabled, level = excluded.level";
    let ids: Vec<Uuid> = levels
        .iter()
        .map(|one| one.conversation.as_uuid())
        .collect();
    let enabled: Vec<bool> = levels.iter().map(|one| one.enabled).collect();
    let names: Vec<String> = levels
        .iter()
        .map(|one| one.level.name().to_owned())
        .collect();
    let values = vec![
        Bound::Id(user.as_uuid()),
        Bound::Ids(&ids),
        Bound::Flags(&enabled),
        Bound::Texts(&names),
    ];
    Statement::<()>::new(KEEP, values).execute(conn).await?;
    Ok(())
}
