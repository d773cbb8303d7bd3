//! Everybody's cards: asked for in batches, kept in memory, and asked for again when an event tells that they changed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use moka::ops::compute::Op;
use moka::sync::Cache;
use oruma_proto::auth::v1 as proto;
use oruma_proto::auth::v1::user_service_client::UserServiceClient;
use oruma_service_runtime::{Caller, GrpcClient};
use oruma_telemetry::metrics::{Counter, KeyValue, meter};
use tonic::Status;

use crate::clients::read_in_job;
use crate::failure::Failure;

/// Cards that are kept: some 50 MB at the most.
const MOST: u64 = 100_000;
/// A card is asked for again after this, should an event ever be missed.
const FRESH: Duration = Duration::from_secs(600);

/// What is known of somebody.
#[derive(Clone)]
struct Known {
    /// The card; none once it is known that there is a newer one.
    card: Option<Arc<proto::UserCard>>,
    /// Older cards are not kept.
    version: i64,
}

/// The cards that were needed lately, by the people's ids.
pub struct People {
    cards: Cache<String, Known>,
    users: UserServiceClient<GrpcClient>,
    lookups: Counter<u64>,
}

impl People {
    pub(crate) fn new(users: UserServiceClient<GrpcClient>) -> Self {
        Self {
            cards: Cache::builder()
                .max_capacity(MOST)
                .time_to_live(FRESH)
                .build(),
            users,
            lookups: meter("oruma.gateway")
                .u64_counter("oruma.people.lookups")
                .with_description("Cards that were needed, by result: hit, miss")
                .build(),
        }
    }

    /// The cards of some people. Whoever is gone has one that says so.
    ///
    /// # Errors
    /// When cards are needed that are not here, and auth can't be asked.
    pub(crate) async fn cards(
        &self,
        caller: &Caller,
        ids: impl IntoIterator<Item = String>,
    ) -> Result<HashMap<String, Arc<proto::UserCard>>, Status> {
        let mut known = HashMap::new();
        let mut missing = Vec::new();
        for id in ids {
            if known.contains_key(&id) || missing.contains(&id) {
                continue;
            }
            match self.cards.get(&id).and_then(|known| known.card) {
                Some(card) => drop(known.insert(id, card)),
                None if id.is_empty() => drop(known.insert(id, Arc::new(gone("")))),
                None => missing.push(id),
            }
        }
        self.count("hit", known.len());
        self.count("miss", missing.len());
        if !missing.is_empty() {
            for card in self.fetch(caller, &missing).await? {
                let id = card.id.clone();
                known.insert(id, self.learn(card));
            }
            for id in missing {
                known
                    .entry(id)
                    .or_insert_with_key(|id| self.learn(gone(id)));
            }
        }
        Ok(known)
    }

    /// Whether there is such a person.
    ///
    /// # Errors
    /// A 404 when there is none.
    pub(crate) async fn must_know(&self, caller: &Caller, id: &str) -> Result<(), Failure> {
        let cards = self.cards(caller, [id.to_owned()]).await?;
        if cards.get(id).is_none_or(|card| card.version == GONE) {
            return Err(Failure::not_found(
                "user_not_found",
                "There is no such user",
            ));
        }
        Ok(())
    }

    fn count(&self, result: &'static str, cards: usize) {
        let cards = u64::try_from(cards).unwrap_or_default();
        if cards > 0 {
            self.lookups.add(cards, &[KeyValue::new("result", result)]);
        }
    }

    async fn fetch(&self, caller: &Caller, ids: &[String]) -> Result<Vec<proto::UserCard>, Status> {
        let request = proto::ListUserCardsRequest {
            user_ids: ids.to_vec(),
        };
        let answer = read_in_job(|| {
            let (mut users, request) = (self.users.clone(), caller.send(request.clone()));
            async move { users.list_user_cards(request).await }
        })
        .await?;
        Ok(answer.cards)
    }

