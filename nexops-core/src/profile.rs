//! Whom a client talks to, and as whom.

pub mod contexts;

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use secrecy::SecretString;

use contexts::{Contexts, StoredContext};

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

    /// The profile that somebody has chosen: by the address `url`, by the name of a context, by `NEXOPS_API_URL` or
    /// `NEXOPS_CONTEXT`, by `context use`, in this order; else the daemon of this machine.
    ///
    /// A token belongs to an address: that of a context goes nowhere else, but there it goes also where the address was
    /// given by itself. `NEXOPS_API_TOKEN` goes before it, unless the context was named by hand.
    ///
    /// # Errors
    /// When there is no such context, or the file of contexts cannot be used.
    pub fn chosen(url: Option<&str>, context: Option<&str>) -> Result<Self, contexts::Error> {
        Self::choose(url, context, |name| env::var(name).ok(), Contexts::load)
    }

    fn choose(
        url: Option<&str>,
        context: Option<&str>,
        variable: impl Fn(&str) -> Option<String>,
        load: impl FnOnce() -> Result<Contexts, contexts::Error>,
    ) -> Result<Self, contexts::Error> {
        let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let plain = Self::from_variables(url, &variable);
        if url.is_some() {
            // Who gives the address needs no file, so one that cannot be used is no matter.
            return Ok(plain.known_from(&load().unwrap_or_default()));
        }
        if let Some(name) = context {
            let StoredContext { url, token, actor } = load()?.get(name)?.clone();
            return Ok(Self { url, token: token.or(plain.token), actor: actor.or(plain.actor) });
        }
        if set("NEXOPS_API_URL").is_some() {
            return Ok(plain.known_from(&load().unwrap_or_default()));
        }
        let contexts = load()?;
        let name = set("NEXOPS_CONTEXT").or_else(|| contexts.current().map(str::to_owned));
        let Some(name) = name else { return Ok(plain) };
        let StoredContext { url, token, actor } = contexts.get(&name)?.clone();
        Ok(Self { url, token: plain.token.or(token), actor: actor.or(plain.actor) })
    }

    /// The same with the token and the person that a context has for this address, the present context before others.
    fn known_from(self, contexts: &Contexts) -> Self {
        let is_here = |context: &&StoredContext| context.url == self.url.trim_end_matches('/');
        let present = contexts.current().and_then(|name| contexts.get(name).ok()).filter(is_here);
        let known = present.or_else(|| contexts.iter().map(|(_, context)| context).find(is_here));
        match known.cloned() {
            Some(StoredContext { url: _, token, actor }) => {
                Self { token: self.token.or(token), actor: actor.or(self.actor), ..self }
            }
            None => self,
        }
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

/// The file of contexts: `nexops/contexts.toml` below `XDG_CONFIG_HOME`, or else below `~/.config`. `None` without a
/// home.
#[must_use]
pub fn contexts_file() -> Option<PathBuf> {
    own_directory("XDG_CONFIG_HOME", ".config", |name| env::var_os(name)).map(|path| path.join("contexts.toml"))
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

    fn choose(url: Option<&str>, context: Option<&str>, variables: &[(&str, &str)]) -> (String, String, String) {
        let mut contexts = Contexts::default();
        for (name, actor) in [("home", Some("ann".to_owned())), ("lab", None)] {
            let token = Some(format!("token of {name}").into());
            contexts.put(name, StoredContext { url: format!("http://{name}:1"), token, actor }).unwrap();
        }
        let variable =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let chosen = Profile::choose(url, context, variable, || Ok(contexts)).unwrap();
        let token = chosen.token.map(|token| token.expose_secret().to_owned()).unwrap_or_default();
        (chosen.url, token, chosen.actor.unwrap_or_default())
    }

    #[test]
    fn the_nearest_choice_wins_and_a_token_stays_with_its_address() {
        let of = |url: &str, token: &str, actor: &str| (url.to_owned(), token.to_owned(), actor.to_owned());
        let everything = [
            ("NEXOPS_API_URL", "http://env:1"),
            ("NEXOPS_CONTEXT", "lab"),
            ("NEXOPS_API_TOKEN", "env"),
            ("USER", "bob"),
        ];
        assert_eq!(choose(Some("http://flag:1"), None, &everything), of("http://flag:1", "env", "bob"));
        assert_eq!(choose(None, Some("home"), &everything), of("http://home:1", "token of home", "ann"));
        assert_eq!(choose(None, None, &everything), of("http://env:1", "env", "bob"));
        assert_eq!(choose(None, None, &everything[1..]), of("http://lab:1", "env", "bob"));
        assert_eq!(choose(None, None, &everything[1..2]), of("http://lab:1", "token of lab", ""));
        assert_eq!(choose(None, None, &[]), of("http://home:1", "token of home", "ann"));
        assert_eq!(choose(Some("http://flag:1"), None, &[]), of("http://flag:1", "", ""));
        assert_eq!(choose(Some("http://home:1/"), None, &[]), of("http://home:1/", "token of home", "ann"));
        assert_eq!(choose(Some("http://lab:1"), None, &everything[2..]), of("http://lab:1", "env", "bob"));
        let of_home = [("NEXOPS_API_URL", "http://home:1"), ("USER", "bob")];
        assert_eq!(choose(None, None, &of_home), of("http://home:1", "token of home", "ann"));
        assert_eq!(choose(None, None, &everything[..1]), of("http://env:1", "", ""));
    }

    #[test]
    fn a_context_that_is_not_there_is_never_replaced_by_another() {
        for (flag, variables) in [(Some("nowhere"), &[][..]), (None, &[("NEXOPS_CONTEXT", "nowhere")][..])] {
            let variable = |name: &str| {
                variables.iter().find(|(key, _)| *key == name).map(|(_, value): &(_, &str)| (*value).to_owned())
            };
            let chosen = Profile::choose(None, flag, variable, || Ok(Contexts::default()));
            assert!(matches!(chosen, Err(contexts::Error::Unknown { .. })), "{chosen:?}");
        }
    }
}
