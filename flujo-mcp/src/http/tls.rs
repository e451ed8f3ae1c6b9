//! TLS by rustls with `ring`, which builds with a C compiler and nothing else, and with the root certificates of the
//! system.

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;

/// Returns the TLS configuration of one HTTP client. A crypto provider that the program has installed for its process is used;
/// this crate never installs one.
///
/// # Errors
/// The system has no root certificates, or the installed provider supports neither TLS 1.2 nor 1.3.
pub(crate) fn config() -> Result<ClientConfig, rustls::Error> {
    let installed = CryptoProvider::get_default().map(Arc::clone);
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_tls_and_the_process_no_provider() {
        assert!(!config().unwrap().crypto_provider().cipher_suites.is_empty());
        assert!(CryptoProvider::get_default().is_none());
    }
}
