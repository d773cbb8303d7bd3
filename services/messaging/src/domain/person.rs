//! Who somebody is, as far as messages need it.

use oruma_ids::UserId;

/// What the texts of the conversation itself call somebody who has no name any longer.
pub const NOBODY: &str = "Somebody";

/// A person, as auth told it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// The unique name in mentions.
    pub handle: String,
    /// The name that people see.
    pub display_name: String,
    /// Where the person's clock stands: an IANA name, empty for UTC.
    pub timezone: String,
    /// Grows with each change.
    pub version: i64,
}

/// What may stand behind `@` for a display name: the name in lower case, where it is one word.
#[must_use]
pub fn mention_name(display_name: &str) -> Option<String> {
    let mut words = display_name.split_whitespace();
    let word = words.next()?;
    words.next().is_none().then(|| word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_can_be_mentioned() {
        assert_eq!(mention_name("Zoë"), Some("zoë".to_owned()));
        for name in ["Ada Lovelace", "", "  "] {
            assert_eq!(mention_name(name), None);
        }
    }
}
