//! An answer as it arrives: every protocol fills in the same form, whole or in chunks.

use crate::ending::Ending;
use crate::failure::Failure;
use crate::tool_names::ToolNames;
use flujo::model::{ChunkSink, FinishReason, ModelFailure, ModelReply, Tokens, ToolCall};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The beginning of the ids of calls that the provider gave none.
pub(crate) const MADE: &str = "flujo_call_";

/// What of an answer has arrived.
#[derive(Default)]
pub(crate) struct Heard<'s> {
    /// The receiver of the text, if the answer is streamed.
    sink: Option<&'s mut dyn ChunkSink>,
    text: String,
    /// True if there was text, an empty one too.
    said: bool,
    refusal: String,
    places: Places,
    /// True if the model thought, which is no answer.
    thought: bool,
    /// What it thought, as far as it is told.
    reasoning: String,
    /// The kind of a part that the protocol's reader does not know.
    unknown: Option<String>,
    calls: Vec<Called>,
    usage: Option<Tokens>,
    /// What the beginning of a stream reports, which is not yet all that was used.
    pub(crate) first_usage: Option<Tokens>,
    ending: Option<Ending>,
    /// True if the end marker of the protocol was there.
    pub(crate) ended: bool,
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
}

/// A call of a tool, as far as it has arrived.
#[derive(Debug, Default)]
struct Called {
    /// The place that the provider's chunks name.
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    signatures: Vec<String>,
}

/// The places in the answer that were there, for protocols that say everything several times.
#[derive(Debug, Default)]
struct Places {
    seen: BTreeSet<(u64, u64)>,
    /// True if something came without a place. Servers that name no places say everything once.
    unplaced: bool,
}

impl Places {
    fn is_new(&mut self, place: Option<(u64, u64)>) -> bool {
        match place {
            Some(place) => self.seen.insert(place) && !self.unplaced,
            None => !std::mem::replace(&mut self.unplaced, true),
        }
    }
}

/// A piece of a call.
#[derive(Debug, Default)]
pub(crate) struct CallPiece<'v> {
    pub(crate) index: Option<u64>,
    pub(crate) id: Option<&'v str>,
    pub(crate) name: Option<&'v str>,
    pub(crate) arguments: Option<&'v Value>,
    pub(crate) signature: Option<&'v str>,
}

/// How a reply is made of what was heard.
#[derive(Debug)]
pub(crate) struct Terms<'r> {
    pub(crate) names: &'r ToolNames,
    /// The tool whose arguments are the answer.
    pub(crate) answer: Option<&'r str>,
    /// The number of messages of the request, which makes the ids of calls unique in a conversation.
    pub(crate) messages: usize,
    /// True if a stream may end without its end marker.
    pub(crate) unmarked_end: bool,
}

impl<'s> Heard<'s> {
    pub(crate) fn whole() -> Self {
        Self::default()
    }

    pub(crate) fn stream(sink: &'s mut dyn ChunkSink) -> Self {
        Self { sink: Some(sink), ..Self::default() }
    }

    /// Takes over a whole answer that came in place of a stream.
    pub(crate) fn take_whole(&mut self, mut whole: Heard<'static>) {
        let text = std::mem::take(&mut whole.text);
        let reasoning = std::mem::take(&mut whole.reasoning);
        let sink = self.sink.take();
        *self = Heard { sink, ended: true, ..whole };
        if self.thought {
            self.think(&reasoning);
        }
        // Some servers do not say why a whole answer ends.
        self.ending.get_or_insert_with(|| Ending::of(""));
        if self.said {
            self.say(&text);
        }
    }

    /// Adds text of the answer.
    pub(crate) fn say(&mut self, text: &str) {
        self.said = true;
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        if let Some(sink) = &mut self.sink {
            sink.chunk(text);
        }
    }

    /// Adds text with which the model declines.
    pub(crate) fn refuse(&mut self, text: &str) {
        self.refusal.push_str(text);
    }

    /// Notes that the model thinks, and what, if that is told.
    pub(crate) fn think(&mut self, text: &str) {
        self.thought = true;
        if text.is_empty() {
            return;
        }
        self.reasoning.push_str(text);
        if let Some(sink) = &mut self.sink {
            sink.reasoning(text);
        }
    }

    /// Notes a part of a kind that the reader does not know.
    pub(crate) fn pass_over(&mut self, kind: &str) {
        self.unknown.get_or_insert_with(|| kind.to_owned());
    }

    /// Notes why the answer ends.
    pub(crate) fn end(&mut self, word: &str) {
        self.ending = Some(Ending::of(word));
    }

    /// True if nothing has arrived at this place before.
    pub(crate) fn is_new_at(&mut self, place: Option<(u64, u64)>) -> bool {
        self.places.is_new(place)
    }

    pub(crate) fn set_usage(&mut self, usage: Option<Tokens>) {
        self.usage = usage.or(self.usage);
    }

    pub(crate) fn usage(&self) -> Option<Tokens> {
        self.usage
    }

    /// Notes the id of the answer and the model, if they are there. The first ones stay.
    pub(crate) fn named(&mut self, id: Option<&Value>, model: Option<&Value>) {
        let text = |value: Option<&Value>| Some(value?.as_str()?.to_owned()).filter(|text| !text.is_empty());
        self.id = self.id.take().or_else(|| text(id));
        self.model = self.model.take().or_else(|| text(model));
    }

