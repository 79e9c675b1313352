//! Which version of a thing a caller means to change.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use super::super::error::{Error, Result};
use crate::db::version::Expected;

/// Which versions of a thing the caller means to change, out of `If-Match`.
#[derive(Debug)]
pub struct IfMatch(pub Expected);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let mut values = parts.headers.get_all(IF_MATCH).iter().peekable();
        if values.peek().is_none() {
            return Ok(Self(Expected::Any));
        }
        let tags: Vec<&str> = values.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).collect();
        if tags.iter().any(|tag| tag.trim() == "*") {
            return Ok(Self(Expected::Any));
        }
        // What is no strong tag of ours is the tag of no version.
        let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        Ok(Self(Expected::OneOf(tags.into_iter().filter_map(version).collect())))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], true)]
    #[case(&["*"], true)]
    #[case(&["\"7\""], true)]
    #[case(&["\"6\", \"7\""], true)]
    #[case(&["\"6\"", "\"7\""], true)]
    #[case(&["\"6\""], false)]
    #[case(&["W/\"7\""], false)]
    #[case(&["7"], false)]
    #[case(&[""], false)]
    #[tokio::test]
    async fn a_version_is_meant_by_its_strong_tag(#[case] tags: &[&str], #[case] meant: bool) {
        let mut request = Request::builder();
        for tag in tags {
            request = request.header(IF_MATCH, *tag);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let IfMatch(expected) = IfMatch::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(expected.check(7).is_ok(), meant, "{tags:?}");
    }
}
