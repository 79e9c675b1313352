//! Rules, services and channels as code: documents that say how a thing shall be, as `apply` reads and `export` writes
//! them.

mod read;
mod short;

pub use read::{Source, read};

use nexops_core::alert::rule::RuleDefinition;
use nexops_core::error::FieldError;
use nexops_core::notification::ChannelDraft;
use nexops_core::service::ServiceSettings;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_yaml_ng::{Mapping, Value};

use crate::cli::CodeKind;

/// The key that says what a document is about.
const KIND: &str = "kind";

/// How a thing shall be. Boxed, for services are large and channels are not.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// A channel; its secret is there only if it was given.
    Channel(Box<ChannelDraft>),
    /// A service.
    Service(Box<ServiceSettings>),
    /// An alert rule.
    Rule(Box<RuleDefinition>),
}

impl Wanted {
    /// What a document without its `kind` says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn of(kind: CodeKind, body: Mapping) -> Result<Self, String> {
        let wanted = match kind {
            CodeKind::Channel => Self::Channel(Box::new(parsed(body)?)),
            CodeKind::Service => Self::Service(Box::new(parsed(body)?)),
            CodeKind::Rule => Self::Rule(Box::new(parsed(body)?)),
        };
        let faults = wanted.faults();
        if faults.is_empty() { Ok(wanted) } else { Err(in_words(&faults)) }
    }

    /// What it is about.
    pub const fn kind(&self) -> CodeKind {
        match self {
            Self::Channel(_) => CodeKind::Channel,
            Self::Service(_) => CodeKind::Service,
            Self::Rule(_) => CodeKind::Rule,
        }
    }

    /// The name, which tells it from others of its kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Channel(draft) => draft.name.as_deref().unwrap_or_default(),
            Self::Service(settings) => &settings.name,
            Self::Rule(definition) => &definition.name,
        }
    }

    fn faults(&self) -> Vec<FieldError> {
        match self {
            Self::Channel(draft) if draft.name.is_none() => vec![FieldError::new("name", "it is needed")],
            Self::Channel(_) => Vec::new(),
            Self::Service(settings) => settings.problems(),
            Self::Rule(definition) => definition.faults(),
        }
    }

    /// All that it says, defaults too, but no secret.
    pub fn in_full(&self) -> Mapping {
        match self {
            Self::Channel(draft) => {
                let mut draft = draft.clone();
                *draft.settings.secret_mut() = None;
                mapping(&draft)
            }
            Self::Service(settings) => mapping(settings),
            Self::Rule(definition) => mapping(definition),
        }
    }

    /// The document that says this: what goes without saying is left out.
    pub fn document(&self) -> Value {
        let full = self.in_full();
        let body = match self {
            Self::Channel(_) => short::without_defaults::<ChannelDraft>(full),
            Self::Service(_) => short::without_defaults::<ServiceSettings>(full),
            Self::Rule(_) => short::without_defaults::<RuleDefinition>(full),
        };
        let mut document = Mapping::from_iter([(KIND.into(), self.kind().as_str().into())]);
        document.extend(body);
        Value::Mapping(document)
    }
}

fn parsed<T: DeserializeOwned>(body: Mapping) -> Result<T, String> {
    serde_yaml_ng::from_value(Value::Mapping(body)).map_err(|error| error.to_string())
}

fn mapping<T: Serialize>(value: &T) -> Mapping {
    match serde_yaml_ng::to_value(value) {
        Ok(Value::Mapping(mapping)) => mapping,
        Ok(other) => unreachable!("a struct is a mapping: {other:?}"),
        Err(error) => unreachable!("our own structs can be written: {error}"),
    }
}

fn in_words(faults: &[FieldError]) -> String {
    let words: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.reason)).collect();
    words.join("; ")
}
