//! Reading the mails that a service sent.

use std::path::Path;

use oruma_test_kit::eventually;

use crate::support::Auth;

/// A mail, read back.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Which file it is.
    pub(crate) file: String,
    /// All of it, decoded.
    pub(crate) text: String,
}

impl Letter {
    pub(crate) fn of(file: String, raw: &str) -> Self {
        let text = decoded(raw);
        Self { file, text }
    }

    /// The first six digits that stand alone.
    pub(crate) fn code(&self) -> String {
        let words = self
            .body()
            .split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut codes =
            words.filter(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()));
        codes.next().expect("a code").to_owned()
    }

    /// The token of the first link.
    pub(crate) fn token(&self) -> String {
        let (_, rest) = self.text.split_once("?token=").expect("a link");
        rest[..36].to_owned()
    }

    /// What follows the headers.
    pub(crate) fn body(&self) -> &str {
        self.text
            .split_once("\r\n\r\n")
            .map_or(&*self.text, |(_, body)| body)
    }
}

/// Undoes quoted-printable.
fn decoded(raw: &str) -> String {
    if !raw.contains("quoted-printable") {
        return raw.to_owned();
    }
    let raw = raw.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = raw.as_bytes();
    while let [first, others @ ..] = rest {
        let hex = others
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'=' => {
                bytes.push(byte);
                rest = &others[2..];
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Auth {
    /// Waits until nothing is on its way.
    pub(crate) async fn mails_sent(&self) {
        eventually("mails are where they should be", || async {
            self.count("auth.mails").await == 0
        })
        .await;
    }

    /// What was sent to an address, oldest first.
    pub(crate) async fn letters_to(&self, address: &str) -> Vec<Letter> {
        self.mails_sent().await;
        let all = letters_in(self.mail_dir.path());
        let to = format!("To: {address}\r\n");
        all.into_iter()
            .filter(|letter| letter.text.contains(&to))
            .collect()
    }

    /// The last that was sent to an address.
    pub(crate) async fn last_letter_to(&self, address: &str) -> Letter {
        self.letters_to(address).await.pop().expect("a mail")
    }
}

/// What lies in a folder, by name.
pub(crate) fn letters_in(folder: &Path) -> Vec<Letter> {
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut letters: Vec<Letter> = files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "eml" || kind == "txt")
        })
        .map(|path| {
            let raw = std::fs::read_to_string(&path).unwrap();
            Letter::of(path.file_name().unwrap().to_str().unwrap().to_owned(), &raw)
        })
        .collect();
    letters.sort_by(|one, other| one.file.cmp(&other.file));
    letters
}
