//! Where the keys come from: the configuration, or a file in the data directory that only its owner can read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use secrecy::{ExposeSecret, SecretString};

use super::Error;
use super::key::{self, Key};
use crate::postgres::data_directory_mode;

/// The name of the key file in the data directory.
pub const KEY_FILE: &str = "secret.key";
/// More is no key file.
const LARGEST_FILE: u64 = 64 << 10;

/// Where the keys come from.
#[derive(Debug)]
pub(super) struct Source {
    given: bool,
    path: PathBuf,
}

impl Source {
    pub(super) fn new(given: bool, data_directory: &Path) -> Self {
        Self { given, path: data_directory.join(KEY_FILE) }
    }

    /// Whether the configuration gives the keys, so that there is no file.
    pub(super) fn is_given(&self) -> bool {
        self.given
    }

    /// Where the key file is, or would be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn failed(&self, what: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |error| Error::File { what, path: self.path.clone(), reason: error.to_string() }
    }

    /// The keys of the file; `None` while there is none.
    pub(super) fn load(&self) -> Result<Option<Vec<Key>>, Error> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("open the key file")(error)),
        };
        let mode = file.metadata().map_err(self.failed("look at the key file"))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            let path = self.path.display();
            let reason = format!(
                "others can read or change it (mode {mode:03o}); run: chmod 600 {path}, and if somebody may have read \
                 it, replace the key"
            );
            return Err(Error::File { what: "use the key file", path: self.path.clone(), reason });
        }
        let mut text = String::new();
        file.take(LARGEST_FILE).read_to_string(&mut text).map_err(self.failed("read the key file"))?;
        let text = SecretString::from(text);
        key::read(text.expose_secret(), &self.path.display().to_string()).map(Some)
    }

    /// The keys of the file, which is made if there is none. Whoever comes second takes what the first one made.
    pub(super) fn load_or_create(&self) -> Result<Vec<Key>, Error> {
        if let Some(keys) = self.load()? {
            return Ok(keys);
        }
        self.create()?;
        self.load()?.ok_or_else(|| self.failed("make the key file")(io::ErrorKind::NotFound.into()))
    }

    fn create(&self) -> Result<(), Error> {
        let what = "make the key file";
        let reason = |error: io::Error| Error::File {
            what,
            path: self.path.clone(),
            reason: format!(
                "{error}; secrets cannot be stored without it, so set NEXOPS_SECRET_KEY or NEXOPS_DATA_DIR"
            ),
        };
        let directory = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(data_directory_mode()).create(directory).map_err(reason)?;
        let draft = self.path.with_extension(format!("key.{}", uuid::Uuid::now_v7()));
        let made = self.write(&draft);
        // A link, unlike a renaming, never takes the place of a file that is there.
        let linked = made.and_then(|()| match fs::hard_link(&draft, &self.path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
        let removed = fs::remove_file(&draft);
        linked.and(removed).map_err(reason)?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(self.failed(what))
    }

    fn write(&self, draft: &Path) -> io::Result<()> {
        let mut bytes = [0_u8; 32];
        rand::fill(&mut bytes).map_err(|_| io::Error::other("this machine gives no random numbers"))?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = SecretString::from(digits);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
        let note = "# Encrypts the secrets that NexOps stores. Keep a copy beside the backups of the database.";
        writeln!(file, "{note}\n{}", digits.expose_secret())?;
        file.sync_all()
    }
}
