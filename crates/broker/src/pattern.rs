//! Topic patterns, as RabbitMQ understands them.

use crate::MAX_KIND_BYTES;

/// Whether the kind fits the pattern: words with dots between, `*` for one word, `#` for any number of them.
pub(crate) fn matches(pattern: &str, kind: &str) -> bool {
    let pattern: Vec<_> = pattern.split('.').collect();
    let words: Vec<_> = kind.split('.').collect();
    words_match(&pattern, &words)
}

pub(crate) fn is_valid(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.len() <= MAX_KIND_BYTES
}

fn words_match(pattern: &[&str], words: &[&str]) -> bool {
    match (pattern.split_first(), words.split_first()) {
        (None, None) => true,
        (Some((&"#", rest)), None) => words_match(rest, words),
        (Some((&"#", rest)), Some((_, tail))) => {
            words_match(rest, words) || words_match(pattern, tail)
        }
        (Some((expected, rest)), Some((word, tail))) => {
            (*expected == "*" || expected == word) && words_match(rest, tail)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_hashes() {
        for (pattern, kind, fits) in [
            ("auth.user.deleted.v1", "auth.user.deleted.v1", true),
            ("auth.user.deleted.v1", "auth.user.deleted.v2", false),
            ("auth.*.deleted.v1", "auth.user.deleted.v1", true),
            ("auth.*", "auth.user.deleted.v1", false),
            ("auth.#", "auth.user.deleted.v1", true),
            ("auth.#", "auth", true),
            ("#.v1", "auth.user.deleted.v1", true),
            ("#", "a", true),
            ("#.deleted.#", "auth.user.deleted.v1", true),
            ("*.*", "a", false),
        ] {
            assert_eq!(matches(pattern, kind), fits, "{pattern} {kind}");
        }
    }

    proptest! {
        #[test]
        fn every_kind_fits_itself_and_a_hash(kind in "[a-c]{1,2}(\\.[a-c]{1,2}){0,4}") {
            prop_assert!(matches(&kind, &kind));
            prop_assert!(matches("#", &kind));
        }

        #[test]
        fn a_star_for_a_word_fits_wherever_the_word_did(
            words in proptest::collection::vec("[a-c]{1,2}", 1..5),
            at in any::<proptest::sample::Index>(),
        ) {
            let kind = words.join(".");
            let mut pattern = words.clone();
            pattern[at.index(words.len())] = "*".to_owned();
            let pattern = pattern.join(".");
            prop_assert!(matches(&pattern, &kind));
            let longer = format!("{kind}.x");
            prop_assert!(!matches(&pattern, &longer));
        }
    }
}
