//! What a user chose, and what is remembered for him between two starts.

use std::collections::{BTreeMap, HashMap};

use nexops_core::metric::Range;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::symbols::{Marker, Symbols};
use crate::table::Kept;

/// The configuration file, which people write: appearance, keys and themes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// The name of the theme.
    pub theme: Option<String>,
    /// Which signs are used.
    pub symbols: Option<Symbols>,
    /// How charts are drawn.
    pub marker: Option<Marker>,
    /// Whether the mouse is taken.
    pub mouse: Option<bool>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Other keys for actions, by the action's name.
    pub keys: HashMap<String, Vec<String>>,
    /// Themes: a colour for each role that is to differ from the `base`.
    pub themes: HashMap<String, HashMap<String, String>>,
}

/// The state file, which NexOps writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Who is signed in, for the audit log.
    pub email: Option<String>,
    /// The theme chosen in the settings.
    pub theme: Option<String>,
    /// The signs chosen there.
    pub symbols: Option<Symbols>,
    /// The marker chosen there.
    pub marker: Option<Marker>,
    /// Whether the mouse is taken, as chosen there or by its key.
    pub mouse: Option<bool>,
    /// Whether the sidebar is shown.
    pub sidebar: bool,
    /// The span of charts.
    pub range: Range,
    /// How each table was left.
    pub tables: BTreeMap<String, Kept>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            email: None,
            theme: None,
            symbols: None,
            marker: None,
            mouse: None,
            sidebar: true,
            range: Range::Hour,
            tables: BTreeMap::new(),
        }
    }
}

/// Who speaks to the daemon.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The name for the audit log.
    pub actor: String,
    /// The daemon's token, where it wants one and it was typed.
    pub token: Option<SecretString>,
}
