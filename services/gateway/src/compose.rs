//! Joins of what several services know, as plain structs that any contract may show.

pub(crate) mod comments;

use std::sync::Arc;

use oruma_proto::auth::v1::UserCard;
use oruma_service_runtime::Caller;

use crate::edge::Edge;
use crate::failure::Failure;

/// Something and whose it is: a post and its author, an event and its organiser, an item and its seller.
pub(crate) struct Owned<T> {
    /// The thing.
    pub(crate) thing: T,
    /// Whose it is.
    pub(crate) owner: Arc<UserCard>,
}

/// Joins things with their owners, all asked for at once.
pub(crate) async fn with_owners<T>(
    edge: &Edge,
    caller: &Caller,
    things: Vec<T>,
    owner_id: fn(&T) -> &str,
) -> Result<Vec<Owned<T>>, Failure> {
    let ids = things.iter().map(|thing| owner_id(thing).to_owned());
    let cards = edge.people.cards(caller, ids).await?;
    things
        .into_iter()
        .map(|thing| {
            let owner = cards.get(owner_id(&thing)).map(Arc::clone);
            Ok(Owned {
                owner: owner.ok_or_else(Failure::internal)?,
                thing,
            })
        })
        .collect()
}

/// Joins one thing with its owner. A service that answers with none is at fault.
pub(crate) async fn with_owner<T>(
    edge: &Edge,
    caller: &Caller,
    thing: Option<T>,
    owner_id: fn(&T) -> &str,
) -> Result<Owned<T>, Failure> {
    let things = with_owners(edge, caller, thing.into_iter().collect(), owner_id).await?;
    things.into_iter().next().ok_or_else(Failure::internal)
}
