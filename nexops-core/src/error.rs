//! What can go wrong, as one closed set of codes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::text_enum;

text_enum! {
    /// Why a request was not fulfilled. The set is closed; a new code is a change of the API.
    pub enum ErrorCode {
        /// 400: the request is malformed or a value in it is not acceptable; `details` names the fields.
        InvalidRequest = "INVALID_REQUEST",
        /// 401: no bearer token, or not the right one.
        Unauthorized = "UNAUTHORIZED",
        /// 403: the `Host` header names a host that this daemon does not answer to.
        HostNotAllowed = "HOST_NOT_ALLOWED",
        /// 403: a web page of another origin asks for a change; only those of `NEXOPS_CORS_ORIGINS` may.
        OriginNotAllowed = "ORIGIN_NOT_ALLOWED",
        /// 403: Proxmox says that NexOps' token lacks a privilege; the message names it and how to grant it.
        ProxmoxForbidden = "PROXMOX_FORBIDDEN",
        /// 404: there is no such thing, or no such route.
        NotFound = "NOT_FOUND",
        /// 405: the route exists, but not for this method; `Allow` lists those that do.
        MethodNotAllowed = "METHOD_NOT_ALLOWED",
        /// 409: the number stands for guests of several clusters; `details` lists the candidates.
        AmbiguousVmid = "AMBIGUOUS_VMID",
        /// 409: the guest runs already.
        VmAlreadyRunning = "VM_ALREADY_RUNNING",
        /// 409: the guest does not run.
        VmNotRunning = "VM_NOT_RUNNING",
        /// 409: the guest is on but does not compute: it is paused, or halted by an error. Resume it, or stop it.
        VmPaused = "VM_PAUSED",
        /// 409: Proxmox holds a lock on the guest, for a backup or a migration for example.
        VmLocked = "VM_LOCKED",
        /// 409: the guest is a template and cannot run.
        VmIsTemplate = "VM_IS_TEMPLATE",
        /// 409: another action on the guest is still under way; the message names its task.
        VmBusy = "VM_BUSY",
        /// 409: this kind of guest does not know the action, as containers cannot be reset.
        ActionNotSupported = "ACTION_NOT_SUPPORTED",
        /// 409: the alert is over already, so that nobody needs to know of it or close it.
        AlertOver = "ALERT_OVER",
        /// 409: the `Idempotency-Key` was used before for another request.
        IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED",
        /// 409: the first request with this `Idempotency-Key` is still under way; `Retry-After` says when to ask again.
        IdempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS",
        /// 409: the connection is described by the `PROXMOX_*` variables of a daemon and can only be changed there.
        ManagedByEnvironment = "MANAGED_BY_ENVIRONMENT",
        /// 409: the name belongs to another one already.
        NameTaken = "NAME_TAKEN",
        /// 409: the service is not checked: it has no URL, or its checks are paused.
        NoHealthCheck = "NO_HEALTH_CHECK",
        /// 412: it was changed by somebody else since the version that `If-Match` names.
        PreconditionFailed = "PRECONDITION_FAILED",
        /// 409: rules tell over the channel, so that it cannot be deleted or get another name; the message names them.
        ChannelInUse = "CHANNEL_IN_USE",
        /// 409: the delivery was not given up, or its channel is gone; only what was given up can be queued again.
        DeliveryNotDead = "DELIVERY_NOT_DEAD",
        /// 413: the body is larger than the daemon accepts.
        PayloadTooLarge = "PAYLOAD_TOO_LARGE",
        /// 415: the body is not `application/json`.
        UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE",
        /// 500: a fault of NexOps itself; the log has the details under the request id.
        Internal = "INTERNAL",
        /// 500: a stored secret cannot be encrypted or decrypted; the message names the key and says what to do.
        SecretUnusable = "SECRET_UNUSABLE",
        /// 502: Proxmox refuses NexOps' token.
        ProxmoxUnauthorized = "PROXMOX_UNAUTHORIZED",
        /// 502: no host of the connection answers.
        ProxmoxUnreachable = "PROXMOX_UNREACHABLE",
        /// 502: the certificate is not trusted, or is not the pinned one.
        ProxmoxCertificate = "PROXMOX_CERTIFICATE",
        /// 502: the node that owns the guest is offline.
        NodeOffline = "NODE_OFFLINE",
        /// 502: Proxmox refused for another reason; `upstream` has its words.
        ProxmoxError = "PROXMOX_ERROR",
        /// 503: the database does not answer; the daemon goes on trying.
        DatabaseUnavailable = "DATABASE_UNAVAILABLE",
        /// 503: the daemon has just started and has not looked at every cluster yet.
        NotReady = "NOT_READY",
        /// 503: as many readers as are served follow the events already.
        TooManyReaders = "TOO_MANY_READERS",
        /// 503: the daemon did not finish the answer in time.
        RequestTimeout = "REQUEST_TIMEOUT",
        /// 504: Proxmox did not answer in time; what it did is not known yet.
        ProxmoxTimeout = "PROXMOX_TIMEOUT",
    }
}

impl ErrorCode {
    /// The HTTP status that goes with the code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Unauthorized => 401,
            Self::HostNotAllowed | Self::OriginNotAllowed | Self::ProxmoxForbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AmbiguousVmid
            | Self::VmAlreadyRunning
            | Self::VmNotRunning
            | Self::VmPaused
            | Self::VmLocked
            | Self::VmIsTemplate
            | Self::VmBusy
            | Self::ActionNotSupported
            | Self::IdempotencyKeyReused
            | Self::AlertOver
            | Self::IdempotencyInProgress
            | Self::ManagedByEnvironment
            | Self::NameTaken
            | Self::NoHealthCheck
            | Self::ChannelInUse
            | Self::DeliveryNotDead => 409,
            Self::PreconditionFailed => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Internal | Self::SecretUnusable => 500,
            Self::ProxmoxUnauthorized
            | Self::ProxmoxUnreachable
            | Self::ProxmoxCertificate
            | Self::NodeOffline
            | Self::ProxmoxError => 502,
            Self::DatabaseUnavailable | Self::NotReady | Self::TooManyReaders | Self::RequestTimeout => 503,
            Self::ProxmoxTimeout => 504,
        }
    }
}

/// What went wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The kind of failure, for programs.
    pub code: ErrorCode,
    /// The failure in a sentence, with the values concerned and what to do next, for people.
    pub message: String,
    /// The fields that are wrong, or the candidates of an ambiguous number. Absent when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<FieldError>,
    /// The id under which the daemon's log tells more. Absent in answers that no request id could be given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What Proxmox answered, when it was Proxmox that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
}

/// One field of a request and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The field's or query parameter's name; a path with dots inside a body.
    pub field: String,
    /// Why it is not acceptable, and what would be.
    pub reason: String,
}

impl FieldError {
    /// Names a field and the reason.
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }
}

/// Proxmox's own refusal. Bodies are never passed on, for they may hold secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Upstream {
    /// The HTTP status, which may be one of Proxmox's own such as 595. Absent when the refusal came as a task's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Proxmox's reason, from the status line or the message in the body.
    pub reason: String,
}
