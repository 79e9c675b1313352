//! What handlers take from a request; what is wrong with it is said in the envelope.

mod body;
mod version;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::page::Paging;
use nexops_core::vm::VmRef;
use serde::de::DeserializeOwned;

pub use self::body::Body;
pub use self::version::IfMatch;
use super::conversation::RequestId;
use super::error::{Error, Result};
use crate::db::audit::Origin;

/// The longest name that a caller may give himself.
const LONGEST_ACTOR: usize = 255;

/// Query parameters; unknown ones are refused.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains('\0') || query.contains("%00") {
            return Err(Error::invalid(vec![FieldError::new("query", "a NUL character cannot be part of a value")]));
        }
        // An empty variable in somebody's script must not make "all" of "only these".
        let is_empty = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| value.is_empty());
        if let Some(pair) = query.split('&').find(is_empty) {
            let reason = "it is empty; give a value, or leave the parameter out";
            return Err(Error::invalid(vec![FieldError::new(pair.trim_end_matches('='), reason)]));
        }
        let deserializer = serde_html_form::Deserializer::from_bytes(query.as_bytes());
        serde_path_to_error::deserialize(deserializer).map(Self).map_err(|error| {
            let path = error.path().to_string();
            // A parameter that may be repeated is complained about as `metric[0]`.
            let field = match path.split('[').next() {
                None | Some("" | ".") => "query",
                Some(name) => name,
            };
            Error::invalid(vec![FieldError::new(field, error.into_inner().to_string())])
        })
    }
}

/// A page out of the values of a query.
pub fn paging(page: Option<u32>, per_page: Option<u32>) -> Result<Paging> {
    Paging::new(page, per_page).map_err(Error::invalid)
}

/// A path parameter.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: std::str::FromStr<Err: std::fmt::Display>> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let (name, text) = path_parameter(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|error| Error::invalid(vec![FieldError::new(name, format!("'{text}' cannot be used: {error}"))]))
    }
}

/// Which guest a path means.
#[derive(Debug)]
pub struct Vm(pub VmRef);

impl<S: Send + Sync> FromRequestParts<S> for Vm {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let (name, text) = path_parameter(parts, state).await?;
        text.parse()
            .map(Self)
            .map_err(|error: nexops_core::vm::NotAVmRef| Error::invalid(vec![FieldError::new(name, error.to_string())]))
    }
}

/// The one parameter of a path: its name in the route, and its decoded text.
async fn path_parameter<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<(String, String)> {
    let parameters = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|rejection| Error::new(ErrorCode::InvalidRequest, rejection.body_text()))?;
    let parameter = parameters.iter().next().map(|(name, text)| (name.to_owned(), text.to_owned()));
    parameter.ok_or_else(|| Error::internal(anyhow::anyhow!("the route of this handler has no parameter")))
}

/// Who asks, for the audit log.
#[derive(Debug)]
pub struct Caller(pub Origin);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let actor = match parts.headers.get("x-nexops-actor") {
            None => "anonymous".to_owned(),
            Some(value) => {
                let text = std::str::from_utf8(value.as_bytes()).unwrap_or_default().trim();
                if text.is_empty() || text.chars().count() > LONGEST_ACTOR || text.chars().any(char::is_control) {
                    let reason = format!("it must be 1 to {LONGEST_ACTOR} printable characters in UTF-8");
                    return Err(Error::invalid(vec![FieldError::new("X-Nexops-Actor", reason)]));
                }
                text.to_owned()
            }
        };
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        Ok(Self(Origin {
            actor,
            address: address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            request_id: request_id.unwrap_or_default(),
        }))
    }
}
