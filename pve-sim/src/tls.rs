//! The certificate: self-signed, new with every start, known by its fingerprint.

use std::fmt;
use std::sync::Arc;

use anyhow::Context;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use sha2::{Digest, Sha256};

use crate::seed::colon_hex;

/// What the server shows to those who connect.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) config: Arc<ServerConfig>,
    /// What the certificate names.
    pub(crate) names: Vec<String>,
    pub(crate) fingerprint: String,
    pub(crate) certificate_pem: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

/// Makes a key and a certificate for `names` and prepares TLS with them.
pub(crate) fn identity(names: &[String]) -> anyhow::Result<Identity> {
    let key = KeyPair::generate().context("generate the key of the server certificate")?;
    let mut params = CertificateParams::new(names).context("describe the server certificate")?;
    params.distinguished_name.push(DnType::OrganizationName, "pve-sim");
    params.distinguished_name.push(DnType::CommonName, "pve-sim");
    let certificate = params.self_signed(&key).context("sign the server certificate")?;
    let fingerprint = colon_hex(&Sha256::digest(certificate.der()));
    // The provider is named here because a process may link more than one.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("choose TLS versions")?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .context("use the server certificate")?;
    Ok(Identity { config: Arc::new(config), names: names.to_vec(), fingerprint, certificate_pem: certificate.pem() })
}
