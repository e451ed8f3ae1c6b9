//! TLS by rustls with `ring`, which builds with a C compiler and nothing else, and with the root certificates of the
//! system.

use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::sync::Arc;

/// The versions of HTTP that are offered.
const PROTOCOLS: &[&[u8]] = if cfg!(feature = "http2") { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };

/// Returns the TLS configuration of one HTTP client.
///
/// A crypto provider that the program has installed for its process is used. This crate never installs one: a
/// process has at most one, and the program chooses it.
///
/// # Errors
/// The system has no root certificates, or the installed provider supports neither TLS 1.2 nor 1.3.
pub(crate) fn config() -> Result<ClientConfig, rustls::Error> {
    let installed = CryptoProvider::get_default().map(Arc::clone);
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.iter().map(|name| name.to_vec()).collect();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_tls_and_the_process_no_provider() {
        let config = config().unwrap();
        assert_eq!(config.alpn_protocols.last().unwrap(), b"http/1.1");
        assert_eq!(config.alpn_protocols.len(), if cfg!(feature = "http2") { 2 } else { 1 });
        assert!(CryptoProvider::get_default().is_none());
    }
}
