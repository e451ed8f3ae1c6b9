//! Servers that misbehave on command, and servers that somebody else wrote.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

mod http;
mod http_fake;
mod lists;
mod real;
mod stdio;
mod stdio_fake;
mod steps;

use flujo::StepError;
use flujo::codec::Json;

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

/// The message of an error, and whether it may be tried again.
fn told<T: std::fmt::Debug>(result: Result<T, StepError>) -> (String, bool) {
    let error = result.unwrap_err();
    (error.to_string(), error.is_retryable())
}

/// Runs a future with a time limit of its own: a hang is a failed test.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(20), future).await.unwrap()
}
