use super::Event;
use crate::future::BoxFuture;
use async_trait::async_trait;

/// A receiver of every event of every node, nested ones too.
///
/// An observer cannot harm a run: it gets a copy of each event, a panic in it is caught, and a run never waits for
/// it. While it is busy with one event, up to 4096 further ones are queued; events that do not fit are dropped, and
/// counted by the next [`Missed`](super::EventKind::Missed). The end of the run always fits, so that dropped events
/// are always reported. Events that are still queued when the run has ended are delivered in the background, if there
/// is a tokio runtime. Like a step an observer must not block its thread: use `spawn_blocking` for long computations
/// and blocking calls.
///
/// ```
/// use flujo::events::{Event, EventKind, Observer};
/// use flujo::prelude::*;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// #[derive(Default)]
/// struct Attempts(AtomicU64);
///
/// #[flujo::async_trait]
/// impl Observer for Attempts {
///     async fn event(&self, event: &Event) {
///         if let EventKind::AttemptEnded { .. } = event.kind {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// # #[step]
/// # async fn greet(name: String) -> Result<String> {
/// #     Ok(format!("Hello, {name}!"))
/// # }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let attempts = Arc::new(Attempts::default());
/// let flujo = Flujo::builder().observer(attempts.clone()).build()?;
/// flujo.run(welcome("Ada".to_string())).await.into_output()?;
/// assert_eq!(attempts.0.load(Ordering::Relaxed), 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot look at a run [not_an_observer]",
    label = "this is no observer",
    note = "implement it with `#[flujo::async_trait] impl Observer for {Self} {{ async fn event(&self, event: &Event) {{ .. }} }}`"
)]
#[async_trait]
pub trait Observer: Send + Sync + 'static {
    /// Handles one event.
    async fn event(&self, event: &Event);

    /// Takes the event at once, without a future: for observers that only store it. An event that is left is queued for
    /// [`event`](Self::event), which is the default.
    #[doc(hidden)]
    fn take(&self, event: &mut Option<Event>) {
        let _ = event;
    }

    /// Returns the values that this observer wants to receive in events. Defaults to no inputs, no outputs and the
    /// chunks of the last steps. Encoding inputs costs time, and both may be private.
    fn wants(&self) -> Values {
        Values::default()
    }
}

/// The values that an [`Observer`] wants to receive in events.
///
/// ```
/// use flujo::events::{Chunks, Event, Observer, Values};
///
/// /// Prints what every model says, as it is said.
/// struct Printed;
///
/// #[flujo::async_trait]
/// impl Observer for Printed {
///     async fn event(&self, event: &Event) {
///         println!("{} {:?}", event.node(), event.kind);
///     }
///     fn wants(&self) -> Values {
///         Values { outputs: true, chunks: Chunks::All, ..Values::default() }
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Values {
    /// The inputs of the run and of its steps.
    pub inputs: bool,
    /// The outputs of steps.
    pub outputs: bool,
    /// Chunks of answers, while they are produced.
    pub chunks: Chunks,
}

/// The steps whose [chunks](super::EventKind::Chunk) an [`Observer`] wants. Models are asked to stream their answers
/// only if an observer wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Chunks {
    /// No steps.
    None,
    /// The last steps: those after which no other model is called, except in further rounds of a loop that contains
    /// them. Each of several parallel branches has its own.
    #[default]
    Last,
    /// All steps.
    All,
}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    // Written by hand: an async function would box the future of the inner observer once more.
    fn event<'s, 'e, 'f>(&'s self, event: &'e Event) -> BoxFuture<'f, ()>
    where
        's: 'f,
        'e: 'f,
        Self: 'f,
    {
        (**self).event(event)
    }
    fn take(&self, event: &mut Option<Event>) {
        (**self).take(event);
    }
    fn wants(&self) -> Values {
        (**self).wants()
    }
}
