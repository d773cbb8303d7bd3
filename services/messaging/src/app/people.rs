//! Who people are: kept here as far as messages need it, and asked of auth where somebody is not known yet.

use std::collections::{BTreeSet, HashMap};

use diesel_async::AsyncConnection;
use oruma_ids::UserId;
use oruma_postgres::StoreError;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::user_service_client::UserServiceClient;
use oruma_rpc_error::{ErrorCode, RpcError, Violation};
use oruma_service_runtime::{Caller, Channel, GrpcClient, InternalCredential};
use uuid::Uuid;

use super::App;
use crate::domain::person::{NOBODY, Person};
use crate::error::Error;
use crate::store;

/// People of one question to auth.
const AT_ONCE: usize = 500;

/// Who people are, at auth.
#[derive(Debug, Clone)]
pub struct People(UserServiceClient<GrpcClient>);

impl People {
    /// Asked through this channel.
    #[must_use]
    pub fn new(auth: Channel, credential: &InternalCredential) -> Self {
        Self(UserServiceClient::with_interceptor(
            auth,
            credential.shown(),
        ))
    }

    /// Those of some people who are there.
    async fn ask(&self, caller: &Caller, users: &[UserId]) -> Result<Vec<Person>, Error> {
        let mut people = Vec::new();
        for some in users.chunks(AT_ONCE) {
            let request = proto::ListUserCardsRequest {
                user_ids: some.iter().map(ToString::to_string).collect(),
            };
            let answer = self.0.clone().list_user_cards(caller.send(request)).await;
            let answer = answer.map_err(|status| {
                let error = RpcError::from(status);
                match error.code {
                    ErrorCode::Unavailable | ErrorCode::Exhausted => Error::AuthUnavailable,
                    _ => Error::internal(error.reason),
                }
            })?;
            people.extend(answer.into_inner().cards.into_iter().filter_map(of_card));
        }
        Ok(people)
    }
}

fn of_card(card: proto::UserCard) -> Option<Person> {
    Some(Person {
        user: card.id.parse().ok()?,
        handle: card.handle,
        display_name: card.display_name,
        timezone: card.timezone,
        version: card.version,
    })
}

/// Some people by their ids, those who are there. Auth is asked only for those who are not known here.
///
/// # Errors
/// [`Error::AuthUnavailable`].
pub(super) async fn some(
    app: &App,
    caller: &Caller,
    users: &[UserId],
) -> Result<HashMap<UserId, Person>, Error> {
    let known = {
        let mut conn = app.database.reader().await?;
        store::people::known(&mut conn, users).await?
    };
    let mut people: HashMap<UserId, Person> = known
        .into_iter()
        .map(|person| (person.user, person))
        .collect();
    let unknown: BTreeSet<UserId> = users
        .iter()
        .filter(|user| !people.contains_key(user))
        .copied()
        .collect();
    let unknown: Vec<UserId> = unknown.into_iter().collect();
    if unknown.is_empty() {
        return Ok(people);
    }
    let found = app.people.ask(caller, &unknown).await?;
    if !found.is_empty() {
        let mut conn = app.database.reader().await?;
        store::people::keep(&mut conn, &found).await?;
    }
    people.extend(found.into_iter().map(|person| (person.user, person)));
    Ok(people)
}

/// All of some people, whom a field of the request names in this order.
///
/// # Errors
/// [`Error::Invalid`] naming each who is not there as `field[N]`; [`Error::AuthUnavailable`].
pub(super) async fn all(
    app: &App,
    caller: &Caller,
    field: &str,
    users: &[UserId],
) -> Result<HashMap<UserId, Person>, Error> {
    let people = some(app, caller, users).await?;
    let unknown: Vec<Violation> = users
        .iter()
        .enumerate()
        .filter(|(_, user)| !people.contains_key(user))
        .map(|(nth, _)| Violation::new(format!("{field}[{nth}]"), "is nobody"))
        .collect();
    if unknown.is_empty() {
        Ok(people)
    } else {
        Err(Error::Invalid(unknown))
    }
}

/// What somebody is called in the texts of the conversation itself.
///
/// # Errors
/// [`Error::AuthUnavailable`].
pub(super) async fn name(app: &App, caller: &Caller, user: UserId) -> Result<String, Error> {
    let people = some(app, caller, &[user]).await?;
    let name = people
        .into_values()
        .next()
        .map(|person| person.display_name);
    Ok(name.unwrap_or_else(|| NOBODY.to_owned()))
}

/// Keeps somebody new. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn register(app: &App, event: Uuid, person: Person) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if app.inboxes.people.first_time(conn, event).await? {
            store::people::keep(conn, &[person]).await?;
        }
        Ok(())
    })
    .await
}

/// Keeps who somebody is now, if they are known here. Doing it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub async fn change(
    app: &App,
    event: Uuid,
    person: &Person,
    keeps_timezone: bool,
) -> Result<(), StoreError> {
    let mut conn = app.database.writer().await?;
    conn.transaction(async |conn| {
        if app.inboxes.people.first_time(conn, event).await? {
            store::people::change(conn, person, keeps_timezone).await?;
        }
        Ok(())
    })
    .await
}
