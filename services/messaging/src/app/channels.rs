//! Making, reading, changing and closing channels (C-127 to C-134).

use std::collections::HashSet;

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, PageSize, UserId};
use oruma_postgres::{Connection, violated_constraint};
use oruma_rpc_error::Violation;
use oruma_service_runtime::Caller;

use super::system::{Act, say};
use super::{App, people, signed_in};
use crate::domain::channel::{
    Channel, Member, MemberRole, Visibility, judge_description, judge_name,
};
use crate::domain::conversation::ConversationKind;
use crate::error::Error;
use crate::outbox;
use crate::outbox::Membership;
use crate::store;
use crate::store::channel_members::Facts;
use crate::store::channels::{Listed, NAME_KEY, NewChannel};

/// Channels of one page.
const CHANNELS: PageSize = PageSize {
    default: 50,
    most: 100,
};
/// Channels that can be passed over.
const FURTHEST: i32 = 10_000;
/// People named in one call.
pub(super) const MOST_PEOPLE: usize = 1_000;
/// Members that are told of with a channel.
const SHOWN_MEMBERS: i64 = 1_000;

/// What somebody wants a channel to be.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Who may join.
    pub visibility: Visibility,
    /// Who takes part from the start, besides the creator; as they were named.
    pub members: Vec<UserId>,
}

/// Makes a channel. Of a public one the members are passed over: they join it themselves.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`]; [`Error::ChannelNameTaken`]; [`Error::ChannelFull`]; [`Error::AuthUnavailable`].
pub async fn create(app: &App, caller: &Caller, wish: Wish) -> Result<Channel, Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let new = judge(&wish, user, app, now)?;
    let named = match wish.visibility {
        Visibility::Public => Vec::new(),
        Visibility::Private => wish.members,
    };
    // The creator's name is kept here too: others will mention it.
    let asked: Vec<UserId> = named.iter().copied().chain([user]).collect();
    if !named.is_empty() {
        people::all(app, caller, "member_ids", &named).await?;
    }
    if let Err(error) = people::some(app, caller, &asked).await {
        // Nothing of the channel needs it now.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "creator not known yet"
        );
    }
    let members = others(&named, user);
    if i64::try_from(members.len()).is_ok_and(|others| others >= app.config.channel_members) {
        return Err(Error::ChannelFull);
    }
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let number = store::channels::insert(conn, &new)
            .await
            .map_err(taken_or_failed)?;
        let id = new.id;
        store::channel_members::insert(conn, id, &[user], MemberRole::Admin, 1, now).await?;
        if !members.is_empty() {
            let role = MemberRole::Member;
            store::channel_members::insert(conn, id, &members, role, 1, now).await?;
        }
        let mut events = vec![outbox::channel_created(app, &new, number)];
        let added = |(user_id, role)| {
            let of = membership(id, user_id, user, now);
            outbox::member_added(app, &of, &new.name, role)
        };
        events.push(added((user, MemberRole::Admin)));
        events.extend(
            members
                .iter()
                .map(|member| added((*member, MemberRole::Member))),
        );
        let said = ["Channel created".to_owned()];
        let act = act(id, user, now, &said);
        events.extend(say(app, conn, &act).await?);
        app.outbox.append_all(conn, &events).await?;
        find(conn, id, user).await
    })
    .await
}

fn judge(
    wish: &Wish,
    user: UserId,
    app: &App,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<NewChannel, Error> {
    let mut violations = Vec::new();
    let mut judged = |field: &str, result: Result<String, String>| match result {
        Ok(text) => text,
        Err(problem) => {
            violations.push(Violation::new(field, problem));
            String::new()
        }
    };
    let name = judged("name", judge_name(&wish.name));
    let description = judged("description", judge_description(&wish.description));
    if wish.members.len() > MOST_PEOPLE {
        violations.push(Violation::new("member_ids", "must be at most 1000"));
    }
    if !violations.is_empty() {
        return Err(Error::Invalid(violations));
    }
    Ok(NewChannel {
        id: ConversationId::from_uuid(app.random.id(now)),
        name,
        description,
        visibility: wish.visibility,
        created_by: user,
        created_at: now,
    })
}

/// Some people without one, each once, in their order.
fn others(users: &[UserId], without: UserId) -> Vec<UserId> {
    let mut seen = HashSet::from([without]);
    let new = users.iter().filter(|user| seen.insert(**user));
    new.copied().collect()
}

fn taken_or_failed(error: diesel::result::Error) -> Error {
    if violated_constraint(&error) == Some(NAME_KEY) {
        Error::ChannelNameTaken
    } else {
        error.into()
    }
}

/// Somebody's part in a channel.
pub(super) fn membership(
    channel: ConversationId,
    user: UserId,
    by: UserId,
    at: chrono::DateTime<chrono::Utc>,
) -> Membership {
    Membership {
        conversation: channel,
        kind: ConversationKind::Channel,
        user,
        by,
        at,
    }
}

/// An act in a channel.
pub(super) fn act(
    channel: ConversationId,
    actor: UserId,
    now: chrono::DateTime<chrono::Utc>,
    texts: &[String],
) -> Act<'_> {
    Act {
        conversation: channel,
        kind: ConversationKind::Channel,
        receiver: None,
        actor,
        now,
        texts,
    }
}

