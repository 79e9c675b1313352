//! What clients tell the daemon and the daemon tells nobody.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret on its way to the daemon.
///
/// It is written out only as JSON, for that is how a client sends it; the daemon's answers hold `None` in its place. It
/// cannot be printed.
#[derive(Clone)]
pub struct WriteOnly(SecretString);

impl WriteOnly {
    /// The secret, for whoever keeps or uses it.
    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// Whether it looks like what a program shows in place of a secret: such a thing must never be stored as one.
    #[must_use]
    pub fn is_placeholder(&self) -> bool {
        let text = self.0.expose_secret().trim();
        let hidden = |character: char| matches!(character, '*' | '•' | '●' | '·' | '.' | '…' | 'x' | 'X' | '-');
        let words = ["<redacted>", "[redacted]", "redacted", "<secret>", "[secret]", "<hidden>", "[hidden]", "null"];
        text.chars().all(hidden) || words.contains(&text.to_lowercase().as_str())
    }
}

impl From<String> for WriteOnly {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for WriteOnly {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WriteOnly(…)")
    }
}

impl Serialize for WriteOnly {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.expose_secret().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for WriteOnly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        assert_eq!(format!("{:?}", WriteOnly::from("s3cret".to_owned())), "WriteOnly(…)");
    }

    #[test]
    fn what_programs_show_in_place_of_secrets_is_known() {
        for shown in ["", "********", " •••• ", "…", "xxxx", "<redacted>", "[REDACTED]", "****-****"] {
            assert!(WriteOnly::from(shown.to_owned()).is_placeholder(), "{shown}");
        }
        for real in ["hunter2", "https://discord.com/api/webhooks/1/abc", "***a", "x1"] {
            assert!(!WriteOnly::from(real.to_owned()).is_placeholder(), "{real}");
        }
    }
}
