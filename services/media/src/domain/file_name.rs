//! Names of files.

use unicode_normalization::UnicodeNormalization;

/// The longest name, in bytes: that of most file systems.
const LONGEST: usize = 255;
/// The longest extension that is kept when a name is cut, in bytes.
const LONGEST_EXTENSION: usize = 20;
/// The name of what has none.
const NAMELESS: &str = "file";

/// The name that people see and save a file under: NFC, at most 255 bytes, without folders, control characters, and marks that turn the direction of what
/// follows, by which an `.exe` would look like a `.pdf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The name that is left of what a client says. What is empty then is called `file`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let name = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let name: String = name.nfc().filter(|letter| is_kept(*letter)).collect();
        let name = cut(name.trim());
        if name.trim_matches(['.', ' ']).is_empty() {
            return Self(NAMELESS.to_owned());
        }
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows the last dot, in small letters; empty without one.
    #[must_use]
    pub fn extension(&self) -> String {
        let (_, extension) = self.0.rsplit_once('.').unwrap_or_default();
        extension.to_lowercase()
    }
}

fn is_kept(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !letter.is_control() && !turns
}

/// Cuts before the extension, if that is a short one.
fn cut(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let extension = name
        .rfind('.')
        .and_then(|dot| name.get(dot..))
        .filter(|extension| extension.len() <= LONGEST_EXTENSION)
        .unwrap_or_default();
    let end = name.floor_char_boundary(LONGEST - extension.len());
    let start = name.get(..end).unwrap_or_default();
    format!("{start}{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_only_names() {
        for (text, expected) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\a b.txt", "a b.txt"),
            ("/", "file"),
            ("", "file"),
            ("..", "file"),
            (" . ", "file"),
            ("a\0b\r\nc\u{7f}\u{85}.txt", "abc.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("e\u{301}.txt", "\u{e9}.txt"),
            (".htaccess", ".htaccess"),
            ("  spaced  ", "spaced"),
            ("%2e%2e%2fa", "%2e%2e%2fa"),
        ] {
            assert_eq!(FileName::of(text).as_str(), expected, "{text:?}");
        }
        assert_eq!(FileName::of("a.tar.GZ").extension(), "gz");
        assert_eq!(FileName::of("a").extension(), "");
    }

    #[test]
    fn long_names_keep_their_extension() {
        let long = FileName::of(&format!("{}.pdf", "ä".repeat(300)));
        assert!(long.as_str().len() <= 255);
        assert!(long.as_str().ends_with("ä.pdf"));
        let without = FileName::of(&format!("a.{}", "ä".repeat(300)));
        assert!(without.as_str().len() <= 255 && without.as_str().len() > 250);
    }
}
