//! Contexts: the daemons that somebody uses, each under a name, with who asks and the token, in a file that only its
//! owner can read.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name of a context.
const LONGEST_NAME: usize = 100;

/// All contexts, which of them is in use, and which was before.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contexts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(default, rename = "context")]
    all: BTreeMap<String, StoredContext>,
}

/// One daemon as the file knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredContext {
    /// The daemon's base URL, without `/api/v1`.
    pub url: String,
    /// The bearer token; `None` for a daemon that wants none, or when somebody has logged out.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "expose", deserialize_with = "conceal")]
    pub token: Option<SecretString>,
    /// Who asks, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
}

/// Why contexts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is neither `XDG_CONFIG_HOME` nor `HOME` to keep them in.
    #[error("contexts are kept below XDG_CONFIG_HOME or HOME, and neither is set")]
    NoHome,
    /// The file cannot be read or written.
    #[error("{} cannot be used: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The file cannot be understood.
    #[error("{} cannot be understood; mend it or remove it: {reason}", .path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where, without the line itself, which may hold a token.
        reason: String,
    },
    /// There is no context with this name.
    #[error("there is no context '{name}'; {}", those(.known))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The name cannot be used.
    #[error("'{0}' cannot name a context: letters, digits, '.', '_' and '-' can, and not '-' at the beginning")]
    Name(String),
    /// There was no other context before the one in use.
    #[error("no other context was in use before")]
    NoPrevious,
}

fn those(known: &[String]) -> String {
    if known.is_empty() { "there are none yet".to_owned() } else { format!("there is {}", known.join(", ")) }
}

fn expose<S: Serializer>(token: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

fn conceal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::from))
}

impl Contexts {
    /// Reads the file; no file is no context.
    ///
    /// # Errors
    /// When it is there and cannot be read or understood.
    pub fn load() -> Result<Self, Error> {
        match super::contexts_file() {
            Some(path) => Self::read(&path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::File { path: path.to_owned(), source }),
        };
        let reason = |error: toml::de::Error| {
            let line = error.span().map(|span| text[..span.start].lines().count().max(1));
            let place = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            Error::Content { path: path.to_owned(), reason: format!("{}{place}", error.message()) }
        };
        toml::from_str(&text).map_err(reason)
    }

