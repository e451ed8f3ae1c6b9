use super::stream::{Partial, RunStream, Streamed};
use crate::durable::Reply;
use crate::events::{Event, EventKind};
use crate::model::Arriving;
use crate::path::Path;
use futures_core::Stream;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context as Poller, Poll};

/// A stream of a run that also yields what is valid so far of answers that are still arriving: created by
/// [`RunStream::partials`].
///
/// `T` is the type of the answer, or one with fewer demands: fields with `#[serde(default)]` may be missing. Texts of other nodes
/// that are no `T` yield nothing. Of a long answer not every chunk is looked at.
///
/// ```
/// use flujo::model::Script;
/// use flujo::prelude::*;
/// use flujo::run::Streamed;
/// use flujo::schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
/// #[serde(default)]
/// struct Report {
///     title: String,
///     points: Vec<String>,
/// }
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 500)]
/// fn report(topic: String) -> Prompt<Report> {
///     Prompt::ask(topic)
/// }
///
/// pipeline! {
///     fn reporting(topic: String) -> Report {
///         report(topic)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let script = Script::new().then(r#"{"title": "Calm", "points": ["no wind"]}"#).in_pieces(16);
/// let flujo = Flujo::builder().models(script).build()?;
/// let mut stream = flujo.stream(reporting("calm".to_string())).partials::<Report>();
/// let mut titles = Vec::new();
/// while let Some(item) = stream.next().await {
///     match item {
///         Streamed::Partial(partial) => titles.push(partial.value.title),
///         Streamed::Event(_) => {}
///         Streamed::Result(result) => assert_eq!(result.into_output()?.points, ["no wind"]),
///     }
/// }
/// assert_eq!(titles, ["Calm", "Calm", "Calm"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "a run does nothing until its stream is polled"]
pub struct PartialStream<Out, T> {
    stream: RunStream<Out>,
    /// The answers that are arriving, each with its attempt.
    arriving: BTreeMap<Path, (u32, Arriving<T>)>,
    /// What follows the event that was yielded last.
    next: Option<Partial<T>>,
}

impl<Out, T> fmt::Debug for PartialStream<Out, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialStream").field("stream", &self.stream).finish_non_exhaustive()
    }
}

impl<Out, T: Reply> PartialStream<Out, T> {
    pub(super) fn new(stream: RunStream<Out>) -> Self {
        Self { stream, arriving: BTreeMap::new(), next: None }
    }

    /// Returns the next item; `None` after the result.
    pub async fn next(&mut self) -> Option<Streamed<Out, T>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    fn poll_item(&mut self, cx: &mut Poller<'_>) -> Poll<Option<Streamed<Out, T>>> {
        if let Some(partial) = self.next.take() {
            return Poll::Ready(Some(Streamed::Partial(partial)));
        }
        self.stream.poll_item(cx).map(|item| {
            Some(match item? {
                Streamed::Event(event) => {
                    self.look_at(&event);
                    Streamed::Event(event)
                }
                Streamed::Result(result) => Streamed::Result(result),
            })
        })
    }

    fn look_at(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Chunk { attempt, text } => {
                let (known, answer) =
                    self.arriving.entry(event.path.clone()).or_insert_with(|| (*attempt, Arriving::new()));
                if known != attempt {
                    (*known, *answer) = (*attempt, Arriving::new());
                }
                self.next = answer.push(text).map(|value| Partial {
                    path: event.path.clone(),
                    attempt: *attempt,
                    value,
                });
            }
            // Another model begins again.
            EventKind::ModelFellBack { .. } | EventKind::AttemptEnded { .. } => {
                self.arriving.remove(&event.path);
            }
            _ => {}
        }
    }
}

/// No field is pinned.
impl<Out, T> Unpin for PartialStream<Out, T> {}

impl<Out, T: Reply> Stream for PartialStream<Out, T> {
    type Item = Streamed<Out, T>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}
