//! How what was found is shown.

/// What stands before a word that was looked for: private use, which no text has.
pub const BEGINS: char = '\u{e000}';
/// What stands behind it.
pub const ENDS: char = '\u{e001}';
/// Characters of the text that are shown, without the signs.
const LONGEST: usize = 300;

/// A part of a text with marked words, cut to what is shown; no mark stays open.
#[must_use]
pub fn shortened(highlight: &str) -> String {
    let mut cut = String::new();
    let (mut characters, mut is_open) = (0, false);
    for letter in highlight.chars() {
        match letter {
            BEGINS => is_open = true,
            ENDS => is_open = false,
            _ => characters += 1,
        }
        if characters > LONGEST {
            break;
        }
        cut.push(letter);
    }
    if is_open {
        cut.push(ENDS);
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_leaves_no_mark_open() {
        let text = format!("{}{BEGINS}{}", "x".repeat(299), "word");
        let cut = shortened(&text);
        assert!(cut.ends_with(&format!("{BEGINS}w{ENDS}")));
        let short = format!("a {BEGINS}b{ENDS} c");
        assert_eq!(shortened(&short), short);
    }
}
