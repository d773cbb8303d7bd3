//! Text as searches and comparisons see it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without accents, every run of anything but letters and digits one space: `"Université de Genève"` and
/// `"universite  de-geneve"` are the same.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|letter| !is_combining_mark(*letter)) {
        match letter {
            // Letters of their own that people without them type plainly.
            'ı' => folded.push('i'),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            'ß' => folded.push_str("ss"),
            // An apostrophe joins: St John's is stored and found as "st johns".
            '\'' | '’' => {}
            _ if letter.is_alphanumeric() => folded.extend(letter.to_lowercase()),
            _ if !folded.is_empty() && !folded.ends_with(' ') => folded.push(' '),
            _ => {}
        }
    }
    folded.truncate(folded.trim_end().len());
    // Lower-casing can bring marks of its own (İ becomes i and a dot).
    folded.retain(|letter| !is_combining_mark(letter));
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_case_and_signs_make_no_difference() {
        assert_eq!(fold("Université de Genève"), fold("UNIVERSITE de-GENEVE"));
        assert_eq!(fold("İstanbul Üniversitesi"), "istanbul universitesi");
        assert_eq!(fold("St. John's"), "st johns");
        assert_eq!(fold("Københavns Universitet"), "kobenhavns universitet");
        assert_eq!(fold(" — "), "");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in ".*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
