//! What people type into a search.

/// Characters of a query that are read: the parser of the database gives up on far longer ones.
const LONGEST_QUERY: usize = 1_000;

/// A query without what the parser of the database gives up on: each `-` that is before no word and no phrase counts as a depth of its own.
#[must_use]
pub fn search_words(query: &str) -> String {
    let mut letters = query.chars().take(LONGEST_QUERY).peekable();
    let mut words = String::new();
    while let Some(letter) = letters.next() {
        let negates = letters
            .peek()
            .is_some_and(|next| next.is_alphanumeric() || *next == '"');
        words.push(if letter == '-' && !negates {
            ' '
        } else {
            letter
        });
    }
    words
}

/// Whether nothing can be found by it: the database takes no such text.
#[must_use]
pub fn is_in_no_text(text: &str) -> bool {
    text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_keeps_the_dashes_that_mean_something() {
        let kept = "a -b -\"c d\" e-f";
        assert_eq!(search_words(kept), kept);
        assert_eq!(search_words("---a - -"), "  -a    ");
        assert_eq!(search_words(&"é".repeat(3_000)), "é".repeat(LONGEST_QUERY));
    }
}
