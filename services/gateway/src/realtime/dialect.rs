//! What a contract adds: its words for what is told, and what its clients' words mean.

use chrono::{DateTime, Utc};
use oruma_ids::UserId;
use oruma_service_runtime::Contract;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::availability::Availability;
use super::frame::Frames;
use super::happening::{Happening, Topic};
use super::typing::Pace;
use crate::faces::Faces;
use crate::failure::Failure;

/// A contract's place among the dialects of a hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DialectId(pub(crate) usize);

/// A contract's frames.
pub(crate) trait Dialect: Send + Sync + 'static {
    /// The contract whose words these are, for metrics.
    fn contract(&self) -> Contract;
    /// What happened, with those who are named in it; none when this contract doesn't tell of it.
    fn happening(&self, happening: &Happening, faces: &Faces, seq: u64) -> Option<Rendered>;
    /// What is true for a moment.
    fn signal(&self, signal: &Signal) -> Option<Frames>;
    /// The first frame: everything behind `seq` follows.
    fn connected(&self, seq: u64) -> Frames;
    /// What happened up to `seq` was not all told, and can't be.
    fn reload(&self, reason: Reload, seq: u64) -> Frames;
    /// A command was refused.
    fn refusal(&self, failure: &Failure) -> Frames;
    /// The answer to [`Command::Ping`].
    fn pong(&self) -> Frames;
    /// What a client's text asks for.
    fn understand(&self, text: &[u8]) -> Result<Command, Failure>;
    /// How typing comes and goes.
    fn pace(&self) -> Pace;
    /// Whether it has conversations of more than two.
    fn has_conversations(&self) -> bool {
        false
    }
}

/// A frame, and who of the audience gets it.
#[derive(Debug, Clone)]
pub(crate) struct Rendered {
    pub(crate) frame: Frames,
    /// Only this person; all when there is none.
    pub(crate) only: Option<UserId>,
}

/// Why a client has to reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reload {
    /// It was away for longer than what happened is kept, or comes from before the log began.
    Expired,
    /// What gateways share was lost.
    Lost,
    /// It reads too slowly.
    TooSlow,
}

impl Reload {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Lost => "lost",
            Self::TooSlow => "too_slow",
        }
    }
}

/// What is true for a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signal {
    /// Somebody writes, or no longer does.
    Typing {
        user: UserId,
        /// What others call the person; empty where that is not known.
        #[serde(default)]
        name: String,
        conversation: Uuid,
        is_typing: bool,
    },
    /// Somebody came or left.
    Presence {
        user: UserId,
        is_online: bool,
        last_seen: Option<DateTime<Utc>>,
    },
    /// How some people are, for contracts that show more than coming and leaving.
    Statuses(Vec<StatusChange>),
}

impl Signal {
    /// What it belongs to.
    pub(crate) const fn topic(&self) -> Topic {
        match self {
            Self::Typing { .. } => Topic::Typing,
            Self::Presence { .. } | Self::Statuses(_) => Topic::Presence,
        }
    }
}

/// How somebody is from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusChange {
    pub(crate) user: UserId,
    pub(crate) status: Availability,
    pub(crate) last_seen: Option<DateTime<Utc>>,
}

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    /// A sign of life.
    Ping,
    /// It writes, or no longer does.
    Typing { conversation: Uuid, is_typing: bool },
    /// It has read a conversation up to a message.
    Read {
        conversation: Option<Uuid>,
        message: Uuid,
    },
    /// It likes a post, or no longer does.
    Like { post: Uuid, liked: bool },
    /// It says whether its person wants to be spoken to.
    Status(Availability),
}

impl Command {
    /// What it belongs to; none for what every socket understands.
    pub(crate) const fn topic(&self) -> Option<Topic> {
        match self {
            Self::Ping => None,
            Self::Typing { .. } => Some(Topic::Typing),
            Self::Status(_) => Some(Topic::Presence),
            Self::Read { .. } | Self::Like { .. } => Some(Topic::Messages),
        }
    }
}
