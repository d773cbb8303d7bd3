//! Who is meant by `@` (C-141): a handle, or a display name of one word, in any case.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Different words behind `@` that are looked at in one text.
const MOST_WORDS: usize = 200;
/// Characters of a word behind `@` at the most.
const LONGEST_WORD: usize = 100;

/// The words behind `@` in a text, in lower case, each once, in their order. The `@` of an address begins none, and signs at the end of a word end its
/// sentence.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
        let begins = letter == '@' && !before.is_some_and(of_address);
        before = Some(letter);
        if !begins {
            continue;
        }
        let end = rest.find(|next| !of_name(next)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        before = word.chars().last().or(before);
        rest = after;
        // What goes on with an `@` is an address of another world.
        if !after.starts_with('@') {
            note(word, &mut found);
        }
        if found.len() >= MOST_WORDS {
            break;
        }
    }
    found
}

/// Notes a word, and its part before an apostrophe: `@ada's`.
fn note(word: &str, found: &mut Vec<String>) {
    let first = word.split(['\'', '’']).next().unwrap_or(word);
    for part in [word, first] {
        let part = part.trim_end_matches(['.', '-', '_', '\'', '’']);
        let part: String = part.nfc().collect::<String>().to_lowercase();
        let fits = !part.is_empty() && part.chars().count() <= LONGEST_WORD;
        if fits && !found.contains(&part) {
            found.push(part);
        }
    }
}

fn of_name(letter: char) -> bool {
    letter.is_alphanumeric()
        || is_combining_mark(letter)
        || matches!(letter, '.' | '-' | '_' | '\'' | '’')
}

/// Whether an `@` behind it is that of an address or of no mention.
fn of_address(letter: char) -> bool {
    letter.is_alphanumeric()
        || is_combining_mark(letter)
        || matches!(letter, '.' | '-' | '_' | '+' | '@' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_behind_the_sign_are_found() {
        let text = "@Ada.Lovelace, (@BOB) @Zoë! @ada.lovelace @Jean-Luc. @O'Brien @eve's";
        let expected = [
            "ada.lovelace",
            "bob",
            "zoë",
            "jean-luc",
            "o'brien",
            "o",
            "eve's",
            "eve",
        ];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn addresses_are_none() {
        for text in [
            "ada@mit.edu",
            "a.@b",
            "@@no",
            "@",
            "@ ada",
            "x+y@z",
            "@ada@example.org",
            "https://x/@ada",
        ] {
            assert_eq!(words(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn words_are_bounded() {
        let many: Vec<String> = (0..500).map(|nth| format!("@w{nth}")).collect();
        assert_eq!(words(&many.join(" ")).len(), MOST_WORDS);
        assert_eq!(words(&format!("@{}", "x".repeat(101))), [""; 0]);
    }
}
