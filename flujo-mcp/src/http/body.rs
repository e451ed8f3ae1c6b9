//! The bytes of a response, with a bound before they are in memory.

use crate::failure::{Failure, cause};
use crate::message::{is_answer, substitute};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt as _};
use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use rmcp::model::{RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::SseError;
use sse_stream_of_rmcp::{Sse, SseStream};

pub(super) type Events = BoxStream<'static, Result<Sse, SseError>>;

/// Returns the type of a response, in lower case and without parameters.
pub(super) fn content_type(response: &Response<Incoming>) -> String {
    let value =
        response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_lowercase()
}

fn too_long(most: usize) -> Failure {
    Failure::lasting(format!("the answer has more than {most} bytes; `.max_answer(..)` allows more"))
        .harmless()
}

fn cut(error: &hyper::Error) -> Failure {
    Failure::passing(format!("the connection was lost within the answer: {}", cause(error)))
}

/// Reads the body, up to a bound.
///
/// # Errors
/// It is longer, or the connection was lost.
pub(super) async fn whole(response: Response<Incoming>, most: usize) -> Result<Vec<u8>, Failure> {
    let said =
        response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > most) {
        return Err(too_long(most));
    }
    let (mut body, mut chunks) = (Vec::new(), response.into_body().into_data_stream());
    while let Some(bytes) = chunks.next().await {
        let bytes = bytes.map_err(|error| cut(&error))?;
        if body.len().saturating_add(bytes.len()) > most {
            return Err(too_long(most));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

/// Reads the beginning of a body, for a message.
pub(super) async fn beginning(response: Response<Incoming>, most: usize) -> Vec<u8> {
    let (mut body, mut chunks) = (Vec::new(), response.into_body().into_data_stream());
    while let Some(Ok(bytes)) = chunks.next().await {
        let room = most.saturating_sub(body.len()).min(bytes.len());
        body.extend_from_slice(bytes.get(..room).unwrap_or_default());
        if body.len() >= most {
            break;
        }
    }
    body
}

/// Returns the events of a response, each with a bound.
///
/// Where `awaited` is the id of a request, a stream that breaks off brings an error in the place of its answer: the SDK would drop
/// the reason. A stream whose events have ids goes on in another response, which is left to the SDK.
pub(super) fn events(response: Response<Incoming>, most: usize, awaited: Option<RequestId>) -> Events {
    let bytes = bounded(response.into_body().into_data_stream(), most);
    let events = SseStream::from_bytes_stream(bytes).boxed();
    let Some(id) = awaited else { return events };
    let reading = Reading { events, id, resumable: false, answered: false };
    stream::unfold(reading, |mut reading| async move { Some((reading.next().await?, reading)) }).boxed()
}

/// The events of a response that has to bring an answer.
struct Reading {
    events: Events,
    id: RequestId,
    resumable: bool,
    answered: bool,
}

impl Reading {
    /// Returns the next event. Behind the answer nothing is missed, but the rest is read: the connection is used again.
    async fn next(&mut self) -> Option<Result<Sse, SseError>> {
        let failure = match self.events.next().await {
            Some(Ok(mut event)) => {
                self.resumable |= event.id.is_some();
                self.answered |= event.data.as_mut().is_some_and(answers);
                return Some(Ok(event));
            }
            _ if self.answered => return None,
            Some(Err(SseError::Body(error))) => match error.downcast::<Failure>() {
                Ok(failure) if !self.resumable || !failure.is_retryable() => *failure,
                Ok(failure) => return Some(Err(SseError::Body(failure))),
                Err(error) => return Some(Err(SseError::Body(error))),
            },
            Some(Err(error)) => Failure::passing(format!("the answer is no stream of events: {error}")),
            None if self.resumable => return None,
            None => Failure::passing("the stream of the answer ended without one"),
        };
        self.answered = true;
        let answer = ServerJsonRpcMessage::error(failure.into_answer(), Some(self.id.clone()));
        let data = serde_json::to_string(&answer).ok();
        Some(Ok(Sse { data, ..Sse::default() }))
    }
}

/// Whether a message answers a request. An answer that cannot be read becomes an error: the SDK would drop it.
fn answers(data: &mut String) -> bool {
    let error = match serde_json::from_str(data) {
        Ok(message) => return is_answer(&message),
        Err(error) => error,
    };
    let text = substitute(data.as_bytes(), &error).and_then(|answer| serde_json::to_string(&answer).ok());
    text.map(|text| *data = text).is_some()
}

/// Ends a stream of events at the first one that is too long.
fn bounded<S>(chunks: S, most: usize) -> impl Stream<Item = Result<Bytes, Failure>> + Send + 'static
where
    S: Stream<Item = Result<Bytes, hyper::Error>> + Send + Unpin + 'static,
{
    // The bytes since the last empty line, and whether the line has none yet.
    let state = (chunks, 0_usize, true, false);
    stream::unfold(state, move |(mut chunks, mut length, mut empty, over)| async move {
        if over {
            return None;
        }
        let bytes = match chunks.next().await? {
            Ok(bytes) => bytes,
            Err(error) => return Some((Err(cut(&error)), (chunks, length, empty, true))),
        };
        for byte in &bytes {
            match byte {
                b'\r' => {}
                b'\n' if empty => length = 0,
                b'\n' => empty = true,
                _ => empty = false,
            }
            length = length.saturating_add(1);
            if length > most {
                return Some((Err(too_long(most)), (chunks, length, empty, true)));
            }
        }
        Some((Ok(bytes), (chunks, length, empty, false)))
    })
}
