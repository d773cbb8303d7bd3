//! The rules of a text.

use unicode_normalization::UnicodeNormalization;

/// Whether a text may have lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// A name, a title: no line breaks, no tabs.
    One,
    /// A post, a message: line breaks and tabs are part of it.
    Many,
}

/// What is wrong with a text, as the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextProblem {
    /// It is longer than it may be, in code points.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// It has characters that can't be seen and mean something to terminals only.
    #[error("must not contain control characters")]
    ControlCharacters,
}

/// Brings a text to its stored form: NFC, without space around it, a form's line ends as plain ones. It may come out empty.
///
/// # Errors
/// [`TextProblem`].
pub fn plain(text: &str, lines: Lines, most: usize) -> Result<String, TextProblem> {
    let text = text.trim();
    // A text of more bytes than any text of so many characters can have need not be looked at.
    if text.len() > most.saturating_mul(LONGEST_COMPOSED) {
        return Err(TextProblem::TooLong(most));
    }
    let text: String = text.replace("\r\n", "\n").nfc().collect();
    if text.chars().count() > most {
        return Err(TextProblem::TooLong(most));
    }
    let allowed = |letter: char| lines == Lines::Many && matches!(letter, '\n' | '\t');
    if text
        .chars()
        .any(|letter| letter.is_control() && !allowed(letter))
    {
        return Err(TextProblem::ControlCharacters);
    }
    Ok(text)
}

/// Bytes that can become one code point by NFC, at the most: a letter of four bytes and some marks.
const LONGEST_COMPOSED: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn length_is_counted_in_code_points_after_composition() {
        let composed = "e\u{301}".repeat(2_000);
        assert_eq!(
            plain(&composed, Lines::Many, 2_000).unwrap(),
            "é".repeat(2_000)
        );
        assert_eq!(
            plain(&"😀".repeat(2_000), Lines::Many, 2_000)
                .unwrap()
                .chars()
                .count(),
            2_000
        );
        let too_long = Err(TextProblem::TooLong(2_000));
        assert_eq!(plain(&"é".repeat(2_001), Lines::Many, 2_000), too_long);
        assert_eq!(plain(&"a".repeat(1_000_000), Lines::Many, 2_000), too_long);
    }

    #[test]
    fn control_characters_are_refused_but_for_lines() {
        let refused = Err(TextProblem::ControlCharacters);
        assert_eq!(
            plain("one\r\ntwo\tthree", Lines::Many, 99).unwrap(),
            "one\ntwo\tthree"
        );
        assert_eq!(plain("one\ntwo", Lines::One, 99), refused);
        for wrong in ["a\0b", "a\u{1b}[31mb", "a\u{85}b", "a\rb"] {
            assert_eq!(plain(wrong, Lines::Many, 99), refused, "{wrong:?}");
        }
    }

    #[test]
    fn markup_is_text_like_any_other() {
        let text = "<script>alert('x')</script> & Co.";
        assert_eq!(plain(text, Lines::One, 99).unwrap(), text);
    }

    proptest! {
        #[test]
        fn what_was_stored_is_stored_the_same_again(text in ".{0,60}") {
            if let Ok(once) = plain(&text, Lines::Many, 60) {
                prop_assert_eq!(plain(&once, Lines::Many, 60), Ok(once));
            }
        }
    }
}
