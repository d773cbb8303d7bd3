//! What people feel about messages (C-148).

use chrono::{DateTime, Utc};
use oruma_ids::UserId;

/// People who can react to one message.
pub const MOST_REACTIONS: i64 = 500;

/// What somebody felt about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Who.
    pub user: UserId,
    /// One emoji.
    pub emoji: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Reads one emoji of Unicode, in its fully qualified form: sequences, flags, skin tones and keycaps are one.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_emoji(text: &str) -> Result<&'static str, &'static str> {
    let emoji = emojis::get(text.trim()).ok_or("must be one emoji")?;
    Ok(emoji.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_one_emoji() {
        for emoji in ["👍", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "1️⃣", "❤️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈", "🧑🏻‍🤝‍🧑🏿"]
        {
            assert_eq!(judge_emoji(emoji), Ok(emoji));
        }
        // Without its selector it is the same.
        assert_eq!(judge_emoji("❤"), Ok("❤️"));
        for wrong in [
            "",
            "a",
            "1",
            "#",
            ":)",
            ":thumbsup:",
            "👍👍",
            "👍x",
            "🇩",
            "\u{200d}",
            "🏽👍",
            "<b>",
        ] {
            assert!(judge_emoji(wrong).is_err(), "{wrong}");
        }
    }
}
