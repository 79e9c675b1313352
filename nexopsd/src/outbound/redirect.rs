//! Where an answer sends the request on to, and whether it goes there.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode, Url};

use super::error::Error;
use super::{Request, check_form, host_of};

/// What to do with an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// It is the answer.
    Here,
    /// Ask there.
    There {
        /// Where.
        url: Url,
        /// Whether the request's own headers may go there.
        keeps_headers: bool,
    },
}

/// Where an answer sends a request on to.
///
/// # Errors
/// When it sends on to a place that is not gone to.
pub fn next(request: &Request, status: StatusCode, headers: &HeaderMap) -> Result<Next, Error> {
    let sends_on = matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308);
    let Some(location) = headers.get(LOCATION).filter(|_| sends_on) else { return Ok(Next::Here) };
    let host = || host_of(&request.url).to_owned();
    let target = location.to_str().ok().and_then(|text| request.url.join(text).ok());
    let Some(target) = target else { return Err(Error::BadRedirect { host: host() }) };
    if request.url.scheme() == "https" && target.scheme() == "http" {
        return Err(Error::Downgrade { host: host() });
    }
    check_form(&target)?;
    let repeatable = matches!(request.method, Method::GET | Method::HEAD);
    let keeps_headers = is_same_place(&request.url, &target);
    // A message is not turned into a question, and not told to somebody it was not meant for.
    let repeats = keeps_headers && matches!(status.as_u16(), 307 | 308);
    if !(repeatable || repeats) {
        return Err(Error::NotFollowed { host: host(), to: host_of(&target).to_owned() });
    }
    Ok(Next::There { url: target, keeps_headers })
}

/// Whether two URLs lead to the same server: the same origin, or the same host's usual port with TLS instead of without.
fn is_same_place(from: &Url, to: &Url) -> bool {
    let is_upgrade = from.scheme() == "http" && to.scheme() == "https" && from.port().is_none() && to.port().is_none();
    from.host() == to.host() && (from.origin() == to.origin() || is_upgrade)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rstest::rstest;

    use super::*;

    fn follow(method: Method, from: &str, status: u16, to: &str) -> Result<Next, Error> {
        let request = Request { method, ..Request::get(Url::parse(from).unwrap(), Duration::from_secs(1)) };
        let headers = [(LOCATION, to.parse().unwrap())].into_iter().collect();
        next(&request, StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[rstest]
    #[case("http://a.example/x", "/y", "http://a.example/y", true)]
    #[case("http://a.example/x", "https://a.example/y", "https://a.example/y", true)]
    #[case("https://a.example/x", "https://A.EXAMPLE:443/", "https://a.example/", true)]
    #[case("http://a.example/x", "http://b.example/", "http://b.example/", false)]
    #[case("http://a.example/x", "//b.example/", "http://b.example/", false)]
    #[case("http://a.example/x", "http://a.example:8080/", "http://a.example:8080/", false)]
    #[case("http://a.example:8080/x", "https://a.example/", "https://a.example/", false)]
    #[case("http://a.example/x", "http://www.a.example/", "http://www.a.example/", false)]
    fn headers_go_to_the_same_server_only(
        #[case] from: &str,
        #[case] to: &str,
        #[case] target: &str,
        #[case] keeps_headers: bool,
    ) {
        let expected = Next::There { url: Url::parse(target).unwrap(), keeps_headers };
        assert_eq!(follow(Method::GET, from, 302, to), Ok(expected));
    }

    #[rstest]
    #[case("https://a.example/", "http://a.example/")]
    #[case("https://a.example/", "http://b.example/")]
    fn tls_is_not_given_up(#[case] from: &str, #[case] to: &str) {
        assert!(matches!(follow(Method::GET, from, 301, to), Err(Error::Downgrade { .. })));
    }

    #[rstest]
    #[case("http://[bad")]
    #[case("file:///etc/passwd")]
    #[case("http://ann:secret@b.example/")]
    #[case("gopher://b.example/")]
    fn odd_targets_are_refused(#[case] to: &str) {
        let error = follow(Method::GET, "http://a.example/", 302, to).unwrap_err();
        assert!(matches!(error, Error::Url(_) | Error::BadRedirect { .. }), "{error}");
        assert!(!error.to_string().contains("secret"));
    }

    #[rstest]
    #[case(307, "http://a.example/y", true)]
    #[case(308, "https://a.example/", true)]
    #[case(302, "http://a.example/y", false)]
    #[case(303, "http://a.example/y", false)]
    #[case(307, "http://b.example/", false)]
    fn a_message_is_repeated_to_the_same_server_only(#[case] status: u16, #[case] to: &str, #[case] followed: bool) {
        assert_eq!(follow(Method::POST, "http://a.example/", status, to).is_ok(), followed);
    }

    #[test]
    fn other_answers_are_answers() {
        for status in [200, 204, 300, 304, 305, 404, 500] {
            assert_eq!(follow(Method::GET, "http://a.example/", status, "/y"), Ok(Next::Here), "{status}");
        }
        let request = Request::get(Url::parse("http://a.example/").unwrap(), Duration::from_secs(1));
        assert_eq!(next(&request, StatusCode::FOUND, &HeaderMap::new()), Ok(Next::Here));
    }
}
