//! Who writes where: told when it changes, and over by itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use oruma_ids::UserId;
use oruma_proto::messaging::v1 as proto;
use oruma_service_runtime::Caller;
use uuid::Uuid;

use super::dialect::Signal;
use super::happening::Address;
use super::inbox::user_ids;
use super::signals::Addressed;
use crate::clients::read;
use crate::edge::Edge;
use crate::failure::Failure;

/// How long somebody counts as writing who does not say so again, in milliseconds.
const EXPIRES_AFTER: i64 = 3_000;
/// Changes of one writer in one conversation are told no faster than this, in milliseconds.
const TOLD_EVERY: i64 = 250;
/// Writers that are kept in mind.
const MOST: usize = 100_000;
/// Who takes part in a conversation is asked again after this.
const FRESH: Duration = Duration::from_secs(30);
const MOST_CONVERSATIONS: u64 = 50_000;

type Members = Arc<[UserId]>;

/// Who writes, on this gateway.
pub(crate) struct Typing {
    writers: Mutex<HashMap<(UserId, Uuid), Writer>>,
    members: Cache<Uuid, Members>,
}

struct Writer {
    members: Members,
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
            members: Cache::builder()
                .max_capacity(MOST_CONVERSATIONS)
                .time_to_live(FRESH)
                .build(),
        }
    }
}

impl Typing {
    /// Who takes part in a conversation, as far as that is known here.
    pub(crate) fn known_members(&self, conversation: Uuid, user: UserId) -> Option<Members> {
        let members = self.members.get(&conversation)?;
        members.contains(&user).then_some(members)
    }

    /// Asks who takes part in a conversation.
    ///
    /// # Errors
    /// When the caller does not, or nobody can tell.
    pub(crate) async fn ask_members(
        &self,
        edge: &Edge,
        caller: &Caller,
        conversation: Uuid,
    ) -> Result<Members, Failure> {
        let message = proto::ListMembersRequest {
            conversation_id: conversation.to_string(),
        };
        let conversations = &edge.clients.conversations;
        let answer = read(async || {
            conversations
                .clone()
                .list_members(caller.send(message.clone()))
                .await
        })
        .await?;
        let members: Members = user_ids(&answer.user_ids).into();
        self.members.insert(conversation, Arc::clone(&members));
        Ok(members)
    }

    /// Somebody says that it writes or no longer does; what to tell the others, if anything.
    pub(crate) fn heard(
        &self,
        user: UserId,
        conversation: Uuid,
        members: Members,
        is_typing: bool,
        now: i64,
    ) -> Option<Addressed> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (user, conversation);
        if !writers.contains_key(&key) && (!is_typing || writers.len() >= MOST) {
            return None;
        }
        let writer = writers.entry(key).or_insert_with(|| Writer {
            members,
            ends_at: now,
            told_at: now - TOLD_EVERY,
            is_told: false,
        });
        let may_tell = now - writer.told_at >= TOLD_EVERY;
        // What can't be told now is told when it ends.
        let soonest_end = if is_typing {
            now + EXPIRES_AFTER
        } else {
            writer.told_at + TOLD_EVERY
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
        Some(addressed(user, conversation, &writer.members, is_typing))
    }

    /// What ends with time.
    pub(crate) fn expire(&self, now: i64) -> Vec<Addressed> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = Vec::new();
        writers.retain(|(user, conversation), writer| {
            let is_over = writer.ends_at <= now;
            if is_over && writer.is_told {
                over.push(addressed(*user, *conversation, &writer.members, false));
            }
            !is_over
        });
        over
    }

    /// A person left: nothing is written any more.
    pub(crate) fn left(&self, user: UserId) {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = writers
            .iter_mut()
            .filter(|((writer, _), _)| *writer == user);
        mine.for_each(|(_, writer)| writer.ends_at = 0);
    }
}

fn addressed(user: UserId, conversation: Uuid, members: &Members, is_typing: bool) -> Addressed {
    let others = members.iter().filter(|member| **member != user);
    Addressed {
        to: others.map(|member| Address::Person(*member)).collect(),
        except: Some(user),
        signal: Signal::Typing {
            user,
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

    fn heard(typing: &Typing, is_typing: bool, now: i64) -> Option<bool> {
        let members = Members::from([user(1), user(2)]);
        told(typing.heard(user(1), PLACE, members, is_typing, now))
    }

    fn told(addressed: Option<Addressed>) -> Option<bool> {
        let addressed = addressed?;
        assert_eq!(addressed.to, [Address::Person(user(2))]);
        match addressed.signal {
            Signal::Typing { is_typing, .. } => Some(is_typing),
            Signal::Presence { .. } => None,
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
        typing.left(user(1));
        assert_eq!(expired(&typing, 1), [Some(false)]);
    }
}
