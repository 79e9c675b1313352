//! The log file of the server: bounded at each start, and quoted in errors.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::error::Error;

const LARGEST_BYTES: u64 = 8 * 1024 * 1024;
const TAIL_BYTES: u64 = 2048;
const TAIL_LINES: usize = 12;

/// What one program prints into the log.
#[derive(Debug)]
pub(super) struct LogSection {
    path: PathBuf,
    begin: u64,
}

impl LogSection {
    /// Opens the log for a program to append to; a large log is put aside first, one generation is kept.
    pub(super) fn begin(path: &Path) -> Result<(Self, File), Error> {
        if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGEST_BYTES) {
            fs::rename(path, path.with_extension("log.1")).map_err(Error::file("put aside the log", path))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)
            .map_err(Error::file("open the log", path))?;
        let begin = file.metadata().map_err(Error::file("open the log", path))?.len();
        Ok((Self { path: path.to_owned(), begin }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines of this section.
    pub(super) fn tail(&self) -> String {
        let bytes = self.last_bytes().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        if lines.is_empty() {
            return "(nothing)".to_owned();
        }
        lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
    }

    fn last_bytes(&self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        let begin = file.metadata()?.len().saturating_sub(TAIL_BYTES).max(self.begin);
        file.seek(SeekFrom::Start(begin))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}
