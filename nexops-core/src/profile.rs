//! Whom a client talks to, and as whom.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::SecretString;

/// The daemon's address when nothing else is said.
pub const DEFAULT_URL: &str = "http://127.0.0.1:8000";

/// Where the daemon is, the token it wants, and who is asking.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The daemon's base URL, without `/api/v1`.
    pub url: String,
    /// The bearer token; `None` for a daemon that wants none.
    pub token: Option<SecretString>,
    /// Who is asking, for the audit log.
    pub actor: Option<String>,
}

impl Profile {
    /// Reads `NEXOPS_API_URL`, `NEXOPS_API_TOKEN` (or `NEXOPS_TOKEN`) and the login name from the environment; `url`
    /// goes before the variable. Empty variables count as absent.
    #[must_use]
    pub fn from_environment(url: Option<&str>) -> Self {
        Self::from_variables(url, |name| env::var(name).ok())
    }

    fn from_variables(url: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        Self {
            url: url
                .map(str::to_owned)
                .or_else(|| variable("NEXOPS_API_URL"))
                .unwrap_or_else(|| DEFAULT_URL.to_owned()),
            token: variable("NEXOPS_API_TOKEN")
                .or_else(|| variable("NEXOPS_TOKEN"))
                .map(|token| token.trim().to_owned().into()),
            actor: variable("USER").or_else(|| variable("LOGNAME")),
        }
    }
}

/// Where clients keep what can be asked for again: `nexops` below `XDG_CACHE_HOME`, or else below `~/.cache`. `None`
/// without a home.
#[must_use]
pub fn cache_directory() -> Option<PathBuf> {
    own_directory("XDG_CACHE_HOME", ".cache", |name| env::var_os(name))
}

fn own_directory(base: &str, below_home: &str, variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    // A relative path in these variables counts for nothing, as their specification says.
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(base).or_else(|| absolute("HOME").map(|home| home.join(below_home)))?;
    Some(base.join("nexops"))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn profile(url: Option<&str>, variables: &[(&str, &str)]) -> Profile {
        Profile::from_variables(url, |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_flag_goes_before_the_variable_and_the_variable_before_the_default() {
        let variables = [("NEXOPS_API_URL", "http://b:1")];
        assert_eq!(profile(Some("http://a:1"), &variables).url, "http://a:1");
        assert_eq!(profile(None, &variables).url, "http://b:1");
        assert_eq!(profile(None, &[("NEXOPS_API_URL", "")]).url, DEFAULT_URL);
    }

    #[test]
    fn a_token_is_found_under_both_names_and_never_printed() {
        let profile = profile(None, &[("NEXOPS_TOKEN", "s3cret\n")]);
        assert_eq!(profile.token.as_ref().map(ExposeSecret::expose_secret), Some("s3cret"));
        assert!(!format!("{profile:?}").contains("s3cret"));
    }

    #[test]
    fn a_directory_of_ones_own_is_below_the_variable_or_below_the_home() {
        let directory = |variables: &[(&str, &str)]| {
            own_directory("XDG_CACHE_HOME", ".cache", |name| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
            })
        };
        assert_eq!(directory(&[("XDG_CACHE_HOME", "/c"), ("HOME", "/h")]), Some("/c/nexops".into()));
        assert_eq!(directory(&[("XDG_CACHE_HOME", "c"), ("HOME", "/h")]), Some("/h/.cache/nexops".into()));
        assert_eq!(directory(&[("HOME", "")]), None);
    }
}
