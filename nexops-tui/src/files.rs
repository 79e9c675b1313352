//! The configuration file, which people write, and the state file, which NexOps writes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::preferences::{Configuration, Preferences};

/// Where the files are.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The configuration file; `None` without a home.
    pub configuration: Option<PathBuf>,
    /// The state file; `None` without a home.
    pub state: Option<PathBuf>,
}

impl Paths {
    /// Where they are by custom, given the variables of the environment.
    #[must_use]
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let home = |own: &str, below: &str| {
            let own = variable(own).filter(|path| path.starts_with('/')).map(PathBuf::from);
            own.or_else(|| Some(PathBuf::from(variable("HOME").filter(|home| !home.is_empty())?).join(below)))
        };
        Self {
            configuration: home("XDG_CONFIG_HOME", ".config").map(|home| home.join("nexops/tui.toml")),
            state: home("XDG_STATE_HOME", ".local/state").map(|home| home.join("nexops/tui.json")),
        }
    }
}

/// Reads the configuration file; the defaults where there is none.
///
/// # Errors
/// When it cannot be read, or holds what is not known.
pub fn configuration(path: Option<&Path>) -> anyhow::Result<Configuration> {
    let Some(path) = path else { return Ok(Configuration::default()) };
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Configuration::default()),
        Err(error) => return Err(error).with_context(|| format!("read the configuration {}", path.display())),
    };
    toml::from_str(&text).with_context(|| format!("understand the configuration {}", path.display()))
}

/// Reads the state file; the defaults where there is none, or where it is spoilt: it is no reason not to start.
#[must_use]
pub fn preferences(path: Option<&Path>) -> Preferences {
    let text = path.and_then(|path| fs::read_to_string(path).ok());
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Writes the state file anew, beside the old one and then in its place, for its owner only.
///
/// # Errors
/// When it cannot be written.
pub fn save(path: &Path, preferences: &Preferences) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;

    let folder = path.parent().context("find the folder of the state file")?;
    fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    let new = path.with_extension("json.new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .with_context(|| format!("write {}", new.display()))?;
    file.write_all(&serde_json::to_vec_pretty(preferences)?)?;
    fs::rename(&new, path).with_context(|| format!("write {}", path.display()))
}
