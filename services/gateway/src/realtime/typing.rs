//! Who writes where: told when it changes, and over by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use oruma_ids::UserId;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::{Caller, Contract};
use uuid::Uuid;

use super::dialect::Signal;
use super::happening::Address;
use super::inbox::user_ids;
use super::signals::{self, Addressed};
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;

/// Writers that are kept in mind.
const MOST: usize = 100_000;
/// Who takes part in a conversation is asked again after this.
const FRESH: Duration = Duration::from_secs(30);
const MOST_CONVERSATIONS: u64 = 50_000;

/// How typing comes and goes in a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How long somebody counts as writing who does not say so again, in milliseconds.
    pub(crate) expires_after: i64,
    /// Changes of one writer in one conversation are told no faster than this, in milliseconds.
    pub(crate) told_every: i64,
}

/// Who learns that somebody writes: of a direct conversation the people, of a larger one whoever has sockets.
pub(crate) type Audience = Arc<[Address]>;

/// Who writes, on this gateway.
pub(crate) struct Typing {
    writers: Mutex<HashMap<(UserId, Uuid), Writer>>,
    audiences: Cache<(UserId, Uuid), Audience>,
}

struct Writer {
    /// Over which socket it was said last.
    socket: u64,
    audience: Audience,
    /// When it is over.
    ends_at: i64,
    told_at: i64,
    /// Whether the others were told that it writes.
    is_told: bool,
}

impl Default for Typing {
    fn default() -> Self {
        Self {
            writers: Mutex::default(),
            audiences: Cache::builder()
                .max_capacity(MOST_CONVERSATIONS)
                .time_to_live(FRESH)
                .build(),
        }
    }
}

impl Typing {
    /// Who learns what somebody writes in a conversation, as far as that is known here.
    pub(crate) fn known_audience(&self, user: UserId, conversation: Uuid) -> Option<Audience> {
        self.audiences.get(&(user, conversation))
    }

    /// Asks who learns what the caller writes in a conversation.
    ///
    /// # Errors
    /// When the caller takes no part in it, or nobody can tell.
    pub(crate) async fn ask_audience(
        &self,
        edge: &Edge,
        caller: &Caller,
        user: UserId,
        conversation: Uuid,
    ) -> Result<Audience, Failure> {
        let message = proto::GetConversationRequest {
            conversation_id: conversation.to_string(),
        };
        let conversations = &edge.clients.conversations;
        let answer = read(async || {
            conversations
                .clone()
                .get_conversation(caller.send(message.clone()))
                .await
        })
        .await?;
        let found = answer.conversation.ok_or_else(Failure::internal)?;
        let audience: Audience = match found.kind() {
            proto::ConversationKind::Direct => user_ids(&found.member_ids)
                .into_iter()
                .filter(|member| *member != user)
                .map(Address::Person)
                .collect(),
            _ => Arc::from([Address::Conversation(conversation)]),
        };
        self.audiences
            .insert((user, conversation), Arc::clone(&audience));
        Ok(audience)
    }

    /// Somebody no longer takes part in a conversation, or nobody does.
    pub(crate) fn forget(&self, user: UserId, conversation: Uuid) {
        self.audiences.invalidate(&(user, conversation));
    }

    /// Somebody says that it writes or no longer does; what to tell the others, if anything.
    pub(crate) fn heard(
        &self,
        said: Said,
        audience: Audience,
        pace: Pace,
        now: i64,
    ) -> Option<Addressed> {
        let Said {
            socket,
            user,
            conversation,
            is_typing,
        } = said;
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (user, conversation);
        if !writers.contains_key(&key) && (!is_typing || writers.len() >= MOST) {
            return None;
        }
        let writer = writers.entry(key).or_insert_with(|| Writer {
            socket,
            audience,
            ends_at: now,
            told_at: now - pace.told_every,
            is_told: false,
        });
        writer.socket = socket;
        let may_tell = now - writer.told_at >= pace.told_every;
        // What can't be told now is told when it ends.
        let soonest_end = if is_typing {
            now + pace.expires_after
        } else {
            writer.told_at + pace.told_every
        };
        writer.ends_at = if may_tell && !is_typing {
            now
        } else {
            soonest_end
        };
        if writer.is_told == is_typing || !may_tell {
            return None;
        }
        writer.is_told = is_typing;
        writer.told_at = now;
        Some(addressed(user, conversation, &writer.audience, is_typing))
    }

    /// What ends with time.
    pub(crate) fn expire(&self, now: i64) -> Vec<Addressed> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = Vec::new();
        writers.retain(|(user, conversation), writer| {
            let is_over = writer.ends_at <= now;
            if is_over && writer.is_told {
                over.push(addressed(*user, *conversation, &writer.audience, false));
            }
            !is_over
        });
        over
    }

    /// A socket is gone: nothing is written over it any more.
    pub(crate) fn left(&self, socket: u64) {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let over = writers
            .values_mut()
            .filter(|writer| writer.socket == socket);
        over.for_each(|writer| writer.ends_at = 0);
    }
}

