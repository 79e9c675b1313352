//! What was known the last time, in files that only their owner can read: a line for each name, and a tab before what it
//! stands for.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;
use std::time::Duration;

use nexops_core::profile;

use super::Known;
use crate::format::clean;

/// For so long nothing is asked again: figures change every 30 s, names hardly ever.
const FRESH: Duration = Duration::from_secs(30);

/// One file.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
}

impl Cache {
    /// The file for one kind of thing of one daemon; `None` without a home.
    pub fn of(url: &str, name: &str) -> Option<Self> {
        let daemon: String =
            url.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        Some(Self { path: profile::cache_directory()?.join(daemon).join(name) })
    }

    /// What it holds, if that is new enough.
    pub fn fresh(&self) -> Option<Vec<Known>> {
        let age = fs::metadata(&self.path).ok()?.modified().ok()?.elapsed().ok()?;
        if age < FRESH { self.any() } else { None }
    }

    /// What it holds.
    pub fn any(&self) -> Option<Vec<Known>> {
        let text = fs::read_to_string(&self.path).ok()?;
        let known = |line: &str| {
            let (value, help) = line.split_once('\t').unwrap_or((line, ""));
            Known { value: value.to_owned(), help: help.to_owned() }
        };
        Some(text.lines().map(known).collect())
    }

    /// Writes it anew. Others who read it meanwhile see the old file or the new one, whole.
    pub fn write(&self, all: &[Known]) -> io::Result<()> {
        let directory = self.path.parent().ok_or(io::ErrorKind::InvalidInput)?;
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let draft = self.path.with_extension(std::process::id().to_string());
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        let text: String =
            all.iter().map(|known| format!("{}\t{}\n", clean(&known.value), clean(&known.help))).collect();
        file.write_all(text.as_bytes())?;
        fs::rename(draft, &self.path)
    }
}
