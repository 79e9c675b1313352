//! Secrets at rest: what NexOps has to keep and to give back, such as tokens, is in the database only as ciphertext.
//!
//! A value is sealed with AES-256-GCM under a nonce of its own, and bound to the place where it is kept, so that a value
//! copied to another row does not open there. It names the key that sealed it. Several keys can be in use: the first one
//! seals, all of them open, which is how a key is replaced.

mod key;
mod source;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroize};
use uuid::Uuid;

use self::key::{ID_LEN, Key};
pub use self::key::{KeyId, SHORTEST};
pub use self::source::KEY_FILE;
use self::source::Source;

/// The only form there is so far: version, id of the key, nonce, ciphertext with its tag.
const VERSION: u8 = 1;
const HEADER: usize = 1 + ID_LEN + NONCE_LEN;

/// Why a secret cannot be sealed or opened. No message holds any part of a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The key is too short to be one.
    #[error(
        "{origin} holds a key of {length} characters; it needs {SHORTEST} at least, as `openssl rand -hex 32` prints"
    )]
    Weak {
        /// Where the key came from.
        origin: String,
        /// Its length.
        length: usize,
    },
    /// The key file can be read by others, or cannot be read at all.
    #[error("{what} {}: {reason}", .path.display())]
    File {
        /// What was to be done.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it could not be, and what to do.
        reason: String,
    },
    /// There is no key, though something was sealed once.
    #[error(
        "a stored secret was encrypted with the key {wanted}, but there is no key: {} is not there. Bring it back from \
         a backup, or set NEXOPS_SECRET_KEY to the key of the daemon that stored the secret; if the key is lost, enter \
         the secret again", .path.display()
    )]
    NoKey {
        /// The key's id.
        wanted: KeyId,
        /// Where the key was looked for.
        path: PathBuf,
    },
    /// The value was sealed with a key that is not known here.
    #[error(
        "a stored secret was encrypted with the key {wanted}, and this daemon has {known}. Give NEXOPS_SECRET_KEY (or \
         {}) the key of the daemon that stored it, after a comma beside the present one; if it is lost, enter the secret \
         again", .path.display()
    )]
    OtherKey {
        /// The id of the key that sealed it.
        wanted: KeyId,
        /// The ids of the keys that are known.
        known: String,
        /// Where the key file is.
        path: PathBuf,
    },
    /// The value was changed, or belongs elsewhere.
    #[error("a stored secret is damaged, or was copied from another row ({place}); enter it again")]
    Damaged {
        /// Where it is kept.
        place: Place,
    },
    /// The value was sealed by a later release.
    #[error("a stored secret has the form {version}, which this release does not know; run the release that stored it")]
    Later {
        /// The form.
        version: u8,
    },
}

/// Where a secret is kept. It opens nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column, or the part of it.
    pub field: &'static str,
    /// The row.
    pub row: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{} of {}", self.table, self.field, self.row)
    }
}

impl Place {
    fn bound(self) -> Aad<Vec<u8>> {
        let mut bound = vec![VERSION];
        for part in [self.table.as_bytes(), self.field.as_bytes(), self.row.as_bytes()] {
            bound.extend_from_slice(part);
            bound.push(0);
        }
        Aad::from(bound)
    }
}

/// A sealed secret, as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

impl From<Vec<u8>> for Sealed {
    fn from(stored: Vec<u8>) -> Self {
        Self(stored)
    }
}

impl Sealed {
    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn key_id(&self) -> Option<KeyId> {
        Some(KeyId(self.0.get(1..=ID_LEN)?.try_into().ok()?))
    }
}

/// The keys, which seal and open. Cheap to clone.
#[derive(Clone)]
pub struct Keyring {
    source: Arc<Source>,
    keys: Arc<Mutex<Vec<Key>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keyring").field("keys", &known(&self.keys())).finish_non_exhaustive()
    }
}

impl Keyring {
    /// The keys of `NEXOPS_SECRET_KEY` if it is set, separated by commas; else those of the key file in the data
    /// directory, one a line. A key file that is not there is made when the first secret is to be sealed.
    ///
    /// # Errors
    /// When a key is too short, or the key file can be read by others or not at all.
    pub fn open(given: Option<&SecretString>, data_directory: &Path) -> Result<Self, Error> {
        let source = Source::new(given.is_some(), data_directory);
        let keys = match given {
            Some(text) => key::read(text.expose_secret(), "NEXOPS_SECRET_KEY")?,
            None => source.load()?.unwrap_or_default(),
        };
        Ok(Self { source: Arc::new(source), keys: Arc::new(Mutex::new(keys)) })
    }

    /// Seals a secret for its place.
    ///
    /// # Errors
    /// When there is no key yet and the key file cannot be made.
    pub fn seal(&self, place: Place, secret: &SecretString) -> Result<Sealed, Error> {
        let mut keys = self.keys();
        if keys.is_empty() {
            *keys = self.source.load_or_create()?;
        }
        let key = keys.first().expect("a source gives at least one key");
        let mut text = secret.expose_secret().as_bytes().to_vec();
        let nonce = key.aead.seal_in_place_append_tag(place.bound(), &mut text);
        let nonce = nonce.expect("AES-GCM seals whatever fits into memory");
        let mut sealed = Vec::with_capacity(HEADER + text.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id.0);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&text);
        Ok(Sealed(sealed))
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// When it was sealed with another key, for another place or by a later release, or is damaged.
    pub fn unseal(&self, place: Place, sealed: &Sealed) -> Result<SecretString, Error> {
        let damaged = || Error::Damaged { place };
        match sealed.0.first() {
            Some(&VERSION) if sealed.0.len() > HEADER => {}
            Some(&version) if version > VERSION => return Err(Error::Later { version }),
            Some(_) | None => return Err(damaged()),
        }
        let wanted = sealed.key_id().ok_or_else(damaged)?;
        let mut keys = self.keys();
        if keys.iter().all(|key| key.id != wanted) && !self.source.is_given() {
            // Another daemon with the same data directory may have made or changed the file.
            *keys = self.source.load()?.unwrap_or_default();
        }
        let Some(key) = keys.iter().find(|key| key.id == wanted) else {
            let path = self.source.path().to_owned();
            return Err(match keys.is_empty() {
                true => Error::NoKey { wanted, path },
                false => Error::OtherKey { wanted, known: known(&keys), path },
            });
        };
        let nonce = Nonce::try_assume_unique_for_key(&sealed.0[1 + ID_LEN..HEADER]).map_err(|_| damaged())?;
        let mut text = sealed.0[HEADER..].to_vec();
        let opened = key.aead.open_in_place(nonce, place.bound(), &mut text).map_err(|_| damaged())?;
        let secret = std::str::from_utf8(opened).map(SecretString::from).map_err(|_| damaged());
        text.zeroize();
        secret
    }

    /// Whether a value was sealed with another key than the one that seals now. Sealing it again lets the old key go.
    #[must_use]
    pub fn is_outdated(&self, sealed: &Sealed) -> bool {
        self.keys().first().is_some_and(|key| Some(key.id) != sealed.key_id())
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, Vec<Key>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids of the keys, in words.
fn known(keys: &[Key]) -> String {
    let ids: Vec<String> = keys.iter().map(|key| key.id.to_string()).collect();
    ids.join(", ")
}

#[cfg(test)]
mod tests;