    /// Writes the file, readable for its owner alone. Whoever reads meanwhile sees the old one or the new one, whole.
    ///
    /// # Errors
    /// When there is no home, or the file cannot be written.
    pub fn save(&self) -> Result<(), Error> {
        let path = super::contexts_file().ok_or(Error::NoHome)?;
        self.write(&path).map_err(|source| Error::File { path, source })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        if let Some(directory) = path.parent() {
            let mut builder = fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            builder.recursive(true).create(directory)?;
        }
        let draft = path.with_extension(format!("{}.new", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let _left_behind = fs::remove_file(&draft);
        let written = options.open(&draft).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.and_then(|()| fs::rename(&draft, path)).inspect_err(|_| {
            let _gone = fs::remove_file(&draft);
        })
    }

    /// The name of the one in use.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StoredContext)> {
        self.all.iter().map(|(name, context)| (name.as_str(), context))
    }

    /// One.
    ///
    /// # Errors
    /// When there is none with this name.
    pub fn get(&self, name: &str) -> Result<&StoredContext, Error> {
        self.all.get(name).ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> Error {
        Error::Unknown { name: name.to_owned(), known: self.all.keys().cloned().collect() }
    }

    /// Puts one there, or another in its place. The first one is in use at once.
    ///
    /// # Errors
    /// When the name cannot be used.
    pub fn put(&mut self, name: &str, context: StoredContext) -> Result<(), Error> {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        if name.is_empty() || name.len() > LONGEST_NAME || name.starts_with('-') || !name.chars().all(is_plain) {
            return Err(Error::Name(name.to_owned()));
        }
        self.all.insert(name.to_owned(), context);
        self.current.get_or_insert_with(|| name.to_owned());
        Ok(())
    }

    /// Takes one into use; `-` is the one before.
    ///
    /// # Errors
    /// When there is none with this name, or none before.
    pub fn switch(&mut self, name: &str) -> Result<&str, Error> {
        let name = if name == "-" { self.previous.clone().ok_or(Error::NoPrevious)? } else { name.to_owned() };
        if !self.all.contains_key(&name) {
            return Err(self.unknown(&name));
        }
        if self.current.as_ref() != Some(&name) {
            self.previous = self.current.replace(name);
        }
        Ok(self.current.as_deref().unwrap_or_default())
    }

    /// Forgets one, with its token.
    ///
    /// # Errors
    /// When there is none with this name.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        self.all.remove(name).ok_or_else(|| self.unknown(name))?;
        for place in [&mut self.current, &mut self.previous] {
            if place.as_deref() == Some(name) {
                *place = None;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(url: &str) -> StoredContext {
        StoredContext { url: url.to_owned(), token: Some("s3cret".into()), actor: Some("ann@example.com".to_owned()) }
    }

    fn two() -> Contexts {
        let mut contexts = Contexts::default();
        contexts.put("home", stored("http://a:1")).unwrap();
        contexts.put("lab", stored("http://b:2")).unwrap();
        contexts
    }

    #[test]
    fn what_is_written_is_read_and_nobody_else_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("nexops/contexts.toml");
        two().write(&path).unwrap();
        two().write(&path).unwrap();
        let read = Contexts::read(&path).unwrap();
        assert_eq!(read.current(), Some("home"));
        let lab = read.get("lab").unwrap();
        assert_eq!((lab.url.as_str(), lab.actor.as_deref()), ("http://b:2", Some("ann@example.com")));
        assert_eq!(lab.token.as_ref().map(ExposeSecret::expose_secret), Some("s3cret"));
        assert!(!format!("{read:?}").contains("s3cret"));
        #[cfg(unix)]
        {
            let mode =
                |path: &Path| std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
            assert_eq!((mode(&path) & 0o777, mode(path.parent().unwrap()) & 0o777), (0o600, 0o700));
        }
    }

    #[test]
    fn no_file_is_no_context_and_a_broken_one_says_where_without_the_token() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("contexts.toml");
        assert_eq!(Contexts::read(&path).unwrap().iter().count(), 0);
        fs::write(&path, "current = \"a\"\n[context.a]\nurl = 5\ntoken = \"s3cret\"\n").unwrap();
        let error = Contexts::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 3") && !error.contains("s3cret"), "{error}");
        fs::write(&path, "[context.a]\ntoken = \"s3cret\n").unwrap();
        let error = Contexts::read(&path).unwrap_err();
        assert!(!error.to_string().contains("s3cret") && !format!("{error:?}").contains("s3cret"), "{error:?}");
    }

    #[test]
    fn a_dash_goes_back_to_the_one_before() {
        let mut contexts = two();
        assert!(matches!(contexts.switch("-"), Err(Error::NoPrevious)));
        assert_eq!(contexts.switch("lab").unwrap(), "lab");
        assert_eq!(contexts.switch("lab").unwrap(), "lab");
        assert_eq!(contexts.switch("-").unwrap(), "home");
        assert_eq!(contexts.switch("-").unwrap(), "lab");
        contexts.remove("home").unwrap();
        assert!(matches!(contexts.switch("-"), Err(Error::NoPrevious)));
        assert_eq!(contexts.switch("hom").unwrap_err().to_string(), "there is no context 'hom'; there is lab");
    }

    #[test]
    fn a_name_is_one_plain_word() {
        for bad in ["", "-", "-x", "a b", "a/b", "ä", &"x".repeat(101)] {
            assert!(matches!(Contexts::default().put(bad, stored("http://a:1")), Err(Error::Name(_))), "{bad:?}");
        }
    }
}
