//! The bytes of a response.

use crate::failure::Failure;
use crate::heard::Heard;
use crate::wire::Protocol;
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// The maximum length of an answer in bytes.
const LONGEST: usize = 64 << 20;

pub(super) fn content_type(response: &Response<Incoming>) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_lowercase()
}

/// Returns the next bytes; `None` at the end.
async fn chunk(response: &mut Response<Incoming>) -> Result<Option<Bytes>, Failure> {
    while let Some(frame) = response.frame().await {
        // What is no data is a trailer.
        if let Ok(bytes) = frame.map_err(|e| Failure::of_body(&e))?.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}

/// Reads the body, up to a bound.
pub(super) async fn read_bytes(mut response: Response<Incoming>, most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(bytes) = chunk(&mut response).await? {
        body.extend_from_slice(&bytes);
        if body.len() > most {
            return Err(too_long());
        }
    }
    Ok(body)
}

fn too_long() -> Failure {
    Failure::unreadable(format!("the answer is longer than {LONGEST} bytes"))
}

pub(super) async fn read_whole(
    response: Response<Incoming>,
    protocol: &dyn Protocol,
) -> Result<Heard<'static>, Failure> {
    let kind = content_type(&response);
    let headers = response.headers().clone();
    let body = read_bytes(response, LONGEST).await?;
    let body: Value = serde_json::from_slice(&body).map_err(|e| {
        let what =
            if kind.contains("json") || kind.is_empty() { String::new() } else { format!(", but `{kind}`") };
        Failure::unreadable(format!("the response is no JSON{what}: {e}"))
    })?;
    let mut heard = Heard::whole();
    protocol.whole(&body, &mut heard).map_err(|failure| failure.used(heard.usage()).wait_of(&headers))?;
    Ok(heard)
}

/// The bytes of a stream as they arrive.
pub(super) struct Arriving {
    response: Response<Incoming>,
    silence: Duration,
    length: usize,
    /// True once the connection has ended as HTTP wants it.
    pub(super) over: bool,
}

impl Arriving {
    pub(super) fn new(response: Response<Incoming>, silence: Duration) -> Self {
        Self { response, silence, length: 0, over: false }
    }

    /// Returns the next bytes; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let Ok(bytes) = timeout(self.silence, chunk(&mut self.response)).await else {
            return Err(Failure::timed_out(self.silence));
        };
        let Some(bytes) = bytes? else {
            self.over = true;
            return Ok(None);
        };
        self.length = self.length.saturating_add(bytes.len());
        if self.length > LONGEST { Err(too_long()) } else { Ok(Some(bytes)) }
    }
}
