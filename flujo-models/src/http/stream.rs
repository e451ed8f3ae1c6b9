//! Streamed answers: events, or lines.

use super::body::Arriving;
use crate::failure::Failure;
use crate::heard::Heard;
use crate::wire::Protocol;
use futures_util::StreamExt;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use serde::de::IgnoredAny;
use serde_json::Value;
use sse_stream::SseByteStream;
use std::io::Cursor;
use std::time::Duration;

/// The data of the event behind the last chunk of OpenAI's chat.
const DONE: &str = "[DONE]";

pub(super) async fn read_events(
    response: Response<Incoming>,
    protocol: &dyn Protocol,
    heard: &mut Heard<'_>,
    silence: Duration,
) -> Result<(), Failure> {
    let arriving = Arriving::new(response, silence);
    let bytes = futures_util::stream::unfold(arriving, |mut arriving| async {
        if arriving.over {
            return None;
        }
        // An event counts once a blank line follows it. Servers that close the connection leave the last one out.
        let bytes =
            arriving.next().await.map(|bytes| Cursor::new(bytes.unwrap_or(Bytes::from_static(b"\n\n"))));
        arriving.over |= bytes.is_err();
        Some((bytes, arriving))
    });
    let mut events = std::pin::pin!(SseByteStream::new(bytes));
    while let Some(event) = events.next().await {
        let event = event.map_err(of_event)?;
        let data = event.data.unwrap_or_default();
        let data = data.trim();
        if data == DONE {
            // Gateways write OpenAI's mark behind the streams of other protocols too.
            heard.ended |= protocol.ends_with_mark();
            return Ok(());
        }
        // Some servers write their signs of life into the data.
        if data.is_empty() || data.starts_with(':') {
            continue;
        }
        let chunk = parsed(data)?;
        if event.event.as_deref() == Some("error") {
            return Err(Failure::of_error(&chunk));
        }
        protocol.chunk(&chunk, heard)?;
        if heard.ended && !protocol.goes_on_after_end() {
            return Ok(());
        }
    }
    Ok(())
}

fn parsed(chunk: &str) -> Result<Value, Failure> {
    let chunk: Value = serde_json::from_str(chunk)
        .map_err(|e| Failure::unreadable(format!("a chunk of the stream is no JSON: {e}")))?;
    // Gemini's errors come in a list of one.
    let object = chunk.get(0).unwrap_or(&chunk).is_object();
    if object { Ok(chunk) } else { Err(Failure::unreadable("a chunk of the stream is no object")) }
}

fn of_event(error: sse_stream::Error) -> Failure {
    match error {
        sse_stream::Error::Body(error) => match error.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(error) => Failure::truncated(error.to_string()),
        },
        error => Failure::unreadable(format!("the response is no stream of events: {error}")),
    }
}

pub(super) async fn read_lines(
    response: Response<Incoming>,
    protocol: &dyn Protocol,
    heard: &mut Heard<'_>,
    silence: Duration,
) -> Result<(), Failure> {
    let mut arriving = Arriving::new(response, silence);
    let mut line = Vec::new();
    while let Some(bytes) = arriving.next().await? {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                read_line(&line, protocol, heard)?;
                line.clear();
            }
        }
        if heard.ended {
            return Ok(());
        }
    }
    // The last line needs no end; one that was cut off is no JSON.
    if serde_json::from_slice::<IgnoredAny>(line.trim_ascii()).is_err() && !line.trim_ascii().is_empty() {
        return Err(Failure::truncated("the stream ended within a line"));
    }
    read_line(&line, protocol, heard)
}

fn read_line(line: &[u8], protocol: &dyn Protocol, heard: &mut Heard<'_>) -> Result<(), Failure> {
    let text = std::str::from_utf8(line);
    let text =
        text.map_err(|e| Failure::unreadable(format!("a chunk of the stream is no text: {e}")))?.trim();
    if text.is_empty() { Ok(()) } else { protocol.chunk(&parsed(text)?, heard) }
}
