//! Mails and text messages that a deployment sent: files in its `MAIL_DIR`.

use std::path::Path;

use oruma_test_kit::eventually;

use crate::Deployment;

/// What was sent to somebody.
#[derive(Debug, Clone)]
pub struct Letter {
    file: String,
    /// All of it, decoded.
    pub text: String,
}

// === impl Letter ===

impl Letter {
    /// The first six digits that stand alone in its words.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn code(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").expect("headers end").1;
        let words = body.split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut codes =
            words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
        codes.next().expect("a code").to_owned()
    }

    /// What the first link has as `token`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn token(&self) -> String {
        let (_, rest) = self.text.split_once("?token=").expect("a link");
        let is_part = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
        rest.chars().take_while(is_part).collect()
    }
}

// === impl Deployment ===

impl Deployment {
    /// What was sent to an address or a phone until now, oldest first.
    #[must_use]
    pub fn letters(&self, to: &str) -> Vec<Letter> {
        let header = format!("To: {to}\r\n");
        let mut letters = letters_in(Path::new(self.variable("MAIL_DIR")));
        letters.retain(|letter| letter.text.contains(&header));
        letters
    }

    /// Waits until that many were sent, and returns the last of those.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn letter(&self, to: &str, number: usize) -> Letter {
        let what = format!("letter {number} has come");
        eventually(&what, || async { self.letters(to).len() >= number }).await;
        let place = number.checked_sub(1).expect("they count from one");
        let letters = self.letters(to);
        letters.get(place).expect("it has come").clone()
    }
}

/// Names begin with the time.
fn letters_in(folder: &Path) -> Vec<Letter> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut letters: Vec<Letter> = files
        .filter_map(|file| {
            let path = file.ok()?.path();
            let kind = path.extension()?.to_str()?;
            let is_letter = kind == "eml" || kind == "txt";
            let raw = is_letter.then(|| std::fs::read_to_string(&path).ok())??;
            Some(Letter {
                file: path.file_name()?.to_str()?.to_owned(),
                text: decoded(&raw),
            })
        })
        .collect();
    letters.sort_by(|one, other| one.file.cmp(&other.file));
    letters
}

/// Undoes quoted-printable, where that is how it was sent.
fn decoded(raw: &str) -> String {
    if !raw.contains("quoted-printable") {
        return raw.to_owned();
    }
    let raw = raw.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let pair = others
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if *first == b'=' => {
                bytes.push(byte);
                rest = others.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