/// What somebody said over a socket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said {
    pub(crate) socket: u64,
    pub(crate) user: UserId,
    pub(crate) conversation: Uuid,
    pub(crate) is_typing: bool,
}

/// Tells others, with the name of who writes.
pub(super) async fn tell(edge: &Edge, mut told: Addressed) {
    if let Signal::Typing { user, name, .. } = &mut told.signal {
        let caller = Caller::anonymous(Contract::Oruma);
        let id = user.to_string();
        // Without a name it is told as well.
        if let Ok(cards) = edge.people.cards(&caller, [id.clone()]).await {
            *name = cards
                .get(&id)
                .map(|card| card.display_name.clone())
                .unwrap_or_default();
        }
    }
    signals::publish(edge, &told).await;
}

fn addressed(user: UserId, conversation: Uuid, audience: &Audience, is_typing: bool) -> Addressed {
    Addressed {
        to: audience.to_vec(),
        except: Some(user),
        signal: Signal::Typing {
            user,
            name: String::new(),
            conversation,
            is_typing,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Uuid = Uuid::from_u128(9);

    fn user(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    const QUICK: Pace = Pace {
        expires_after: 3_000,
        told_every: 250,
    };

    fn heard(typing: &Typing, is_typing: bool, now: i64) -> Option<bool> {
        heard_at(typing, QUICK, is_typing, now)
    }

    fn heard_at(typing: &Typing, pace: Pace, is_typing: bool, now: i64) -> Option<bool> {
        let audience = Audience::from([Address::Person(user(2))]);
        let said = Said {
            socket: 5,
            user: user(1),
            conversation: PLACE,
            is_typing,
        };
        told(typing.heard(said, audience, pace, now))
    }

    fn told(addressed: Option<Addressed>) -> Option<bool> {
        let addressed = addressed?;
        assert_eq!(addressed.to, [Address::Person(user(2))]);
        match addressed.signal {
            Signal::Typing { is_typing, .. } => Some(is_typing),
            Signal::Presence { .. } | Signal::Statuses(_) => None,
        }
    }

    fn expired(typing: &Typing, now: i64) -> Vec<Option<bool>> {
        typing.expire(now).into_iter().map(Some).map(told).collect()
    }

    #[test]
    fn writing_is_told_once_and_is_over_three_seconds_after_the_last_word() {
        let typing = Typing::default();
        assert_eq!(heard(&typing, true, 0), Some(true));
        assert_eq!(heard(&typing, true, 1_000), None);
        assert_eq!(expired(&typing, 3_999), []);
        assert_eq!(expired(&typing, 4_000), [Some(false)]);
        assert_eq!(expired(&typing, 9_000), []);
    }

    #[test]
    fn stopping_is_told_at_once_and_only_once() {
        let typing = Typing::default();
        assert_eq!(heard(&typing, false, 0), None);
        heard(&typing, true, 0);
        assert_eq!(heard(&typing, false, 1_000), Some(false));
        assert_eq!(expired(&typing, 10_000), []);
    }

    #[test]
    fn whoever_changes_all_the_time_is_not_listened_to_all_the_time() {
        let typing = Typing::default();
        let told = (0..1_000).filter(|now| heard(&typing, now % 2 == 0, *now).is_some());
        assert!(told.count() <= 4);
        // In the end the others know how it is.
        assert!(expired(&typing, 1_300).len() <= 1);
        assert_eq!(expired(&typing, 5_000), []);
    }

    #[test]
    fn whoever_leaves_no_longer_writes() {
        let typing = Typing::default();
        heard(&typing, true, 0);
        typing.left(4);
        assert_eq!(expired(&typing, 1), []);
        typing.left(5);
        assert_eq!(expired(&typing, 1), [Some(false)]);
    }

    /// C-158, C-159: over after five seconds without a word, and told once a second at the most.
    #[test]
    fn contracts_have_a_pace_of_their_own() {
        let slow = Pace {
            expires_after: 5_000,
            told_every: 1_000,
        };
        let typing = Typing::default();
        assert_eq!(heard_at(&typing, slow, true, 0), Some(true));
        assert_eq!(heard_at(&typing, slow, false, 300), None);
        assert_eq!(expired(&typing, 999), []);
        assert_eq!(expired(&typing, 1_000), [Some(false)]);
        assert_eq!(heard_at(&typing, slow, true, 2_000), Some(true));
        assert_eq!(heard_at(&typing, slow, true, 4_000), None);
        assert_eq!(expired(&typing, 8_999), []);
        assert_eq!(expired(&typing, 9_000), [Some(false)]);
    }
}
