//! The contract of a stream: it is complete if it has an end marker and a finish reason, and no error came
//! before.

use crate::secret::scrub;
use crate::{convert, failure, tools};
use flujo::model::{ChunkSink, FinishReason, ModelError, ModelFailure, ModelReply};
use futures_util::{Stream, StreamExt};
use genai::chat::{ChatFrameSink, ChatStreamEvent, FrameCtx, RawFrameRef, StreamEnd};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::sync::{Arc, Mutex, PoisonError};

/// The requirements on a stream.
pub(crate) struct Contract<'k> {
    /// The tool whose arguments are the answer.
    pub(crate) tool: Option<&'k str>,
    /// True if the stream may end without an end marker.
    pub(crate) unmarked_end: bool,
    /// The key, which is removed from errors.
    pub(crate) key: Option<&'k SecretString>,
    /// The check of the raw chunks.
    pub(crate) sense: Sense,
}

/// A check of the raw chunks as they arrive. Not every adapter reports an unreadable chunk, which may have
/// been a part of the answer, or a chunk that is an error.
#[derive(Clone, Default)]
pub(crate) struct Sense(Arc<Mutex<Seen>>);

#[derive(Default)]
struct Seen {
    /// True if there was a chunk.
    begun: bool,
    wrong: Option<(ModelFailure, String)>,
    /// The provider's id of the answer, from the first chunk.
    id: Option<String>,
}

/// The fields of a chunk that are checked.
#[derive(Deserialize)]
struct Piece {
    error: Option<IgnoredAny>,
}

impl ChatFrameSink for Sense {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        let data = frame.data.trim();
        if data.is_empty() || data == "[DONE]" {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !seen.begun {
            seen.begun = true;
            seen.id = serde_json::from_str(data).ok().as_ref().and_then(convert::id);
        }
        let wrong = match serde_json::from_str::<Piece>(data) {
            Ok(Piece { error: None }) => return,
            Ok(Piece { error: Some(_) }) => (failure::midway(data), failure::said(data)),
            Err(_) => (ModelFailure::Unreadable, "a piece of the stream makes no sense".to_owned()),
        };
        seen.wrong.get_or_insert(wrong);
    }
}

impl Sense {
    fn made(&self, key: Option<&SecretString>) -> Result<(), ModelError> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).wrong.take() {
            None => Ok(()),
            Some((failure, what)) => Err(ModelError::new(failure, scrub(&what, key))),
        }
    }

    fn id(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).id.take()
    }
}

/// Forwards the chunks, and returns the whole reply.
///
/// # Errors
/// The first error, whatever follows it; or the stream ends without an end marker.
pub(crate) async fn whole(
    mut stream: impl Stream<Item = genai::Result<ChatStreamEvent>> + Unpin,
    chunks: &mut dyn ChunkSink,
    contract: &Contract<'_>,
) -> Result<ModelReply, ModelError> {
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        let event = event.map_err(|error| failure::of(error, contract.key))?;
        contract.sense.made(contract.key)?;
        match event {
            ChatStreamEvent::Chunk(piece) => {
                text.push_str(&piece.content);
                chunks.chunk(&piece.content);
            }
            ChatStreamEvent::End(end) => return ended(&end, text, chunks, contract),
            // Reasoning is not part of the answer, and a tool's arguments are complete only at the end.
            _ => {}
        }
    }
    contract.sense.made(contract.key)?;
    if contract.unmarked_end {
        let mut reply = ModelReply::new(text);
        reply.id = contract.sense.id();
        return Ok(reply);
    }
    Err(ModelError::new(ModelFailure::Truncated, "the stream ended without saying that it is complete"))
}

fn ended(
    end: &StreamEnd,
    text: String,
    chunks: &mut dyn ChunkSink,
    contract: &Contract<'_>,
) -> Result<ModelReply, ModelError> {
    let usage = end.captured_usage.as_ref().and_then(convert::tokens);
    let reason = end.captured_stop_reason.as_ref();
    if reason.is_none() && !contract.unmarked_end {
        let what = "the stream ended without a reason";
        return Err(convert::billed(ModelError::new(ModelFailure::Truncated, what), usage));
    }
    let finish = convert::finish(reason, usage)?;
    let (content, calls) = match &end.captured_content {
        Some(content) if !content.tool_calls().is_empty() => tools::said(content, text, contract.tool),
        _ => (text, Vec::new()),
    };
    if calls.is_empty() && end.captured_content.as_ref().is_some_and(|all| !all.tool_calls().is_empty()) {
        // The arguments are the answer, and arrive in one chunk.
        chunks.chunk(&content);
    }
    // An unknown finish reason is passed on unchanged.
    let finish = match finish {
        FinishReason::Other(word) if word.is_empty() => FinishReason::Stop,
        finish => finish,
    };
    let mut reply = ModelReply::new(content).finished(finish);
    (reply.calls, reply.usage, reply.id) = (calls, usage, contract.sense.id());
    Ok(reply)
}
