use super::Event;
use crate::future::BoxFuture;
use async_trait::async_trait;

/// Sees every event of every node, nested ones too.
///
/// It can do a run no harm: it gets a copy, a panic in it is caught, and a run never waits for it. While it
/// is busy with one event, further ones wait in line, at most 4096 of them; what does not fit is dropped, and
/// counted by the next [`Missed`](super::EventKind::Missed). The end of the run always fits, so that this is never
/// without a next one. What is still in line when the run has ended is
/// delivered in the background, where there is a tokio runtime. Like a step it must not block its thread: what
/// computes or blocks uses `spawn_blocking`.
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
    message = "`{Self}` cannot look at a run",
    label = "this is no observer",
    note = "implement it with `#[flujo::async_trait] impl Observer for {Self} {{ async fn event(&self, event: &Event) {{ .. }} }}`"
)]
#[async_trait]
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    async fn event(&self, event: &Event);

    /// Which values it wants to see in events; none if nothing is said. Encoding inputs costs time, and both
    /// may be private.
    fn wants(&self) -> Values {
        Values::default()
    }
}

/// Which values an [`Observer`] wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Values {
    /// Those that go into the run and its steps.
    pub inputs: bool,
    /// Those that come out of steps.
    pub outputs: bool,
    /// Pieces of answers, while they are being made.
    pub chunks: Chunks,
}

/// Of which steps an [`Observer`] wants the [chunks](super::EventKind::Chunk). Models are asked to answer in pieces
/// only where somebody wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Chunks {
    /// Of none.
    None,
    /// Of the last ones: steps after which no model is asked any more, but in further rounds of a loop that they
    /// stand in. Of branches that go side by side, each has its own.
    #[default]
    Last,
    /// Of all.
    All,
}

impl<O: Observer + ?Sized> Observer for std::sync::Arc<O> {
    // Written out: an async function would box the future of the inner one once more.
    fn event<'s, 'e, 'f>(&'s self, event: &'e Event) -> BoxFuture<'f, ()>
    where
        's: 'f,
        'e: 'f,
        Self: 'f,
    {
        (**self).event(event)
    }
    fn wants(&self) -> Values {
        (**self).wants()
    }
}
