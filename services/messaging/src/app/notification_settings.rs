//! What people want to be told of (C-059, C-060, C-176).

use diesel_async::AsyncConnection;
use oruma_ids::ConversationId;
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::{App, signed_in};
use crate::domain::notification_settings::{
    ConversationLevel, DoNotDisturb, Level, MOST_CONVERSATIONS, Settings, judge_minute,
};
use crate::error::Error;
use crate::store;

/// What the caller wants to be told of.
///
/// # Errors
/// [`Error::NotSignedIn`].
pub async fn get(app: &App, caller: &Caller) -> Result<Settings, Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    Ok(store::notification_settings::find(&mut conn, user).await?)
}

/// What changes of somebody's settings: what is absent stays.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Whether to be told at all.
    pub enabled: Option<bool>,
    /// Whether with a sound.
    pub sound_enabled: Option<bool>,
    /// Those conversations that change.
    pub conversations: Vec<WishedLevel>,
    /// When not: whether it holds, and from when to when; an empty time stays.
    pub do_not_disturb: Option<(bool, String, String)>,
}

/// What somebody wishes for one conversation.
#[derive(Debug, Clone)]
pub struct WishedLevel {
    /// The conversation, as it was named.
    pub conversation: String,
    /// Whether at all.
    pub enabled: bool,
    /// Of what; `None` when that was not said.
    pub level: Option<Level>,
}

/// Changes what the caller wants to be told of.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`].
pub async fn update(app: &App, caller: &Caller, wish: Wish) -> Result<Settings, Error> {
    let user = signed_in(caller)?;
    if wish.conversations.len() > MOST_CONVERSATIONS {
        return Err(too_many());
    }
    let levels = judge_levels(&wish.conversations)?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        store::notification_settings::lock(conn, user).await?;
        let mut settings = store::notification_settings::find(conn, user).await?;
        settings.enabled = wish.enabled.unwrap_or(settings.enabled);
        settings.sound_enabled = wish.sound_enabled.unwrap_or(settings.sound_enabled);
        if let Some((enabled, start, end)) = &wish.do_not_disturb {
            settings.do_not_disturb = judge_dnd(settings.do_not_disturb, *enabled, start, end)?;
        }
        let named: Vec<Uuid> = levels
            .iter()
            .map(|one| one.conversation.as_uuid())
            .collect();
        let own = store::notification_settings::own_of(conn, user, &named).await?;
        let foreign = named.iter().enumerate().filter(|(_, id)| !own.contains(id));
        let foreign: Vec<Violation> = foreign.map(|(nth, _)| not_own(nth)).collect();
        if !foreign.is_empty() {
            return Err(Error::Invalid(foreign));
        }
        store::notification_settings::keep(conn, user, &settings).await?;
        store::notification_settings::keep_levels(conn, user, &levels).await?;
        let settings = store::notification_settings::find(conn, user).await?;
        if settings.conversations.len() > MOST_CONVERSATIONS {
            return Err(too_many());
        }
        Ok(settings)
    })
    .await
}

fn too_many() -> Error {
    Error::invalid(
        "conversations",
        format!("must be at most {MOST_CONVERSATIONS}"),
    )
}

fn not_own(nth: usize) -> Violation {
    let field = format!("conversations[{nth}].conversation_id");
    Violation::new(field, "is no conversation of yours")
}

fn judge_levels(wished: &[WishedLevel]) -> Result<Vec<ConversationLevel>, Error> {
    let mut violations = Vec::new();
    let mut levels = Vec::with_capacity(wished.len());
    for (nth, wish) in wished.iter().enumerate() {
        match (wish.conversation.parse::<ConversationId>(), wish.level) {
            (Ok(conversation), Some(level)) => levels.push(ConversationLevel {
                conversation,
                enabled: wish.enabled,
                level,
            }),
            (Err(_), _) => violations.push(not_own(nth)),
            (_, None) => {
                let field = format!("conversations[{nth}].level");
                violations.push(Violation::new(field, "must be all, mentions or nothing"));
            }
        }
    }
    if violations.is_empty() {
        Ok(levels)
    } else {
        Err(Error::Invalid(violations))
    }
}

fn judge_dnd(
    before: DoNotDisturb,
    enabled: bool,
    start: &str,
    end: &str,
) -> Result<DoNotDisturb, Error> {
    let mut violations = Vec::new();
    let mut judged = |field: &str, text: &str, before| match text {
        "" => before,
        text => judge_minute(text).unwrap_or_else(|problem| {
            let field = format!("do_not_disturb.{field}");
            violations.push(Violation::new(field, problem));
            before
        }),
    };
    let (start, end) = (
        judged("start_time", start, before.start),
        judged("end_time", end, before.end),
    );
    if violations.is_empty() {
        Ok(DoNotDisturb {
            enabled,
            start,
            end,
        })
    } else {
        Err(Error::Invalid(violations))
    }
}
