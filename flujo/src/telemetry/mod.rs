//! OpenTelemetry export of spans of runs, steps and model calls, over OTLP, behind the feature
//! `otel`.
//!
//! ```no_run
//! # fn main() -> Result<(), flujo::Error> {
//! // Where to, and under which name, is in the environment, `.env` or `flujo.toml`.
//! let telemetry = flujo::telemetry::init()?;
//! // .. runs ..
//! // What is still here is sent, at the latest when the guard is dropped.
//! telemetry.flush()?;
//! # Ok(())
//! # }
//! ```
//!
//! The spans are those that [`events`](crate::events) lists, with the names of OpenTelemetry's convention for generative AI:
//! a run is `invoke_workflow <pipeline>`, a model step `invoke_agent <step>`, a call of a model `chat <model>`. What is sent
//! to models and what they answer is in them only where the settings say `capture_content`, and then without keys, words
//! that look like keys, and addresses of mail.

mod http;
#[cfg(test)]
mod tests;

use crate::error::{Error, RunResult};
use crate::settings::Settings;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::fmt;
use std::thread;
use tracing::Subscriber;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// Sends what is still here when it is dropped. Keep it as long as there are runs: `let _telemetry = init()?;`.
#[must_use = "nothing is sent once it is dropped"]
pub struct Guard {
    provider: SdkTracerProvider,
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

impl Guard {
    /// Sends what is here now, and waits for that; in an async program, in `spawn_blocking`.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](crate::ErrorKind::Setup): they cannot be sent.
    pub fn flush(&self) -> RunResult<()> {
        self.provider.force_flush().map_err(|e| Error::setup(format!("spans cannot be sent: {e}")))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Sending waits for the network: on a thread of its own, whatever runtime this one belongs to.
        let provider = self.provider.clone();
        let sent = thread::Builder::new().spawn(move || {
            let _ = provider.shutdown();
        });
        if let Ok(sent) = sent {
            let _ = sent.join();
        }
    }
}

/// Sends spans from now on, as [`Settings::load`] says.
///
/// # Errors
/// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the settings make no sense, or the program has a subscriber
/// of `tracing` already.
pub fn init() -> RunResult<Guard> {
    init_with(&Settings::load()?)
}

/// Sends spans as [`init`] does, with settings that were loaded before.
///
/// ```no_run
/// use flujo::settings::Settings;
/// # fn main() -> Result<(), flujo::Error> {
/// let settings = Settings::sources().set("telemetry.endpoint", "http://collector:4318").load()?;
/// let _telemetry = flujo::telemetry::init_with(&settings)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ErrorKind::Setup`](crate::ErrorKind::Setup): the program has a subscriber of `tracing` already, or there
/// is no way to send.
pub fn init_with(settings: &Settings) -> RunResult<Guard> {
    let (guard, subscriber) = subscriber(settings)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| {
        Error::setup("spans cannot be sent: the program has a subscriber of `tracing` already")
    })?;
    Ok(guard)
}

fn subscriber(settings: &Settings) -> RunResult<(Guard, impl Subscriber + Send + Sync)> {
    let endpoint = settings.telemetry_endpoint().unwrap_or("http://localhost:4318");
    let endpoint = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let client = http::client().map_err(|e| Error::setup(format!("spans cannot be sent: {e}")))?;
    let exporter =
        SpanExporter::builder().with_http().with_http_client(client).with_endpoint(endpoint).build();
    let exporter = exporter.map_err(|e| Error::setup(format!("spans cannot be sent: {e}")))?;
    let name = settings.service_name().unwrap_or("flujo").to_owned();
    let resource = Resource::builder().with_service_name(name).build();
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    let subscriber = Registry::default().with(layer(&provider));
    Ok((Guard { provider }, subscriber))
}

/// The filter that lets only spans of flujo pass.
fn layer<S: Subscriber + for<'s> LookupSpan<'s>>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S> {
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("flujo"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_level(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.target() == "flujo"))
}
