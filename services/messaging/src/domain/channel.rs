//! Channels: conversations with a name that people join (C-127 to C-137).

use chrono::{DateTime, Utc};
use oruma_ids::{ConversationId, UserId};
use oruma_text::{Lines, plain};

use super::message::Message;

/// Letters of a name at the most.
const LONGEST_NAME: usize = 80;
/// Characters of a description at the most.
const LONGEST_DESCRIPTION: usize = 500;

/// Who may join a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Whom an administrator of the channel adds.
    Private,
}

impl Visibility {
    /// Its name, as in events and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }

    /// That of the name. The schema allows no other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "public" {
            Self::Public
        } else {
            Self::Private
        }
    }
}

/// What somebody may do in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberRole {
    /// Writes and reads.
    Member,
    /// Changes the channel, its members and what is pinned, too.
    Admin,
}

impl MemberRole {
    /// Its name, as in events and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// That of the name. The schema allows no other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        if name == "admin" {
            Self::Admin
        } else {
            Self::Member
        }
    }

    /// What the text of the conversation calls it.
    #[must_use]
    pub const fn with_article(self) -> &'static str {
        match self {
            Self::Member => "a member",
            Self::Admin => "an admin",
        }
    }
}

/// Somebody who takes part in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What they may do.
    pub role: MemberRole,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

/// A channel, as somebody sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// The id of the conversation.
    pub id: ConversationId,
    /// The short number of the conversation.
    pub number: i64,
    /// Unique among the channels that are there.
    pub name: String,
    /// What it is for; empty when nobody said.
    pub description: String,
    /// Who may join.
    pub visibility: Visibility,
    /// Who made it; `None` once the account is gone.
    pub created_by: Option<UserId>,
    /// What the viewer may do in it; `None` for strangers.
    pub role: Option<MemberRole>,
    /// How many take part.
    pub member_count: i64,
    /// The newest message that is still there; `None` for strangers.
    pub last_message: Option<Message>,
    /// How many messages of others the viewer has not read.
    pub unread_count: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When something last happened in it.
    pub activity_at: DateTime<Utc>,
}

/// Reads the name of a channel, in lower case.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_name(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("is required".to_owned());
    }
    if text.len() > LONGEST_NAME {
        return Err(format!("must have at most {LONGEST_NAME} characters"));
    }
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Err("must have letters, digits and hyphens only".to_owned());
    }
    Ok(text.to_ascii_lowercase())
}

/// Reads what a channel is for; empty for nothing.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_description(text: &str) -> Result<String, String> {
    plain(text, Lines::Many, LONGEST_DESCRIPTION).map_err(|problem| problem.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(judge_name("General-2").unwrap(), "general-2");
        assert_eq!(judge_name(&"x".repeat(80)).unwrap().len(), 80);
        for wrong in ["", " a", "a b", "a_b", "ä", "a\n", "#a", &"x".repeat(81)] {
            assert!(judge_name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn descriptions_are_short() {
        assert_eq!(judge_description(" what\nfor ").unwrap(), "what\nfor");
        assert!(judge_description(&"é".repeat(500)).is_ok());
        assert!(judge_description(&"é".repeat(501)).is_err());
        assert!(judge_description("a\0").is_err());
    }
}
