//! JSON bodies; what is wrong with one is said with the field's name.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use nexops_core::error::{ErrorCode, FieldError};
use serde::de::DeserializeOwned;

use super::super::error::{Error, Result};

/// A JSON body; unknown fields are refused where its type says so.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            let message = "the body must be JSON: send it with Content-Type: application/json";
            return Err(Error::new(ErrorCode::UnsupportedMediaType, message));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Error::new(ErrorCode::PayloadTooLarge, "the body is too large"),
            _ => Error::new(ErrorCode::InvalidRequest, "the body did not arrive whole"),
        })?;
        read(&bytes).map(Self).map_err(|problem| Error::invalid(vec![problem]))
    }
}

/// `application/json`, or one of its kin as `application/problem+json`.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(text) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> std::result::Result<T, FieldError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner().to_string();
        // An absent field is complained about at the object that lacks it.
        let absent = reason.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let field = match (path.as_str(), absent) {
            ("" | "." | "?", None) => "body".to_owned(),
            ("" | "." | "?", Some(absent)) => absent.to_owned(),
            (path, None) => path.to_owned(),
            (path, Some(absent)) => format!("{path}.{absent}"),
        };
        FieldError::new(field, reason)
    })?;
    reader.end().map_err(|error| FieldError::new("body", error.to_string()))?;
    // Both forms in which JSON can hold one; PostgreSQL knows no text with it.
    if bytes.contains(&0) || bytes.windows(6).any(|part| part == b"\\u0000") {
        return Err(FieldError::new("body", "a NUL character cannot be part of a value"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "inner", default)]
        _inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "port")]
        _port: u16,
    }

    #[rstest]
    #[case("", "body")]
    #[case("{", "body")]
    #[case("[]", "body")]
    #[case(r#"{"name": "x"} more"#, "body")]
    #[case(r#"{"name": "a\u0000b"}"#, "body")]
    #[case("{}", "name")]
    #[case(r#"{"name": 1}"#, "name")]
    #[case(r#"{"name": "x", "nmae": 1}"#, "nmae")]
    #[case(r#"{"name": "x", "inner": {"port": 70000}}"#, "inner.port")]
    #[case(r#"{"name": "x", "inner": {}}"#, "inner.port")]
    fn what_is_wrong_names_the_field(#[case] body: &str, #[case] field: &str) {
        let problem = read::<Thing>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.field, field, "{problem:?}");
    }

    #[rstest]
    #[case("application/json", true)]
    #[case("Application/JSON; charset=utf-8", true)]
    #[case("application/merge-patch+json", true)]
    #[case("text/plain", false)]
    #[case("application/x-www-form-urlencoded", false)]
    fn only_json_is_json(#[case] value: &str, #[case] expected: bool) {
        let headers = [(CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
        assert_eq!(is_json(&headers), expected);
    }
}
