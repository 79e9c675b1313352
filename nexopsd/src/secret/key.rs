//! Keys: what a text becomes before it seals anything.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use secrecy::zeroize::Zeroize;

use super::Error;

/// The fewest characters of a key: 32 random hexadecimal digits are 128 bits, and nobody types them.
pub const SHORTEST: usize = 32;
/// The bytes of a key's id.
pub(super) const ID_LEN: usize = 4;
const KEY_LEN: usize = 32;

/// Which key sealed a value. It tells nothing about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub(super) [u8; ID_LEN]);

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// A key, ready to seal.
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) aead: RandomizedNonceKey,
}

/// How many bytes are derived for what.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Key {
    fn derive(text: &str) -> Self {
        let secret = Salt::new(HKDF_SHA256, b"nexops").extract(text.as_bytes());
        let expand = |purpose: &[u8], out: &mut [u8]| {
            let filled = secret.expand(&[purpose], Length(out.len())).and_then(|bytes| bytes.fill(out));
            filled.expect("HKDF gives a few dozen bytes");
        };
        let (mut id, mut key) = ([0; ID_LEN], [0; KEY_LEN]);
        expand(b"key id", &mut id);
        expand(b"AES-256-GCM", &mut key);
        let aead = RandomizedNonceKey::new(&AES_256_GCM, &key).expect("the key is as long as the algorithm wants it");
        key.zeroize();
        Self { id: KeyId(id), aead }
    }
}

/// Reads keys: separated by commas or line breaks, the one that seals first. Lines that begin with `#` are comments.
pub(super) fn read(text: &str, origin: &str) -> Result<Vec<Key>, Error> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let texts: Vec<&str> =
        lines.flat_map(|line| line.split(',')).map(str::trim).filter(|text| !text.is_empty()).collect();
    let shortest = texts.iter().map(|text| text.chars().count()).min().unwrap_or(0);
    if shortest < SHORTEST {
        return Err(Error::Weak { origin: origin.to_owned(), length: shortest });
    }
    Ok(texts.into_iter().map(Key::derive).collect())
}
