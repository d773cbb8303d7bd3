//! Positions of pages as opaque, signed text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Half of the digest: too long to guess, short enough for a query string.
const SIGNATURE_LENGTH: usize = 16;

/// The cursor was not made by this installation for this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("broken cursor")]
pub struct BrokenCursor;

/// Seals and opens cursors with the secret of the installation.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

impl CursorKey {
    /// Derives the key. Every replica of a service needs the same secret, of any length.
    #[must_use]
    pub fn from_secret(secret: &[u8]) -> Self {
        // HMAC keys have no wrong length, so the arm that can't happen hashes with the empty key.
        let mut mac = Hmac::<Sha256>::new_from_slice(secret)
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        mac.update(b"oruma cursor v1\0");
        Self(mac)
    }

    /// Makes the cursor of `position` in the list named `list`.
    ///
    /// A position that can't be written as JSON seals to a cursor that never opens.
    pub fn seal(&self, list: &str, position: &impl Serialize) -> String {
        let body = serde_json::to_vec(position).unwrap_or_default();
        let mut sealed = self.signature(list, &body).to_vec();
        sealed.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Reads the position back.
    ///
    /// # Errors
    /// [`BrokenCursor`] for text that [`CursorKey::seal`] did not make for this list.
    pub fn open<T: DeserializeOwned>(&self, list: &str, cursor: &str) -> Result<T, BrokenCursor> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BrokenCursor)?;
        let (signature, body) = sealed
            .split_at_checked(SIGNATURE_LENGTH)
            .ok_or(BrokenCursor)?;
        if !bool::from(self.signature(list, body).ct_eq(signature)) {
            return Err(BrokenCursor);
        }
        serde_json::from_slice(body).map_err(|_| BrokenCursor)
    }

    /// Reads the position that a page begins after: `None` for the empty token of a first page.
    ///
    /// # Errors
    /// [`BrokenCursor`] like [`CursorKey::open`].
    pub fn after<T: DeserializeOwned>(
        &self,
        list: &str,
        token: &str,
    ) -> Result<Option<T>, BrokenCursor> {
        match token {
            "" => Ok(None),
            token => self.open(list, token).map(Some),
        }
    }

    /// Cuts a page out of rows of which one more was read than the page has, and seals where the next one begins; empty where there is none.
    pub fn page<T, P: Serialize>(
        &self,
        list: &str,
        mut rows: Vec<T>,
        size: u16,
        position: impl FnOnce(&T) -> P,
    ) -> (Vec<T>, String) {
        let size = usize::from(size);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|last| self.seal(list, &position(last)));
        (rows, next.unwrap_or_default())
    }

    fn signature(&self, list: &str, body: &[u8]) -> [u8; SIGNATURE_LENGTH] {
        let mut mac = self.0.clone();
        mac.update(list.as_bytes());
        mac.update(b"\0");
        mac.update(body);
        let digest = mac.finalize().into_bytes();
        let mut signature = [0; SIGNATURE_LENGTH];
        signature
            .iter_mut()
            .zip(digest)
            .for_each(|(kept, byte)| *kept = byte);
        signature
    }
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> CursorKey {
        CursorKey::from_secret(b"secret")
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(name in ".*", number: i64) {
            let cursor = key().seal("list", &(&name, number));
            prop_assert_eq!(key().open::<(String, i64)>("list", &cursor), Ok((name, number)));
        }

        #[test]
        fn made_up_text_never_opens(text in ".{0,80}") {
            prop_assert_eq!(key().open::<serde_json::Value>("list", &text), Err(BrokenCursor));
        }

        #[test]
        fn one_changed_character_breaks_it(at in 0usize..20, with in "[A-Za-z0-9_-]") {
            let cursor = key().seal("list", &("name", 1));
            let mut changed = cursor.clone();
            changed.replace_range(at..=at, &with);
            prop_assume!(changed != cursor);
            prop_assert_eq!(key().open::<(String, i64)>("list", &changed), Err(BrokenCursor));
        }
    }

    #[test]
    fn pages_lead_from_one_to_the_next() {
        let read = |after: Option<u32>| (after.unwrap_or(0) + 1..=7).take(4).collect::<Vec<_>>();
        let mut token = String::new();
        let mut pages = Vec::new();
        loop {
            let after = key().after("list", &token).unwrap();
            let (page, next) = key().page("list", read(after), 3, |last| *last);
            pages.push(page);
            token = next;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(pages, [vec![1, 2, 3], vec![4, 5, 6], vec![7]]);
        assert_eq!(key().after::<u32>("list", "x"), Err(BrokenCursor));
    }

    #[test]
    fn a_cursor_belongs_to_one_list_and_one_installation() {
        let cursor = key().seal("users", &1);
        assert_eq!(key().open::<i32>("posts", &cursor), Err(BrokenCursor));
        let other = CursorKey::from_secret(b"other");
        assert_eq!(other.open::<i32>("users", &cursor), Err(BrokenCursor));
    }
}