    /// Keeps a card, unless there is a newer one: what was fetched may be older than what an event has told since. Returns the newer one where
    /// it is here.
    fn learn(&self, card: proto::UserCard) -> Arc<proto::UserCard> {
        let card = Arc::new(card);
        let kept = self
            .cards
            .entry(card.id.clone())
            .and_compute_with(|known| match known {
                Some(known) if known.value().version > card.version => Op::Nop,
                _ => Op::Put(Known {
                    card: Some(Arc::clone(&card)),
                    version: card.version,
                }),
            });
        let kept = kept.into_entry().and_then(|entry| entry.into_value().card);
        kept.unwrap_or(card)
    }

    /// Keeps in mind that somebody has a card of that version: one that is older is asked for again.
    pub(crate) fn outdate(&self, id: &str, version: i64) {
        self.cards
            .entry(id.to_owned())
            .and_compute_with(|known| match known {
                Some(known) if known.value().version >= version => Op::Nop,
                _ => Op::Put(Known {
                    card: None,
                    version,
                }),
            });
    }

    /// Keeps in mind that somebody is gone.
    pub(crate) fn forget(&self, id: &str) {
        self.learn(gone(id));
    }

    /// Keeps nothing: events may have been missed.
    pub(crate) fn forget_all(&self) {
        self.cards.invalidate_all();
    }
}

/// Newer than any card: nobody comes back.
const GONE: i64 = i64::MAX;

fn gone(id: &str) -> proto::UserCard {
    proto::UserCard {
        id: id.to_owned(),
        number: 0,
        handle: "deleted".to_owned(),
        display_name: "Deleted account".to_owned(),
        university: String::new(),
        avatar_url: String::new(),
        version: GONE,
        email: String::new(),
        phone: String::new(),
        status: proto::UserStatus::Offline.into(),
        status_message: String::new(),
        timezone: String::new(),
        created_at: None,
        last_seen_at: None,
    }
}

#[cfg(test)]
mod tests {
    use oruma_service_runtime::{ChannelConfig, Env, InternalCredential, connect};

    use super::*;

    fn people() -> People {
        let secret = [("INTERNAL_GRPC_TOKEN", "0123456789abcdef0123456789abcdef")];
        let credential = InternalCredential::from_env(&Env::of_pairs(secret)).unwrap();
        let channel = connect(&ChannelConfig {
            variable: "AUTH_GRPC_URL".to_owned(),
            url: "http://127.0.0.1:1".parse().unwrap(),
            deadline: Duration::from_secs(1),
        });
        People::new(UserServiceClient::with_interceptor(
            channel.unwrap(),
            credential.shown(),
        ))
    }

    fn card(name: &str, version: i64) -> proto::UserCard {
        proto::UserCard {
            id: "1".to_owned(),
            display_name: name.to_owned(),
            version,
            ..proto::UserCard::default()
        }
    }

    fn kept(people: &People) -> Option<String> {
        let known = people.cards.get("1")?;
        known.card.map(|card| card.display_name.clone())
    }

    /// O-063, C-015: what was asked for before an event and comes after it is not kept.
    #[tokio::test]
    async fn an_outdated_card_is_not_kept() {
        let people = people();
        people.learn(card("Ada", 1));
        assert_eq!(kept(&people), Some("Ada".to_owned()));
        people.outdate("1", 2);
        assert_eq!(kept(&people), None);
        assert_eq!(people.learn(card("Ada", 1)).display_name, "Ada");
        assert_eq!(kept(&people), None);
        people.learn(card("Ada King", 2));
        people.outdate("1", 2);
        assert_eq!(people.learn(card("Ada", 1)).display_name, "Ada King");
        assert_eq!(kept(&people), Some("Ada King".to_owned()));
        people.forget("1");
        people.learn(card("Ada King", 3));
        assert_eq!(kept(&people), Some("Deleted account".to_owned()));
    }
}
