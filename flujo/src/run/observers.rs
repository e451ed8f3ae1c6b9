//! The observers of one execution of a run.

use crate::error::Error;
use crate::events::{Ended, Hub, Observer};
use crate::path::Path;
use crate::usage::Usage;
use std::fmt;
use std::sync::Arc;

/// The observers of an execution, and the questions whose replies were given when it began.
#[derive(Clone, Default)]
pub(super) struct Watchers {
    pub(super) observers: Vec<Arc<dyn Observer>>,
    pub(super) fresh: Vec<Path>,
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} observers", self.observers.len())
    }
}

impl Watchers {
    pub(super) fn add(&mut self, observer: impl Observer) {
        self.observers.push(Arc::new(observer));
    }
}

/// Reports an execution that ended without a result.
pub(super) fn stopped(hub: Option<&Arc<Hub>>, error: &Error) {
    if let Some(hub) = hub {
        hub.run_ended(Ended::Failed { error: error.to_string() }, Usage::default(), Vec::new());
    }
}
