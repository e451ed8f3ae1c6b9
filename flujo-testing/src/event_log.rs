use flujo::async_trait;
use flujo::events::{Chunks, Event, Observer, Values};
use std::sync::{Arc, Mutex, PoisonError};

/// An observer that records every event of every run in order. Clones share the log.
///
/// ```
/// use flujo::prelude::*;
/// use flujo_testing::EventLog;
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
/// let log = EventLog::new();
/// let flujo = Flujo::builder().observer(log.clone()).build()?;
/// flujo.run(welcome("Ada".to_string())).await.into_output()?;
/// let words: Vec<_> = log.events().iter().map(|event| event.kind.word()).collect();
/// assert_eq!(words[..3], ["run_started", "node_started", "node_started"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    events: Arc<Mutex<Vec<Event>>>,
    values: bool,
}

impl EventLog {
    /// Returns an empty log without the inputs and outputs of steps.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty log with the inputs and outputs of steps.
    pub fn with_values() -> Self {
        Self { values: true, ..Self::default() }
    }

    /// Returns the events so far.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the events so far, and clears the log.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Observer for EventLog {
    async fn event(&self, event: &Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
    fn wants(&self) -> Values {
        Values { inputs: self.values, outputs: self.values, chunks: Chunks::All }
    }
}
