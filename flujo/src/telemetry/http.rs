//! The HTTP client of the exporter. Its TLS is rustls with `ring`, which builds with a C compiler and nothing else, and
//! with the root certificates of the system.

use opentelemetry_otlp::{
    OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT,
};
use reqwest::blocking::Client;
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt as _;
use std::error::Error;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Returns a client whose requests may take as long as OpenTelemetry's variables say, 10 seconds by default.
///
/// # Errors
/// The system has no root certificates, or no further thread.
pub(super) fn client() -> Result<Client, Box<dyn Error + Send + Sync>> {
    let builder = Client::builder().timeout(timeout()).tls_backend_preconfigured(tls()?);
    // It blocks, which must not be on a thread of an async runtime.
    let built = thread::Builder::new().spawn(move || builder.build())?.join();
    Ok(built.map_err(|_| "the thread that makes the HTTP client panicked")??)
}

fn timeout() -> Duration {
    let millis = |name: &str| std::env::var(name).ok()?.parse().ok().map(Duration::from_millis);
    millis(OTEL_EXPORTER_OTLP_TRACES_TIMEOUT)
        .or_else(|| millis(OTEL_EXPORTER_OTLP_TIMEOUT))
        .unwrap_or(OTEL_EXPORTER_OTLP_TIMEOUT_DEFAULT)
}

/// A crypto provider that the program has installed for its process is used; none is ever installed here.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let installed = CryptoProvider::get_default().map(Arc::clone);
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_client_has_tls_and_the_process_no_provider() {
        // Where it is dropped may not block either.
        let client = client().unwrap();
        thread::spawn(move || drop(client)).join().unwrap();
        assert!(CryptoProvider::get_default().is_none());
    }
}
