//! From files to documents.

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use clap::ValueEnum as _;
use serde::Deserialize as _;
use serde_yaml_ng::{Mapping, Value};

use super::{KIND, Wanted};
use crate::cli::CodeKind;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// A document and where it stands.
#[derive(Debug, Clone)]
pub struct Source {
    /// The file, and the number of the document in it.
    pub place: String,
    /// How the thing shall be.
    pub wanted: Wanted,
}

/// The documents of all files, in the order in which they can be put in force: rules name channels, so those come first.
/// Nothing is given when anything in them is wrong.
pub fn read(files: &[impl AsRef<Path>]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for file in files {
        sources.extend(read_file(file.as_ref())?);
    }
    let mut seen = HashSet::new();
    for source in &sources {
        let (kind, name) = (source.wanted.kind(), source.wanted.name());
        if !seen.insert((kind, name)) {
            return Err(invalid(&source.place, &format!("{kind} {name} stands in these files twice")));
        }
    }
    sources.sort_by_key(|source| source.wanted.kind());
    Ok(sources)
}

fn read_file(file: &Path) -> Result<Vec<Source>> {
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let text = text_of(file).map_err(|error| {
        Failure::new(Exit::Usage, "INPUT_FAILED", format!("cannot read {name}: {error}"))
            .with_hint("-f names a file in YAML or JSON, or - for standard input")
    })?;
    let mut bodies = Vec::new();
    for document in serde_yaml_ng::Deserializer::from_str(&text) {
        match Value::deserialize(document).map_err(|error| invalid(&name, &error.to_string()))? {
            Value::Null => {}
            Value::Sequence(several) => bodies.extend(several),
            one => bodies.push(one),
        }
    }
    let sources = bodies.into_iter().enumerate().map(|(index, body)| {
        let place = format!("{name}, document {}", index + 1);
        match wanted(body) {
            Ok(wanted) => Ok(Source { place, wanted }),
            Err(reason) => Err(invalid(&place, &reason)),
        }
    });
    sources.collect()
}

fn text_of(file: &Path) -> std::io::Result<String> {
    if file != Path::new("-") {
        return fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

fn wanted(body: Value) -> std::result::Result<Wanted, String> {
    let Value::Mapping(mut body) = body else {
        return Err("a document is a list of keys and values".to_owned());
    };
    let kinds = "it says what this is about: channel, service or rule";
    let kind = match body.shift_remove(KIND) {
        Some(Value::String(kind)) => kind,
        Some(_) | None => return Err(format!("'{KIND}' is missing; {kinds}")),
    };
    let kind = CodeKind::from_str(&kind, false).map_err(|_| format!("'{KIND}' is '{kind}'; {kinds}"))?;
    forget_what_is_kept(&mut body);
    Wanted::of(kind, body)
}

/// What `show -o yaml` prints beside what can be decided is no fault.
fn forget_what_is_kept(body: &mut Mapping) {
    for kept in ["id", "version", "created_at", "updated_at"] {
        body.shift_remove(kept);
    }
}

fn invalid(place: &str, reason: &str) -> Failure {
    Failure::new(Exit::Usage, "INVALID_DOCUMENT", format!("{place}: {reason}")).with_hint("nothing was sent")
}
