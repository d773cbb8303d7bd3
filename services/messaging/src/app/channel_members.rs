//! Joining and leaving channels, and what their members may do (C-130, C-135 to C-137).

use std::collections::{HashMap, HashSet};

use diesel_async::AsyncConnection;
use oruma_ids::{ConversationId, UserId};
use oruma_service_runtime::Caller;

use super::channels::{MOST_PEOPLE, act, administrator, locked, membership};
use super::system::say;
use super::{App, people, signed_in};
use crate::domain::channel::{Member, MemberRole, Visibility};
use crate::domain::person::{NOBODY, Person};
use crate::error::Error;
use crate::outbox;
use crate::store;
use crate::store::channel_members::Facts;

/// Adds people to a channel, and returns those who were named, as they take part now. Whoever takes part already stays as they are.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelAdmin`]; [`Error::Invalid`]; [`Error::ChannelFull`];
/// [`Error::AuthUnavailable`].
pub async fn add(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    users: &[UserId],
    role: MemberRole,
) -> Result<Vec<Member>, Error> {
    let user = signed_in(caller)?;
    if users.is_empty() || users.len() > MOST_PEOPLE {
        return Err(Error::invalid("user_ids", "must be from 1 to 1000"));
    }
    let now = app.clock.now();
    {
        // Who may not add anybody learns of nobody.
        let mut conn = app.database.reader().await?;
        let channel = store::channels::find(&mut conn, id, user).await?;
        let channel = channel.ok_or(Error::ChannelNotFound)?;
        may_add(channel.visibility, channel.role, user, users, role)?;
    }
    let people = people::all(app, caller, "user_ids", users).await?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let facts = locked(conn, id, user).await?;
        may_add(facts.visibility, facts.role, user, users, role)?;
        let there = store::channel_members::some(conn, id, users).await?;
        let mut there: HashSet<UserId> = there.into_iter().map(|member| member.user).collect();
        let new: Vec<UserId> = users
            .iter()
            .filter(|one| there.insert(**one))
            .copied()
            .collect();
        if !new.is_empty() {
            let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
            if facts.member_count.saturating_add(count) > app.config.channel_members {
                return Err(Error::ChannelFull);
            }
            store::channel_members::insert(conn, id, &new, role, count, now).await?;
            let mut events: Vec<_> = new
                .iter()
                .map(|one| {
                    let of = membership(id, *one, user, now);
                    outbox::member_added(app, &of, &facts.name, role)
                })
                .collect();
            let texts: Vec<String> = new
                .iter()
                .map(|one| format!("{} joined the channel", name_of(&people, *one)))
                .collect();
            events.extend(say(app, conn, &act(id, user, now, &texts)).await?);
            app.outbox.append_all(conn, &events).await?;
        }
        in_order(store::channel_members::some(conn, id, users).await?, users)
    })
    .await
}

fn may_add(
    visibility: Visibility,
    own_role: Option<MemberRole>,
    user: UserId,
    users: &[UserId],
    role: MemberRole,
) -> Result<(), Error> {
    let joins = visibility == Visibility::Public && users.iter().all(|one| *one == user);
    let Some(own_role) = own_role else {
        return match (joins, role) {
            (true, MemberRole::Member) => Ok(()),
            (true, MemberRole::Admin) => Err(Error::NotChannelAdmin),
            (false, _) => Err(Error::NotParticipant),
        };
    };
    let for_everybody = visibility == Visibility::Public && role == MemberRole::Member;
    if for_everybody || own_role == MemberRole::Admin {
        Ok(())
    } else {
        Err(Error::NotChannelAdmin)
    }
}

fn name_of(people: &HashMap<UserId, Person>, user: UserId) -> &str {
    people
        .get(&user)
        .map_or(NOBODY, |person| person.display_name.as_str())
}

/// Members in the order in which they were named.
fn in_order(members: Vec<Member>, users: &[UserId]) -> Result<Vec<Member>, Error> {
    let by_user: HashMap<UserId, Member> = members
        .into_iter()
        .map(|member| (member.user, member))
        .collect();
    Ok(users
        .iter()
        .filter_map(|user| by_user.get(user).cloned())
        .collect())
}

/// Takes somebody out of a channel.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelAdmin`]; [`Error::CreatorStays`];
/// [`Error::MemberNotFound`]; [`Error::AuthUnavailable`].
pub async fn remove(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    gone: UserId,
) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let name = people::name(app, caller, gone).await?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let facts = locked(conn, id, user).await?;
        if gone != user {
            administrator(&facts)?;
        }
        facts.role.ok_or(Error::NotParticipant)?;
        creator_stays(&facts, gone)?;
        if !store::channel_members::delete(conn, id, gone).await? {
            return Err(Error::MemberNotFound);
        }
        let mut events = vec![outbox::member_removed(
            app,
            &membership(id, gone, user, now),
        )];
        let texts = [format!("{name} left the channel")];
        events.extend(say(app, conn, &act(id, user, now, &texts)).await?);
        app.outbox.append_all(conn, &events).await?;
        Ok(())
    })
    .await
}

fn creator_stays(facts: &Facts, user: UserId) -> Result<(), Error> {
    if facts.created_by == Some(user) {
        return Err(Error::CreatorStays);
    }
    Ok(())
}

/// Changes what somebody may do in a channel. What changes nothing is told to nobody.
///
/// # Errors
/// [`Error::NotSignedIn`]; [`Error::ChannelNotFound`]; [`Error::NotParticipant`]; [`Error::NotChannelCreator`]; [`Error::CreatorStays`];
/// [`Error::MemberNotFound`]; [`Error::AuthUnavailable`].
pub async fn set_role(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    member: UserId,
    role: MemberRole,
) -> Result<(), Error> {
    let user = signed_in(caller)?;
    let now = app.clock.now();
    let name = people::name(app, caller, member).await?;
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        let facts = locked(conn, id, user).await?;
        facts.role.ok_or(Error::NotParticipant)?;
        if facts.created_by != Some(user) {
            return Err(Error::NotChannelCreator);
        }
        creator_stays(&facts, member)?;
        let before = store::channel_members::role(conn, id, member).await?;
        if before.ok_or(Error::MemberNotFound)? == role {
            return Ok(());
        }
        store::channel_members::set_role(conn, id, member, role).await?;
        let of = membership(id, member, user, now);
        let mut events = vec![outbox::role_changed(app, &of, role)];
        let texts = [format!("{name} is now {}", role.with_article())];
        events.extend(say(app, conn, &act(id, user, now, &texts)).await?);
        app.outbox.append_all(conn, &events).await?;
        Ok(())
    })
    .await
}
