//! `Idempotency-Key`: a request that is repeated with the same key gets the first answer again, and nothing is done twice.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use nexops_core::envelope::ErrorEnvelope;
use nexops_core::error::{ErrorCode, FieldError};
use nexops_core::id::TaskId;
use nexops_core::task::Task;
use nexops_core::vm::{PowerAction, VmRef};
use serde::Serialize;

use super::conversation::Verbatim;
use super::error::{Error, Result};
use super::reply;
use crate::app::{App, now};
use crate::db::audit::Origin;
use crate::db::idempotency::{self, Answer, Claim, Claimed};
use crate::{db, power};

/// The longest key.
const LONGEST_KEY: usize = 255;
/// Marks an answer as the first one given again.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request, if it has one.
#[derive(Debug)]
pub struct Key(pub Option<String>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self> {
        let mut given = parts.headers.get_all("idempotency-key").iter();
        let (Some(value), another) = (given.next(), given.next()) else { return Ok(Self(None)) };
        let key = value.to_str().unwrap_or_default();
        let fits = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits || another.is_some() {
            let reason = format!("it must be one key of 1 to {LONGEST_KEY} visible ASCII characters");
            return Err(Error::invalid(vec![FieldError::new("Idempotency-Key", reason)]));
        }
        Ok(Self(Some(key.to_owned())))
    }
}

/// Acts on a guest, unless that was asked for with the same key before. The work goes on when the caller loses patience,
/// and its answer is kept for when he asks again.
///
/// # Errors
/// The key belongs to another request, or its first request is still under way; or as every action, when the fault is
/// ours and the same request may be tried again.
pub async fn act_once(app: &Arc<App>, key: String, vm: VmRef, action: PowerAction, origin: Origin) -> Result<Response> {
    let work = {
        let app = Arc::clone(app);
        async move { claim_and_act(&app, &key, vm, action, origin).await }
    };
    app.tracker.spawn(work).await.unwrap_or_else(|error| Err(Error::internal(error)))
}

async fn claim_and_act(app: &Arc<App>, key: &str, vm: VmRef, action: PowerAction, origin: Origin) -> Result<Response> {
    // The guest as it was named: two names of one guest are two requests.
    let request = format!("POST /api/v1/infrastructure/vms/{vm}/{action}");
    let claimed = idempotency::claim(&mut *app.db.get().await?, key, &request, now()).await?;
    match claimed {
        Claimed::New(claim) => act(app, claim, vm, action, origin).await,
        Claimed::Begun(claim, task) => {
            let answer = begun(app, task).await?;
            keep(app, &claim, &answer).await;
            Ok(replayed(answer))
        }
        Claimed::Answered(answer) => Ok(replayed(answer)),
        Claimed::InProgress => {
            let message = "the first request with this Idempotency-Key is still under way; try again in a moment";
            Err(Error::new(ErrorCode::IdempotencyInProgress, message))
        }
        Claimed::OtherRequest(first) => {
            let message = format!("this Idempotency-Key belongs to another request ({first}); choose a new key");
            Err(Error::new(ErrorCode::IdempotencyKeyReused, message))
        }
    }
}

async fn act(app: &Arc<App>, claim: Claim, vm: VmRef, action: PowerAction, origin: Origin) -> Result<Response> {
    let request_id = origin.request_id.clone();
    let answer = match power::act(app, vm, action, origin, Some(claim.clone())).await {
        Ok(task) => accepted(task)?,
        Err(error) => {
            let error = Error::from(error);
            if is_fault_of_ours(error.body.code) {
                give_up(app, &claim).await;
                return Err(error);
            }
            let mut body = error.body;
            body.request_id = Some(request_id);
            Answer { status: body.code.status(), body: written(&ErrorEnvelope { error: body })? }
        }
    };
    keep(app, &claim, &answer).await;
    Ok(given(answer))
}

/// Whether trying again is right, for the answer says nothing about the guest.
const fn is_fault_of_ours(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Internal
            | ErrorCode::DatabaseUnavailable
            | ErrorCode::NotReady
            | ErrorCode::TooManyReaders
            | ErrorCode::RequestTimeout
    )
}

/// The answer to whoever asks again for something that was begun, and whose first answer is not known.
async fn begun(app: &App, task: TaskId) -> Result<Answer> {
    let task = db::task::find(&mut *app.db.get().await?, task).await?;
    accepted(task)
}

fn accepted(task: Task) -> Result<Answer> {
    Ok(Answer { status: StatusCode::ACCEPTED.as_u16(), body: written(&reply::one(task).0)? })
}

fn written(envelope: &impl Serialize) -> Result<String> {
    serde_json::to_string(envelope).map_err(Error::internal)
}

/// Keeps the answer for those who ask again. Whoever asked gets it in any case.
async fn keep(app: &App, claim: &Claim, answer: &Answer) {
    let kept: db::Result<()> = async { idempotency::settle(&mut *app.db.get().await?, claim, answer).await }.await;
    if let Err(error) = kept {
        tracing::warn!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "the answer for an idempotency key was not kept"
        );
    }
}

/// Gives the key back, unless something was begun under it.
async fn give_up(app: &App, claim: &Claim) {
    let given_up: Result<()> = async {
        let task = idempotency::release(&mut *app.db.get().await?, claim).await?;
        if let Some(task) = task {
            keep(app, claim, &begun(app, task).await?).await;
        }
        Ok(())
    }
    .await;
    if let Err(error) = given_up {
        tracing::warn!(code = %error.body.code, "an idempotency key was not given back; it lapses in some minutes");
    }
}

fn given(answer: Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = HeaderValue::from_static("application/json");
    let mut response = (status, [(CONTENT_TYPE, json)], answer.body).into_response();
    response.extensions_mut().insert(Verbatim);
    response
}

fn replayed(answer: Answer) -> Response {
    let mut response = given(answer);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
