//! A token that was typed is kept where `nexops login` keeps it, so that it need not be typed again.

use nexops_core::client::Client;
use nexops_core::profile::Profile;
use nexops_core::profile::contexts::{Contexts, Error, StoredContext};

use crate::msg::Event;

/// Keeps the token of the profile if the daemon accepts it. Where it does not, the screen says so by itself.
pub async fn keep(client: &Client, profile: Profile) -> Event {
    if client.system().await.is_err() {
        return Event::Tick;
    }
    match Contexts::load().and_then(|contexts| put(contexts, profile)?.save()) {
        Ok(()) => Event::Tick,
        Err(error) => Event::Fault(format!("the token is not kept: {error}")),
    }
}

/// Puts the profile into the context of its address, or into a new one.
fn put(mut contexts: Contexts, profile: Profile) -> Result<Contexts, Error> {
    let url = profile.url.trim_end_matches('/').to_owned();
    let name = name_for(&contexts, &url);
    contexts.put(&name, StoredContext { url, token: profile.token, actor: profile.actor })?;
    Ok(contexts)
}

/// The context in use if it has this address, else any that has; else a name that is free.
fn name_for(contexts: &Contexts, url: &str) -> String {
    let has_it = |name: &&str| contexts.get(name).is_ok_and(|context| context.url == url);
    let known = contexts.current().filter(has_it).or_else(|| contexts.iter().map(|(name, _)| name).find(has_it));
    if let Some(name) = known {
        return name.to_owned();
    }
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-").trim_matches('-').to_owned();
    let names = ["default".to_owned(), host.clone()].into_iter().chain((2..).map(|number| format!("{host}-{number}")));
    names.into_iter().find(|name| contexts.get(name).is_err()).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn signed_in(contexts: Contexts, url: &str, token: &str) -> Contexts {
        let profile =
            Profile { url: url.to_owned(), token: Some(token.to_owned().into()), actor: Some("ann".to_owned()) };
        put(contexts, profile).unwrap()
    }

    fn token_of(contexts: &Contexts, name: &str) -> String {
        contexts.get(name).unwrap().token.as_ref().unwrap().expose_secret().to_owned()
    }

    #[test]
    fn the_first_token_makes_the_context_that_is_used_from_then_on() {
        let contexts = signed_in(Contexts::default(), "http://a:8000/", "one");
        assert_eq!((contexts.current(), token_of(&contexts, "default").as_str()), (Some("default"), "one"));
    }

    #[test]
    fn a_new_token_takes_the_place_of_the_one_before_and_that_of_another_daemon_stays() {
        let contexts = signed_in(Contexts::default(), "http://a:8000", "one");
        let contexts = signed_in(contexts, "http://b:8000", "two");
        let contexts = signed_in(contexts, "http://a:8000", "three");
        assert_eq!(token_of(&contexts, "default"), "three");
        assert_eq!(token_of(&contexts, "b-8000"), "two");
        assert_eq!(contexts.current(), Some("default"));
    }
}
