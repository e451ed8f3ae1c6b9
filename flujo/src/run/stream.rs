use super::partial_stream::PartialStream;
use super::start::{ContextGiven, Run};
use super::{PipelineResult, Resume};
use crate::context::Context;
use crate::durable::Reply;
use crate::engine::RunId;
use crate::error::RunResult;
use crate::events::{Chunks, Event, Observer, Values};
use crate::exec::Pipeline;
use crate::future::BoxFuture;
use crate::path::Path;
use crate::step::RunIn;
use async_trait::async_trait;
use futures_core::Stream;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Poller, Poll};

/// An item of a [`RunStream`].
#[allow(clippy::large_enum_variant, reason = "results are larger than events, whatever their type says")]
#[derive(Debug)]
pub enum Streamed<Out, T = Infallible> {
    /// An event of the run.
    Event(Event),
    /// The valid part so far of an answer that is still arriving; only in a stream of [`partials`](RunStream::partials).
    Partial(Partial<T>),
    /// The run has ended, paused, failed or was cancelled: the last item, and the only one of its kind.
    Result(Out),
}

/// The valid part so far of an answer that is still arriving. It is never recorded, and may turn out to be wrong: an answer that
/// is rejected is followed by that of the next attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partial<T> {
    /// The path of the node that answers.
    pub path: Path,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The value so far: texts are as long as they are, lists have what has arrived.
    pub value: T,
}

/// A stream of the events of one run, then its result: created by [`Run::stream`], `flujo.stream(call)` and
/// [`Resume::stream`].
///
/// The stream *is* the run: it makes progress only while the next item is awaited, on the task of the caller. That is
/// the backpressure: no event is dropped, and only the events between two awaits of the run are buffered. Dropping
/// the stream equals a crash; `flujo.resume` continues the run.
///
/// ```
/// use flujo::events::EventKind;
/// use flujo::prelude::*;
/// use flujo::run::Streamed;
///
/// #[step]
/// async fn greet(name: String, run: &RunInfo) -> Result<String> {
///     run.emit("Hello, ");
///     run.emit(&name);
///     Ok(format!("Hello, {name}"))
/// }
///
/// pipeline! {
///     fn welcome(name: String) -> String {
///         greet(name)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let mut stream = flujo.stream(welcome("Ada".to_string()));
/// let mut shown = String::new();
/// while let Some(item) = stream.next().await {
///     match item {
///         Streamed::Event(event) => {
///             if let EventKind::Chunk { text, .. } = event.kind {
///                 shown.push_str(&text);
///             }
///         }
///         Streamed::Result(result) => assert_eq!(result.into_output()?, "Hello, Ada"),
///     }
/// }
/// assert_eq!(shown, "Hello, Ada");
/// # Ok(())
/// # }
/// ```
#[must_use = "a run does nothing until its stream is polled"]
pub struct RunStream<Out> {
    id: RunId,
    tap: Tap,
    running: Option<BoxFuture<'static, Out>>,
    result: Option<Out>,
}

impl<Out> fmt::Debug for RunStream<Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStream").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The buffer for events that were not yielded yet.
#[derive(Clone, Default)]
struct Tap(Arc<Mutex<VecDeque<Event>>>, Arc<AtomicBool>);

impl Tap {
    fn events(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Observer for Tap {
    async fn event(&self, event: &Event) {
        self.events().push_back(event.clone());
    }
    fn take(&self, event: &mut Option<Event>) {
        self.events().extend(event.take());
    }
    fn wants(&self) -> Values {
        let chunks = if self.1.load(Ordering::Relaxed) { Chunks::All } else { Chunks::Last };
        Values { inputs: true, outputs: true, chunks }
    }
}

impl<Out> RunStream<Out> {
    /// Returns the id of the run, for `flujo.cancel` and `flujo.resume`.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Yields the chunks of all steps, not only of the [last](Chunks::Last) ones. Call it before the first item is
    /// awaited.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// # pipeline! {
    /// #     fn refund(cents: u32) -> bool {
    /// #         let pay: bool = ask("Pay?").showing(&cents);
    /// #         value(pay)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// use flujo::run::Streamed;
    ///
    /// let flujo = Flujo::builder().build()?;
    /// flujo.run(refund(990)).id("r-1").await;
    /// let mut stream = flujo.resume::<refund>("r-1").reply(true).stream().all_chunks();
    /// assert_eq!(stream.id().as_str(), "r-1");
    /// while let Some(item) = stream.next().await {
    ///     match item {
    ///         Streamed::Event(event) => println!("{}", event.path),
    ///         Streamed::Result(result) => assert!(result?.into_output()?),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn all_chunks(self) -> Self {
        self.tap.1.store(true, Ordering::Relaxed);
        self
    }

    /// Yields, after each chunk of an answer, what of it is a `T` already: see [`PartialStream`].
    pub fn partials<T: Reply>(self) -> PartialStream<Out, T> {
        PartialStream::new(self)
    }

    /// Returns the next item; `None` after the result.
    pub async fn next(&mut self) -> Option<Streamed<Out>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    pub(super) fn poll_item(&mut self, cx: &mut Poller<'_>) -> Poll<Option<Streamed<Out>>> {
        loop {
            if let Some(event) = self.tap.events().pop_front() {
                return Poll::Ready(Some(Streamed::Event(event)));
            }
            let Some(running) = &mut self.running else {
                return Poll::Ready(self.result.take().map(Streamed::Result));
            };
            match running.as_mut().poll(cx) {
                Poll::Ready(result) => {
                    self.running = None;
                    self.result = Some(result);
                }
                Poll::Pending if self.tap.events().is_empty() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

/// The future is boxed, and no field is pinned.
impl<Out> Unpin for RunStream<Out> {}

impl<Out> Stream for RunStream<Out> {
    type Item = Streamed<Out>;
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

impl<P, R, C, S> Run<P, R, C, S>
where
    P: Pipeline<Context = C>,
    R: Send + Sync + 'static,
    C: Context,
{
    /// Runs it as a stream of its events, which ends with its result. Events include inputs and outputs.
    pub fn stream(mut self) -> RunStream<PipelineResult<P::Output, C>>
    where
        S: ContextGiven<C> + 'static,
    {
        let (id, tap) = (self.decide_id(), Tap::default());
        let run = self.observer(tap.clone());
        RunStream { id, tap, running: Some(Box::pin(run)), result: None }
    }
}

impl<P, R> Resume<P, R>
where
    P: Pipeline + RunIn<P::Context, R>,
    R: Send + Sync + 'static,
{
    /// Resumes the run as a stream of events, which ends with the result. Recorded attempts are reported as replayed.
    pub fn stream(self) -> RunStream<RunResult<PipelineResult<P::Output, P::Context>>> {
        let (id, tap) = (self.id().clone(), Tap::default());
        let resume = self.observer(tap.clone());
        RunStream { id, tap, running: Some(resume.into_future()), result: None }
    }
}
