//! An engine that executes runs in its own process, with the programs that it is given: for the suite of the engine contract.
//!
//! The suite calls an engine as the runtime calls one that works in its process: nothing works on a run until it is executed,
//! to drop an execution is a crash, and time is a clock of the suite, whose timers are no timers of the server.

use flujo::engine::{BoxFuture, Program, RunId};
use flujo::error::{Error, ErrorKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// A program, and whether its execution goes on.
type Given = (Arc<dyn Program>, watch::Receiver<()>);

/// The programs that are executed in this process, by their runs.
#[derive(Clone, Default)]
pub(crate) struct Hosted(Arc<Mutex<HashMap<RunId, Given>>>);

impl Hosted {
    /// Makes a program the one of a run, until what is returned is dropped.
    ///
    /// # Errors
    /// The run is executed already.
    pub(crate) fn give(&self, id: &RunId, program: Arc<dyn Program>) -> Result<Execution, Error> {
        let (alive, ends) = watch::channel(());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(id) {
            return Err(Error::new(ErrorKind::Busy(id.to_string())));
        }
        all.insert(id.clone(), (program, ends));
        drop(all);
        Ok(Execution { hosted: self.clone(), id: id.clone(), _alive: alive })
    }

    /// Whether a run is executed.
    pub(crate) fn executes(&self, id: &RunId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    /// The program of a run that is executed, and what completes when that execution is dropped.
    pub(crate) fn find(&self, id: &RunId) -> Option<(Arc<dyn Program>, BoxFuture<'static, ()>)> {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        let (program, mut ends) = given?;
        // Nothing is ever sent.
        let dropped = async move { while ends.changed().await.is_ok() {} };
        Some((program, Box::pin(dropped)))
    }
}

/// An execution that goes on until it is dropped.
pub(crate) struct Execution {
    hosted: Hosted,
    id: RunId,
    _alive: watch::Sender<()>,
}

impl Drop for Execution {
    fn drop(&mut self) {
        self.hosted.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
