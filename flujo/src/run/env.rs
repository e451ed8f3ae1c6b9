use super::result::StepResult;
use super::stub::{AnyStub, Stubs};
use crate::clock::Clock;
use crate::codec::Json;
use crate::engine::RunId;
use crate::model::{ModelClient, PriceBook};
use crate::path::Path;
use crate::question::Answered;
use crate::step::Step;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What all nodes of one run share.
pub(crate) struct RunEnv {
    pub(crate) id: RunId,
    pub(crate) input: Json,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) models: Option<Arc<dyn ModelClient>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    pub(crate) stubs: Stubs,
    pub(crate) history: Mutex<Vec<Answered>>,
    forgiven: Mutex<BTreeMap<Path, u32>>,
    /// Whether there is anything in `forgiven`: in most runs nobody ever has to look.
    forgives: AtomicBool,
    log: Mutex<Vec<StepResult>>,
}

impl fmt::Debug for RunEnv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunEnv").field("id", &self.id).finish_non_exhaustive()
    }
}

impl RunEnv {
    pub(crate) fn new(id: RunId, input: Json, clock: Arc<dyn Clock>) -> Self {
        Self {
            id,
            input,
            clock,
            models: None,
            prices: None,
            stubs: Stubs::default(),
            history: Mutex::default(),
            forgiven: Mutex::default(),
            forgives: AtomicBool::new(false),
            log: Mutex::default(),
        }
    }

    pub(crate) fn forgiving(self, list: &[(Path, u32)]) -> Self {
        for (path, attempts) in list {
            self.forgive(path.clone(), *attempts);
        }
        self
    }

    /// The attempts of this node that failed before it was given fresh ones.
    pub(crate) fn forgiven(&self, path: &Path) -> u32 {
        if !self.forgives.load(Ordering::Acquire) {
            return 0;
        }
        let forgiven = self.forgiven.lock().unwrap_or_else(PoisonError::into_inner);
        forgiven.get(path).copied().unwrap_or(0)
    }

    pub(crate) fn forgive(&self, path: Path, attempts: u32) {
        self.forgiven.lock().unwrap_or_else(PoisonError::into_inner).insert(path, attempts);
        self.forgives.store(true, Ordering::Release);
    }

    #[inline]
    pub(crate) fn has_stubs(&self) -> bool {
        !self.stubs.is_empty()
    }

    pub(crate) fn stub<S: Step>(&self) -> Option<&dyn AnyStub> {
        self.stubs.of::<S>()
    }

    /// The log of a run that records nothing, in which its arms meet.
    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<StepResult>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
