//! Hashtags and mentions.

use unicode_normalization::UnicodeNormalization;

/// Characters of a hashtag at the most.
const LONGEST_HASHTAG: usize = 100;
/// Characters of a mention at the most: longer than any handle.
const LONGEST_MENTION: usize = 64;

/// Reads one hashtag, with or without `#`: lower case, without `#`. `None` when it is none: letters, digits and `_` of any script, not digits
/// alone.
#[must_use]
pub fn hashtag(text: &str) -> Option<String> {
    let text = text.trim();
    // As the texts in which hashtags are found.
    let tag: String = text.strip_prefix('#').unwrap_or(text).nfc().collect();
    let fits = tag.chars().all(of_hashtag) && tag.chars().count() <= LONGEST_HASHTAG;
    let meant = tag
        .chars()
        .any(|letter| !letter.is_numeric() && letter != '_');
    (fits && meant).then(|| tag.to_lowercase())
}

/// Reads one mention, with or without `@`: lower case, without `@`. `None` when it is none: Latin letters and digits, with dots, hyphens or
/// `_` between them.
#[must_use]
pub fn mention(text: &str) -> Option<String> {
    let text = text.trim();
    let handle = text.strip_prefix('@').unwrap_or(text);
    let fits =
        !handle.is_empty() && handle.len() <= LONGEST_MENTION && handle.chars().all(of_mention);
    let ends = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    (fits && ends(handle.chars().next()) && ends(handle.chars().last()))
        .then(|| handle.to_ascii_lowercase())
}

/// The hashtags in a text, each once, in their order. A `#` in the middle of a word begins none.
#[must_use]
pub fn hashtags_in(text: &str) -> Vec<String> {
    marked_with('#', text, of_hashtag, hashtag)
}

/// The mentions in a text, each once, in their order. The `@` of an address begins none, and a full stop after a mention ends its sentence.
#[must_use]
pub fn mentions_in(text: &str) -> Vec<String> {
    marked_with('@', text, of_mention, |found| {
        mention(found.trim_end_matches(['.', '-', '_']))
    })
}

fn of_hashtag(letter: char) -> bool {
    letter.is_alphanumeric()
        || letter == '_'
        || unicode_normalization::char::is_combining_mark(letter)
}

fn of_mention(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_')
}

fn marked_with(
    mark: char,
    text: &str,
    belongs: fn(char) -> bool,
    read: impl Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        let begins = letter == mark && !before.is_some_and(|last| of_hashtag(last) || last == mark);
        before = Some(letter);
        if !begins {
            continue;
        }
        let end = rest.find(|next| !belongs(next)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if let Some(tag) = read(word).filter(|tag| !found.contains(tag)) {
            found.push(tag);
        }
        before = word.chars().last().or(before);
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashtags_are_found_once_and_in_lower_case() {
        let text = "#Rust and #rust, #Öğrenci #数学! a#b ##no #2024 #web3 (#c_d) # #";
        assert_eq!(
            hashtags_in(text),
            ["rust", "öğrenci", "数学", "web3", "c_d"]
        );
    }

    #[test]
    fn mentions_are_found_but_not_in_addresses() {
        let text = "@Ada.Lovelace, @bob. (@eve2) ada@mit.edu @@no @ @...";
        assert_eq!(mentions_in(text), ["ada.lovelace", "bob", "eve2"]);
    }

    #[test]
    fn given_ones_are_read_with_and_without_their_mark() {
        assert_eq!(hashtag("#Campus_Life"), Some("campus_life".to_owned()));
        assert_eq!(hashtag("Cafe\u{301}"), Some("café".to_owned()));
        assert_eq!(mention("Ada.Lovelace"), Some("ada.lovelace".to_owned()));
        for wrong in ["", "#", "two words", "##x", "2024", "a-b", "<b>"] {
            assert_eq!(hashtag(wrong), None, "{wrong}");
        }
        for wrong in ["", "@", "two words", "@@x", "é", ".a", "a.", "a b"] {
            assert_eq!(mention(wrong), None, "{wrong}");
        }
        assert_eq!(hashtag(&"a".repeat(101)), None);
        assert_eq!(mention(&"a".repeat(65)), None);
    }

    proptest! {
        #[test]
        fn what_is_found_can_be_given(text in "[#@a-z0-9._é ]{0,80}") {
            for tag in hashtags_in(&text) {
                prop_assert_eq!(hashtag(&tag), Some(tag));
            }
            for handle in mentions_in(&text) {
                prop_assert_eq!(mention(&handle), Some(handle));
            }
        }
    }
}
