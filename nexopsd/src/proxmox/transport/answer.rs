//! Answers: from a status line, headers and a body to data or a named error.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::proxmox::refusal::Refusal;

/// What a refusal says, wherever it says it.
#[derive(Debug, Default)]
struct Told {
    reason: String,
    fields: BTreeMap<String, String>,
}

impl Transport {
    /// Reads an answer to its end.
    pub(super) async fn answer(&self, ask: Ask<'_>, response: Response) -> Result<Answer, Error> {
        let status = response.status().as_u16();
        match status {
            200..=299 => {
                let body = self.body(ask, response, LARGEST_BODY).await?;
                Answer::parse(&body).map_err(|reason| ask.payload(reason))
            }
            300..=399 => {
                let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
                Err(Error::Redirected { host: ask.host.to_owned(), status, location: location.map(str::to_owned) })
            }
            _ => {
                let phrase = phrase(&response);
                let canonical = response.status().canonical_reason();
                // A 401 has no body, and no length either.
                let body = match (&phrase, status) {
                    (Some(_), 401) => Vec::new(),
                    _ => self.error_body(ask, response).await,
                };
                Err(self.refused(ask, status, told(phrase, &body, status, canonical)))
            }
        }
    }

    async fn body(&self, ask: Ask<'_>, mut response: Response, limit: usize) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                    return Err(ask.payload(format!("it is larger than {limit} bytes")));
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => return Ok(body),
                Err(error) if error.is_timeout() => {
                    return Err(Error::Timeout { what: ask.what(), after: self.timeouts.request });
                }
                Err(error) => return Err(Error::Interrupted { what: ask.what(), cause: deepest(&error) }),
            }
        }
    }

    /// The body of a refusal, as far as it comes: the status line alone will do.
    async fn error_body(&self, ask: Ask<'_>, response: Response) -> Vec<u8> {
        let body = self.body(ask, response, LARGEST_ERROR_BODY);
        match tokio::time::timeout(self.timeouts.connect, body).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }

    fn refused(&self, ask: Ask<'_>, status: u16, told: Told) -> Error {
        let Told { reason, fields } = told;
        let node = || ask.route.node.clone().unwrap_or_else(|| ask.host.to_owned());
        match status {
            401 => Error::Unauthorized { reason, token: self.token.clone() },
            403 => {
                let (path, privilege) = missing(&reason).unzip();
                Error::Forbidden { reason, token: self.token.clone(), path, privilege }
            }
            400 if fields.get("upid").is_some_and(|text| text.contains("no such task")) => Error::NoSuchTask,
            400 => Error::InvalidParameters { reason, fields },
            501 => Error::NotImplemented { reason },
            595..=599 => Error::NodeUnreachable { node: node(), status, reason },
            // The cluster has no node of that name, or no longer.
            500 if reason.starts_with("hostname lookup '") => Error::NodeUnreachable { node: node(), status, reason },
            _ => match Refusal::from_reason(&reason) {
                Refusal::GuestMissing => Error::GuestMissing { reason },
                refusal => Error::Refused { status, reason, refusal },
            },
        }
    }
}

/// The reason in the status line, unless it is the usual one of that status or could not be read.
fn phrase(response: &Response) -> Option<String> {
    let phrase = response.extensions().get::<ReasonPhrase>()?;
    let text = std::str::from_utf8(phrase.as_bytes()).ok()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn told(phrase: Option<String>, body: &[u8], status: u16, canonical: Option<&str>) -> Told {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = json["errors"].as_object().into_iter().flatten().map(|(field, text)| {
        let text = text.as_str().map_or_else(|| text.to_string(), |text| text.trim().to_owned());
        (field.clone(), text)
    });
    let reason = phrase
        .or_else(|| json["message"].as_str().map(|message| message.trim().to_owned()).filter(|text| !text.is_empty()))
        .or_else(|| plain_text(body))
        .or_else(|| canonical.map(str::to_owned))
        .unwrap_or_else(|| format!("status {status} without a reason"));
    Told { reason, fields: fields.collect() }
}

/// The first line of a body that is neither JSON nor HTML.
fn plain_text(body: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(body).ok()?.trim().lines().next()?;
    let plain = !line.starts_with(['<', '{', '[', '"']) && !line.is_empty();
    plain.then(|| line.chars().take(200).collect())
}

/// Path and privilege in `Permission check failed (/vms/100, VM.Audit)`.
fn missing(reason: &str) -> Option<(String, String)> {
    let (_, inside) = reason.split_once("check failed (")?;
    let (path, privilege) = inside.trim_end().strip_suffix(')')?.split_once(',')?;
    let (path, privilege) = (path.trim(), privilege.trim());
    (path.starts_with('/') && !privilege.is_empty()).then(|| (path.to_owned(), privilege.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_privilege_is_read_from_the_reason() {
        let both = |path: &str, privilege: &str| Some((path.to_owned(), privilege.to_owned()));
        assert_eq!(missing("Permission check failed (/vms/100, VM.Audit)"), both("/vms/100", "VM.Audit"));
        assert_eq!(
            missing("Permission check failed (/vms/1, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)"),
            both("/vms/1", "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted")
        );
        assert_eq!(missing("URI '/access/ticket' not available with API token, need proper ticket."), None);
        assert_eq!(missing("Permission check failed"), None);
    }

    #[test]
    fn the_reason_is_looked_for_in_the_status_line_then_the_body_then_the_standard() {
        let body = br#"{"data":null,"message":"from the body\n"}"#;
        let reason =
            |phrase: Option<&str>, body: &[u8], canonical| told(phrase.map(str::to_owned), body, 500, canonical).reason;
        assert_eq!(reason(Some("from the line"), body, Some("standard")), "from the line");
        assert_eq!(reason(None, body, Some("standard")), "from the body");
        assert_eq!(reason(None, b"plain words\nmore", Some("standard")), "plain words");
        assert_eq!(reason(None, b"<html>", Some("standard")), "standard");
        assert_eq!(reason(None, br#"{"data":null}"#, None), "status 500 without a reason");
    }

    #[test]
    fn errors_of_single_parameters_are_kept() {
        let body = br#"{"errors":{"a":"x\ny\n","b":["odd"]},"data":null}"#;
        let told = told(None, body, 400, None);
        assert_eq!(told.fields["a"], "x\ny");
        assert_eq!(told.fields["b"], "[\"odd\"]");
    }
}
