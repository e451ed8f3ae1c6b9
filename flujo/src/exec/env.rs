use super::captured::Captured;
use super::timeout::Scopes;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::codec::Json;
use crate::engine::kit::EphemeralAccount;
use crate::engine::{Engine, RunId};
use crate::events::{Hub, Stage};
use crate::model::{Estimate, ModelClient, ModelDefaults, PriceBook};
use crate::path::{Path, grammar};
use crate::question::Answered;
use crate::step::{AnyStub, RunInfo, StepResult, Stubs};
use crate::usage::{SharedBudget, Usage, UsageLimits};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The environment of one run, which all its nodes share.
pub(crate) struct RunEnv {
    pub(crate) id: RunId,
    pub(crate) input: Json,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) models: Option<Arc<dyn ModelClient>>,
    pub(crate) prices: Option<Arc<dyn PriceBook>>,
    /// The defaults of model steps.
    pub(crate) model_defaults: Option<Arc<ModelDefaults>>,
    pub(crate) stubs: Stubs,
    pub(crate) cache: Option<Arc<dyn Cache>>,
    pub(crate) estimate: Estimate,
    limited: bool,
    /// The limits of the run.
    pub(crate) limits: UsageLimits,
    /// The account that it shares with others.
    pub(crate) budget: Option<SharedBudget>,
    /// The account of a run that records nothing.
    own_account: OnceLock<Arc<EphemeralAccount>>,
    /// The engine; `None` in an ephemeral run.
    pub(crate) engine: Option<Arc<dyn Engine>>,
    pub(crate) history: Mutex<Vec<Answered>>,
    /// The events of this replay pass, if the run has observers.
    pub(crate) stage: Option<Stage>,
    /// Other models than those of the code, by the path of the node.
    pub(crate) other_models: Vec<(Path, String)>,
    /// Where a walk over the records notes what nodes were given.
    pub(crate) captured: Option<Arc<Captured>>,
    /// The time of calls and forms that have to end in time.
    scopes: OnceLock<Arc<Scopes>>,
    forgiven: Mutex<BTreeMap<Path, u32>>,
    /// False if `forgiven` is empty, as in most runs: the map needs no lookup then.
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
            model_defaults: None,
            stubs: Stubs::default(),
            cache: None,
            estimate: Estimate::default(),
            limited: false,
            limits: UsageLimits::NONE,
            budget: None,
            own_account: OnceLock::new(),
            engine: None,
            history: Mutex::default(),
            stage: None,
            other_models: Vec::new(),
            captured: None,
            scopes: OnceLock::new(),
            forgiven: Mutex::default(),
            forgives: AtomicBool::new(false),
            log: Mutex::default(),
        }
    }

    /// The model that the run names for a node, in place of that of the code: the innermost path counts.
    pub(super) fn other_model(&self, info: &RunInfo) -> Option<&str> {
        // Most runs name none, and the path of a node is made when it is asked for.
        if self.other_models.is_empty() {
            return None;
        }
        let path = info.path();
        let around = |(node, _): &&(Path, String)| grammar::is_of_node(path.as_str(), node.as_str());
        let found = self.other_models.iter().filter(around).max_by_key(|(node, _)| node.as_str().len());
        found.map(|(_, model)| model.as_str())
    }

    /// Says what the run may use, on its own and together with others.
    pub(crate) fn limit(&mut self, limits: UsageLimits, budget: Option<&SharedBudget>) {
        self.limited = budget.is_some() || !limits.is_none();
        self.limits = limits;
        self.budget = budget.cloned();
    }

    /// Whether steps have to look at limits, even those that use nothing themselves. They all ask, so it is
    /// known beforehand.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.limited
    }

    /// The account of a run that records nothing.
    pub(crate) fn own_account(&self) -> &Arc<EphemeralAccount> {
        self.own_account.get_or_init(|| Arc::new(EphemeralAccount::new(self.limits)))
    }

    /// The usage of abandoned attempts, which are in no result of a step.
    pub(crate) fn given_up(&self) -> Usage {
        self.own_account
            .get()
            .map_or_else(Usage::default, |account| account.ledger().lost().map(|(_, used)| used).sum())
    }

    /// The time of calls and forms that have to end in time.
    pub(crate) fn scopes(&self) -> &Arc<Scopes> {
        self.scopes.get_or_init(Arc::default)
    }

    /// Shares the stopwatches with other replay passes.
    pub(crate) fn share(&mut self, scopes: &Arc<Scopes>) {
        self.scopes = OnceLock::from(Arc::clone(scopes));
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

    /// Adds the observers of the run, if there are any.
    pub(crate) fn watch(&mut self, hub: Option<&Arc<Hub>>) {
        self.stage = hub.map(|hub| Stage::new(Arc::clone(hub)));
    }

    #[inline]
    pub(crate) fn has_stubs(&self) -> bool {
        !self.stubs.is_empty()
    }

    pub(crate) fn stub(&self, id: fn() -> TypeId) -> Option<&dyn AnyStub> {
        self.stubs.of(id)
    }

    /// The log of a run that records nothing, in which its arms meet.
    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<StepResult>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
