//! TLS: which certificates are accepted, and what is remembered of those that are not.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Why a TLS configuration cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

/// What is wrong with a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Nobody this machine trusts has signed it; Proxmox's own certificates are like that.
    #[error("nobody this machine trusts has signed it")]
    Untrusted,
    /// It is trusted, but for other names.
    #[error("it is for other names: {}", names.join(", "))]
    NameMismatch {
        /// The names it is for.
        names: Vec<String>,
    },
    /// It is past its time, or before.
    #[error("it is past its time, or before")]
    Expired,
    /// It is none of the pinned ones.
    #[error("it is none of the pinned ones")]
    PinChanged,
    /// Something else.
    #[error("{reason}")]
    Invalid {
        /// What.
        reason: String,
    },
}

/// What certificates are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Those signed by an authority this machine trusts, for the name in use.
    Verified,
    /// Those with one of these fingerprints, whatever else they say. Every node of a cluster has its own.
    Pinned(Vec<Fingerprint>),
    /// Any. The connection is encrypted, but with whom is not known.
    Unverified,
}

/// The SHA-256 fingerprint of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// A text that is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a SHA-256 fingerprint (64 hexadecimal digits, in pairs with or without colons between)")]
pub struct BadFingerprint(pub String);

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(formatter, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadFingerprint(text.chars().take(120).collect());
        let trimmed = text.trim();
        let digits: String = match trimmed.contains(':') {
            true if trimmed.split(':').all(|pair| pair.len() == 2) => trimmed.replace(':', ""),
            true => return Err(bad()),
            false => trimmed.to_owned(),
        };
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(bad());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).map_err(|_| bad())?;
        }
        Ok(Self(bytes))
    }
}

/// A certificate that was not accepted. It travels inside of rustls' error up to where the connection was wanted.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the certificate {seen} is not accepted: {problem}")]
pub struct Rejected {
    /// The certificate's fingerprint.
    pub seen: Fingerprint,
    /// What is wrong with it.
    pub problem: CertificateProblem,
    /// When it ends or ended; absent when it cannot be read.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Rejected {
    /// Finds the rejected certificate among the causes of a failed connection.
    #[must_use]
    pub fn among_causes<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>() {
            Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(inner)))) => inner.downcast_ref(),
            _ => None,
        })
    }
}

/// An error and what caused it, down to the deepest. An error of the operating system's kind hides what it was made of
/// from `source`.
pub fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
        None => error.source(),
    })
}

/// The TLS configuration of a client.
///
/// # Errors
/// When certificates are to be pinned but no fingerprint is given, or the trusted authorities cannot be used.
pub fn client_config(tls: &Tls) -> Result<ClientConfig, Unusable> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trust = match tls {
        Tls::Verified => Trust::Authorities(authorities(&provider)?),
        Tls::Pinned(pins) if pins.is_empty() => {
            return Err(Unusable("certificates are to be pinned, but no fingerprint is given".to_owned()));
        }
        Tls::Pinned(pins) => Trust::Pins(pins.clone()),
        Tls::Unverified => Trust::Anything,
    };
    let verifier = Verifier { trust, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Unusable(format!("no TLS version is available: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

/// The verifier of this machine's own trust store; `None` when that holds no authority at all, as in a bare container.
fn authorities(provider: &Arc<CryptoProvider>) -> Result<Option<Arc<WebPkiServerVerifier>>, Unusable> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Ok(None);
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map(Some)
        .map_err(|error| Unusable(format!("the trusted authorities cannot be used: {error}")))
}

#[derive(Debug)]
enum Trust {
    Authorities(Option<Arc<WebPkiServerVerifier>>),
    Pins(Vec<Fingerprint>),
    Anything,
}

/// Accepts or rejects certificates. That the host owns its certificate's key is checked in any case.
#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Fingerprint::of(end_entity);
        let verdict = match &self.trust {
            Trust::Anything => Ok(()),
            Trust::Pins(pins) if pins.contains(&seen) => Ok(()),
            Trust::Pins(_) => Err(CertificateProblem::PinChanged),
            Trust::Authorities(None) => Err(CertificateProblem::Untrusted),
            Trust::Authorities(Some(authorities)) => authorities
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(|_| ())
                .map_err(problem),
        };
        verdict.map(|()| ServerCertVerified::assertion()).map_err(|problem| {
            let rejected = Rejected { seen, problem, expires_at: expiry(end_entity) };
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(rejected))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// When a certificate in DER ends; `None` when it is none.
#[must_use]
pub fn expiry(certificate: &[u8]) -> Option<DateTime<Utc>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
}

fn problem(error: rustls::Error) -> CertificateProblem {
    match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => CertificateProblem::Untrusted,
        rustls::Error::InvalidCertificate(CertificateError::NotValidForName) => {
            CertificateProblem::NameMismatch { names: Vec::new() }
        }
        rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => {
            CertificateProblem::NameMismatch { names: presented.iter().map(|name| plain_name(name)).collect() }
        }
        rustls::Error::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => CertificateProblem::Expired,
        // A certificate that signs itself, as many a first set-up has, is called an authority used as a leaf.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => CertificateProblem::Untrusted,
        other => CertificateProblem::Invalid { reason: other.to_string() },
    }
}

/// The bare name in webpki's `DnsName("pve1.example")`.
fn plain_name(presented: &str) -> String {
    presented.split('"').nth(1).unwrap_or(presented).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "38:3F:F0:DA:FC:B2:BE:6A:2A:AF:A6:DB:2A:58:73:94:4C:4B:79:CD:48:0E:42:3A:12:77:5E:29:02:74:09:D0";

    #[test]
    fn a_fingerprint_is_read_in_any_case_with_or_without_colons() {
        let fingerprint: Fingerprint = TEXT.parse().unwrap();
        for same in [TEXT.to_lowercase(), TEXT.replace(':', ""), format!(" {TEXT}\n")] {
            assert_eq!(same.parse(), Ok(fingerprint), "{same}");
        }
        assert_eq!(fingerprint.to_string(), TEXT);
    }

    #[test]
    fn what_is_no_sha_256_fingerprint_is_refused() {
        for bad in
            ["", "38:3F", &TEXT[3..], &TEXT.replace("38:3F", "383:F"), &TEXT.replace('3', "g"), &format!("{TEXT}:00")]
        {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn pinning_without_a_pin_is_a_fault_of_the_settings() {
        assert!(client_config(&Tls::Pinned(Vec::new())).is_err());
    }
}
