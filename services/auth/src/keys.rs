//! What only this installation can read or make: sealed values, and keyed hashes of what is short enough to be guessed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit, Mac};
use oruma_service_runtime::Random;
use sha2::Sha256;

/// First byte of what is sealed today.
const VERSION: u8 = 1;

/// The keys, all made from one secret.
pub struct Keys {
    secret: Vec<u8>,
    sealing: LessSafeKey,
}

/// Sealing failed, which it does for nothing that fits into memory.
#[derive(Debug, thiserror::Error)]
#[error("a value could not be sealed")]
pub struct NotSealed;

impl Keys {
    /// Derives the keys.
    ///
    /// # Errors
    /// Never for any secret, but the library's types allow for it.
    pub fn from_secret(secret: &[u8]) -> anyhow::Result<Self> {
        let key = mac(secret, "oruma auth sealing", &[]);
        let key = UnboundKey::new(&AES_256_GCM, &key)?;
        Ok(Self {
            secret: secret.to_vec(),
            sealing: LessSafeKey::new(key),
        })
    }

    /// Seals a value for one purpose and owner: what is moved elsewhere can't be opened there.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, about: &[u8], plain: &[u8], random: &Random) -> Result<Vec<u8>, NotSealed> {
        let nonce: [u8; NONCE_LEN] = random.bytes();
        let mut text = plain.to_vec();
        self.sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(about),
                &mut text,
            )
            .map_err(|_| NotSealed)?;
        let mut sealed = vec![VERSION];
        sealed.extend(nonce);
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens what was sealed for that purpose and owner. `None` for anything else.
    #[must_use]
    pub fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let sealed = sealed.strip_prefix(&[VERSION])?;
        let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut text = text.to_vec();
        let plain = self
            .sealing
            .open_in_place(nonce, Aad::from(about), &mut text);
        plain.ok().map(|plain| plain.to_vec())
    }

    /// The keyed hash of some parts, for one purpose.
    #[must_use]
    pub fn hash(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.secret, purpose, parts)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// Each part is preceded by its length, so that no two lists of parts are the same bytes.
fn mac(secret: &[u8], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    for part in [purpose.as_bytes()].iter().chain(parts) {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_the_same_purpose_and_key_only() {
        let random = Random::system();
        let keys = Keys::from_secret(b"0123456789abcdef").unwrap();
        let sealed = keys.seal(b"mail 1", b"482913", &random).unwrap();
        assert_eq!(keys.open(b"mail 1", &sealed).unwrap(), b"482913");
        assert_eq!(keys.open(b"mail 2", &sealed), None);
        assert!(!sealed.windows(6).any(|part| part == b"482913"));
        let other = Keys::from_secret(b"0123456789abcdeX").unwrap();
        assert_eq!(other.open(b"mail 1", &sealed), None);
        for cut in 0..sealed.len() {
            assert_eq!(keys.open(b"mail 1", &sealed[..cut]), None);
        }
    }

    #[test]
    fn hashes_tell_parts_and_purposes_apart() {
        let keys = Keys::from_secret(b"0123456789abcdef").unwrap();
        assert_ne!(
            keys.hash("a", &[b"12", b"3"]),
            keys.hash("a", &[b"1", b"23"])
        );
        assert_ne!(keys.hash("a", &[b"1"]), keys.hash("b", &[b"1"]));
        assert_eq!(keys.hash("a", &[b"1"]), keys.hash("a", &[b"1"]));
    }
}