    /// Adds a piece of a call. Servers tell the calls of one answer apart by an index, an id, both or neither.
    pub(crate) fn call(&mut self, piece: &CallPiece<'_>) {
        let id = piece.id.filter(|id| !id.is_empty());
        let name = piece.name.filter(|name| !name.is_empty());
        // Calls of a whole answer are whole.
        let place = self.sink.as_ref().and_then(|_| self.place_of(piece.index, id, name.is_some()));
        let place = place.unwrap_or_else(|| {
            self.calls.push(Called { index: piece.index, ..Called::default() });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(place) else { return };
        if let Some(id) = id.filter(|_| call.id.is_empty()) {
            id.clone_into(&mut call.id);
        }
        // Some servers repeat the name in every piece.
        if let Some(name) = name.filter(|name| call.name != *name) {
            call.name.push_str(name);
        }
        call.arguments.push_str(&piece.arguments.map(argument_text).unwrap_or_default());
        call.signatures.extend(piece.signature.map(str::to_owned));
    }

    /// Finds the call that a piece belongs to; `None` if it begins one.
    fn place_of(&self, index: Option<u64>, id: Option<&str>, named: bool) -> Option<usize> {
        let last = |is: &dyn Fn(&Called) -> bool| self.calls.iter().rposition(is);
        if let Some(place) = id.and_then(|id| last(&|call| call.id == id)) {
            return Some(place);
        }
        let place = match index {
            Some(_) => last(&|call| call.index == index),
            None => self.calls.len().checked_sub(1),
        }?;
        // A new id with a name is a new call, even if its index is taken. Without an index, a name is one too.
        let other_id = id.is_some() && self.calls.get(place).is_some_and(|call| !call.id.is_empty());
        if named && (other_id || index.is_none()) { None } else { Some(place) }
    }

    /// Replaces the arguments of a call by the complete ones, which some protocols send at its end. Returns false if no
    /// call has begun at this index.
    pub(crate) fn complete_call(&mut self, index: u64, arguments: &Value) -> bool {
        let call = self.calls.iter_mut().find(|call| call.index == Some(index));
        call.map(|call| call.arguments = argument_text(arguments).into_owned()).is_some()
    }

    /// Makes the reply.
    ///
    /// # Errors
    /// The answer is not complete, the model declined, or nothing in it is an answer.
    pub(crate) fn reply(self, terms: &Terms<'_>) -> Result<ModelReply, Failure> {
        // What a stream reports before its end is not all that it used.
        let usage = self.usage.filter(|_| self.sink.is_none() || self.ended);
        self.checked(terms).map_err(|failure| failure.used(usage))
    }

    fn checked(mut self, terms: &Terms<'_>) -> Result<ModelReply, Failure> {
        if self.sink.is_some() && !terms.unmarked_end {
            if !self.ended {
                return Err(Failure::truncated("the stream ended without saying that it is complete"));
            }
            if self.ending.is_none() {
                return Err(Failure::truncated("the stream ended without a reason"));
            }
        }
        if !self.refusal.is_empty() {
            return Err(Failure::new(ModelFailure::Refused, self.refusal));
        }
        // Some compatible servers do not say why a whole answer ends.
        let finish = self.ending.take().map_or(Ok(FinishReason::Stop), Ending::finish)?;
        let calls = self.made_calls(terms)?;
        let mut reply = ModelReply::new(String::new()).finished(finish);
        let answer = calls.iter().find(|call| terms.answer == Some(call.name.as_str()));
        if let Some(answer) = answer {
            answer.arguments.clone_into(&mut reply.content);
            // Some servers say that a call is complete where `max_tokens` cut it off.
            if ends_early(&reply.content) {
                reply.finish = FinishReason::Length;
            }
            if let Some(sink) = self.sink {
                // The arguments are the answer, and are passed on in one chunk.
                sink.chunk(&reply.content);
            }
        } else {
            (reply.content, reply.calls) = (self.text, calls);
        }
        let nothing =
            reply.content.is_empty() && reply.calls.is_empty() && reply.finish == FinishReason::Stop;
        if nothing && !self.said {
            let only = match self.unknown {
                Some(kind) => format!(", only a part of the kind `{kind}`"),
                None if self.thought => ": the model thought, and said nothing".to_owned(),
                None => String::new(),
            };
            return Err(Failure::unreadable(format!("there is no answer in it{only}")));
        }
        (reply.usage, reply.served_model, reply.id) = (self.usage, self.model, self.id);
        reply.reasoning = Some(self.reasoning).filter(|text| !text.is_empty());
        Ok(reply)
    }

    /// Returns the calls, each with an id of its own and arguments that are text.
    ///
    /// # Errors
    /// One has no name.
    fn made_calls(&mut self, terms: &Terms<'_>) -> Result<Vec<ToolCall>, Failure> {
        let mut calls: Vec<ToolCall> = Vec::with_capacity(self.calls.len());
        for (i, called) in std::mem::take(&mut self.calls).into_iter().enumerate() {
            let Called { mut id, name, arguments, signatures, .. } = called;
            if name.is_empty() {
                return Err(Failure::unreadable("there is a call without the name of its tool"));
            }
            if id.is_empty() || calls.iter().any(|call| call.id == id) {
                id = format!("{MADE}{}_{}", terms.messages, i + 1);
            }
            let arguments = match arguments.trim() {
                "" | "null" => "{}".to_owned(),
                _ => arguments,
            };
            let mut call = ToolCall::new(id, terms.names.tool(&name), arguments);
            call.signatures = signatures;
            calls.push(call);
        }
        Ok(calls)
    }
}

/// True if a text is the beginning of JSON, and not all of it.
fn ends_early(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_err_and(|e| e.is_eof())
}

/// Returns arguments as text. Some servers send the object itself.
fn argument_text(arguments: &Value) -> Cow<'_, str> {
    match arguments {
        Value::Null => Cow::default(),
        Value::String(text) => Cow::Borrowed(text),
        value => Cow::Owned(value.to_string()),
    }
}
