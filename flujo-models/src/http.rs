//! Calls by HTTP: one request, and the bytes of its response.

use crate::config::{ProviderConfig, Timeouts};
use crate::failure::Failure;
use crate::heard::Heard;
use crate::wire::{Framing, Protocol};
use crate::{setup, tls};
use flujo::error::RunResult;
use flujo::model::ModelFailure;
use futures_util::StreamExt;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde::de::IgnoredAny;
use serde_json::Value;
use sse_stream::SseByteStream;
use std::io::Cursor;
use std::time::Duration;
use tokio::time::timeout;

/// The maximum length of an answer in bytes.
const LONGEST: usize = 64 << 20;
/// The maximum length in bytes of the body of an error.
const LONGEST_ERROR: usize = 64 << 10;

/// The data of the event behind the last chunk of OpenAI's chat.
const DONE: &str = "[DONE]";

/// The connections to all providers.
#[derive(Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    times: Timeouts,
}

impl Http {
    /// # Errors
    /// TLS or the client cannot be set up.
    pub(crate) fn new(times: Timeouts) -> RunResult<Self> {
        let tls = tls::config().map_err(|e| setup(format!("TLS cannot be set up: {e}")))?;
        let client = reqwest::Client::builder()
            .connect_timeout(times.connect)
            .tls_backend_preconfigured(tls)
            // A request with its key goes where the settings say, and nowhere else.
            .redirect(Policy::none());
        let client = client.build().map_err(|e| setup(format!("the HTTP client cannot be made: {e}")))?;
        Ok(Self { client, times })
    }

    pub(crate) fn call<'c>(
        &'c self,
        known: &'c ProviderConfig,
        model: &'c str,
        body: &'c Value,
        stream: bool,
    ) -> Call<'c> {
        Call { http: self, known, model, body, stream }
    }
}

/// One call.
pub(crate) struct Call<'c> {
    http: &'c Http,
    known: &'c ProviderConfig,
    model: &'c str,
    body: &'c Value,
    stream: bool,
}

impl Call<'_> {
    /// Reads a whole answer.
    ///
    /// # Errors
    /// The call failed, or took too long, or the response is no answer.
    pub(crate) async fn whole(&self, protocol: &dyn Protocol) -> Result<Heard<'static>, Failure> {
        let limit = self.http.times.answer;
        let answer = async { read_whole(self.send(protocol).await?, protocol).await };
        timeout(limit, answer).await.unwrap_or_else(|_| Err(Failure::timed_out(limit)))
    }

    /// Reads a streamed answer until it says that it ends, or the connection does.
    ///
    /// # Errors
    /// The call failed, or the server was silent for too long, or a chunk is no part of an answer.
    pub(crate) async fn stream(&self, protocol: &dyn Protocol, heard: &mut Heard<'_>) -> Result<(), Failure> {
        let silence = self.http.times.silence;
        let response = self.send(protocol);
        let response =
            timeout(silence, response).await.unwrap_or_else(|_| Err(Failure::timed_out(silence)))?;
        let kind = content_type(&response);
        if kind.contains("html") {
            return Err(Failure::unreadable(format!("the response is `{kind}`, no stream of an answer")));
        }
        if protocol.framing() == Framing::Lines {
            return read_lines(response, protocol, heard, silence).await;
        }
        // Some servers do not stream, and some gateways write their errors so.
        if kind.contains("json") && !kind.contains("event-stream") {
            let whole = read_whole(response, protocol);
            let whole = timeout(self.http.times.answer, whole);
            let whole = whole.await.unwrap_or_else(|_| Err(Failure::timed_out(self.http.times.answer)))?;
            heard.take_whole(whole);
            return Ok(());
        }
        read_events(response, protocol, heard, silence).await
    }

    /// Sends the request, and returns a response with a status of success.
    async fn send(&self, protocol: &dyn Protocol) -> Result<Response, Failure> {
        let (path, query) = protocol.place(self.model, self.stream);
        let url = self.known.url(&path, query);
        let url = url.ok_or_else(|| Failure::refused(format!("`{}` is no address", self.known.url)))?;
        let mut request = self.http.client.post(url).header(CONTENT_TYPE, "application/json");
        if self.stream && protocol.framing() == Framing::Events {
            request = request.header(ACCEPT, "text/event-stream");
        }
        let key = self.known.key.as_ref().map(ExposeSecret::expose_secret);
        for (name, value) in protocol.headers(key) {
            let value = HeaderValue::from_str(&value).map(|mut value| {
                value.set_sensitive(true);
                value
            });
            let value = value.map_err(|_| {
                Failure::new(ModelFailure::Unauthorized, "the key has characters that no header takes")
            })?;
            request = request.header(name, value);
        }
        let response = request.body(self.body.to_string()).send().await;
        let response = response.map_err(|e| Failure::of_connection(&e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // What is cut off there is no more than a message.
        let body = read_bytes(response, LONGEST_ERROR).await.unwrap_or_default();
        Err(Failure::of_status(status.as_u16(), &String::from_utf8_lossy(&body), &headers))
    }
}

fn content_type(response: &Response) -> String {
    let value = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_lowercase()
}

/// Reads the body, up to a bound.
async fn read_bytes(mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|e| Failure::of_connection(&e))? {
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

async fn read_whole(response: Response, protocol: &dyn Protocol) -> Result<Heard<'static>, Failure> {
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
struct Arriving {
    response: Response,
    silence: Duration,
    length: usize,
    /// True once the connection has ended as HTTP wants it.
    over: bool,
}

impl Arriving {
    fn new(response: Response, silence: Duration) -> Self {
        Self { response, silence, length: 0, over: false }
    }

    /// Returns the next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Ok(bytes) = timeout(self.silence, self.response.chunk()).await else {
            return Err(Failure::timed_out(self.silence));
        };
        let Some(bytes) = bytes.map_err(|e| Failure::of_connection(&e))? else {
            self.over = true;
            return Ok(None);
        };
        self.length = self.length.saturating_add(bytes.len());
        if self.length > LONGEST { Err(too_long()) } else { Ok(Some(bytes.to_vec())) }
    }
}

async fn read_events(
    response: Response,
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
        let bytes = arriving.next().await.map(|bytes| Cursor::new(bytes.unwrap_or_else(|| b"\n\n".to_vec())));
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

async fn read_lines(
    response: Response,
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
