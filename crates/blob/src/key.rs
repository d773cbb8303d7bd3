//! Names of blobs.

use std::fmt;
use std::str::FromStr;

/// The longest key, in bytes: fits S3, and paths of all file systems.
const MAX_BYTES: usize = 512;
/// The longest part of a key, in bytes: the longest name of a file.
const MAX_PART_BYTES: usize = 200;

/// The text can't name a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed key of a blob")]
pub struct InvalidKey;

/// The name of a blob, such as `images/posts/1.jpg`: parts of `a-z 0-9 . _ -` between slashes, none of which begins with a dot. So no
/// key leaves the folder of the store, names a hidden file, or means another blob on a file system that ignores case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobKey(String);

impl BlobKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BlobKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        if text.len() <= MAX_BYTES && text.split('/').all(is_part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidKey)
        }
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobKey({})", self.0)
    }
}

fn is_part(part: &str) -> bool {
    (1..=MAX_PART_BYTES).contains(&part.len())
        && !part.starts_with('.')
        && part
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_keys() {
        for text in [
            "a",
            "images/posts/0193.jpg",
            "a/b-c/d_e.f",
            "a..b",
            &"a/".repeat(255),
        ] {
            let text = text.trim_end_matches('/');
            assert_eq!(text.parse::<BlobKey>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn no_key_can_escape() {
        let long_part = "a".repeat(201);
        let long = "a/".repeat(256) + "a";
        for text in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../a",
            "a/..",
            "a/../../b",
            "a//b",
            "a/",
            "./a",
            ".hidden",
            "a/.hidden",
            "a\0b",
            "a\\b",
            "..\\a",
            "C:a",
            "A",
            "a b",
            "%2e%2e/a",
            "ä",
            "a\nb",
            &long_part,
            &long,
        ] {
            assert_eq!(text.parse::<BlobKey>(), Err(InvalidKey), "{text:?}");
        }
    }
}