async fn find(conn: &mut Connection, id: ConversationId, user: UserId) -> Result<Channel, Error> {
    let channel = store::channels::find(conn, id, user).await?;
    channel.ok_or(Error::ChannelNotFound)
}

/// A channel and its members, those who came first first.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`] for a private one of others.
pub async fn get(
    app: &App,
    caller: &Caller,
    id: ConversationId,
) -> Result<(Channel, Vec<Member>), Error> {
    let user = signed_in(caller)?;
    let mut conn = app.database.reader().await?;
    let channel = find(&mut conn, id, user).await?;
    if channel.visibility == Visibility::Private && channel.role.is_none() {
        return Err(Error::NotParticipant);
    }
    let members = store::channel_members::first(&mut conn, id, SHOWN_MEMBERS).await?;
    Ok((channel, members))
}

/// A page of channels, those with the newest activity first, and how many there are. `discovered` are the public ones that the caller takes no part in.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::Invalid`] for a negative page size or offset.
pub async fn list(
    app: &App,
    caller: &Caller,
    visibility: Option<Visibility>,
    discovered: bool,
    (page_size, offset): (i32, i32),
) -> Result<(Vec<Channel>, i64), Error> {
    let user = signed_in(caller)?;
    let size = CHANNELS.of(page_size)?;
    if offset < 0 {
        return Err(Error::invalid("offset", "must not be negative"));
    }
    let listed = match (discovered, visibility) {
        // Nobody finds private ones.
        (true, Some(Visibility::Private)) => return Ok((Vec::new(), 0)),
        (true, _) => Listed::Discovered,
        (false, visibility) => Listed::Own(visibility),
    };
    let offset = i64::from(offset.min(FURTHEST));
    let mut conn = app.database.reader().await?;
    Ok(store::channels::list(&mut conn, user, listed, i64::from(size), offset).await?)
}

/// What changes of a channel.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Who may join.
    pub visibility: Option<Visibility>,
}

/// Changes a channel. What changes nothing is told to nobody.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelAdmin`]; [`Error::Invalid`];
/// [`Error::ChannelNameTaken`].
pub async fn update(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    change: &Change,
) -> Result<Channel, Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let facts = locked(conn, id, user).await?;
        administrator(&facts)?;
        let (name, description) = judge_change(change, &facts)?;
        let visibility = change.visibility.unwrap_or(facts.visibility);
        let same = name == facts.name
            && description == facts.description
            && visibility == facts.visibility;
        if same {
            return find(conn, id, user).await;
        }
        store::channels::update(conn, id, &name, &description, visibility)
            .await
            .map_err(taken_or_failed)?;
        let said = say(
            app,
            conn,
            &act(id, user, now, &["Channel updated".to_owned()]),
        )
        .await?;
        let channel = find(conn, id, user).await?;
        let mut events = vec![outbox::channel_updated(app, &channel, user, now)];
        events.extend(said);
        app.outbox.append_all(conn, &events).await?;
        Ok(channel)
    })
    .await
}

fn judge_change(change: &Change, facts: &Facts) -> Result<(String, String), Error> {
    let name = change.name.as_deref().map(judge_name).transpose();
    let description = change
        .description
        .as_deref()
        .map(judge_description)
        .transpose();
    let mut violations = Vec::new();
    for (field, judged) in [("name", &name), ("description", &description)] {
        if let Err(problem) = judged {
            violations.push(Violation::new(field, problem.clone()));
        }
    }
    match (name, description) {
        (Ok(name), Ok(description)) => Ok((
            name.unwrap_or_else(|| facts.name.clone()),
            description.unwrap_or_else(|| facts.description.clone()),
        )),
        _ => Err(Error::Invalid(violations)),
    }
}

/// Closes a channel.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelCreator`].
pub async fn delete(app: &App, caller: &Caller, id: ConversationId) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let is_admin = caller.signed_in.as_ref().is_some_and(|who| who.is_admin());
    let now = app.clock.now();
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let facts = locked(conn, id, user).await?;
        if facts.created_by != Some(user) && !is_admin {
            facts.role.ok_or(Error::NotParticipant)?;
            return Err(Error::NotChannelCreator);
        }
        store::channels::close(conn, id, now).await?;
        let event = outbox::channel_deleted(app, id, user, now);
        app.outbox.append(conn, &event).await?;
        Ok(())
    })
    .await
}

/// A channel whose lock is held until the end of the transaction.
pub(super) async fn locked(
    conn: &mut Connection,
    id: ConversationId,
    user: UserId,
) -> Result<Facts, Error> {
    let facts = store::channel_members::lock(conn, id, user).await?;
    facts.ok_or(Error::ChannelNotFound)
}

/// Says no to whoever is no administrator of the channel.
pub(super) fn administrator(facts: &Facts) -> Result<(), Error> {
    match facts.role {
        Some(MemberRole::Admin) => Ok(()),
        Some(MemberRole::Member) => Err(Error::NotChannelAdmin),
        None => Err(Error::NotParticipant),
    }
}
