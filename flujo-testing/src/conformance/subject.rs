//! The engine under test: how it is opened, and its optional abilities.

use super::catalog::{self, Check};
use super::report::{CheckResult, Report, Verdict};
use super::{bench, watchdog};
use flujo::Error;
use flujo::clock::Clock;
use flujo::engine::{BoxFuture, Engine, RunId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// An optional ability of engines that some checks need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Ability {
    /// Runs outlive the process: the storage can be opened again after the engine is dropped. Given by
    /// [`Subject::stored`].
    Reopen,
    /// Another process can take over a run that this one works on. Given by [`Subject::takes_over`].
    TakeOver,
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reopen => "reopen",
            Self::TakeOver => "take over",
        })
    }
}

type Opened<E> = BoxFuture<'static, Result<E, Error>>;
type Open<E, S> = Box<dyn Fn(Arc<S>, Arc<dyn Clock>) -> Opened<E> + Send + Sync>;
type TakeOver<E, S> =
    Box<dyn Fn(Arc<S>, Arc<E>, RunId) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// An engine under test: a factory of engines, each of which is empty and on a paused clock.
///
/// `S` is the storage that the engine keeps its runs in, such as a temporary folder. Every check has a storage of its
/// own, which is dropped when the check is over.
///
/// ```
/// use flujo::engine::Memory;
/// use flujo_testing::conformance::{Ability, Subject};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let subject = Subject::new("Memory", Memory::with_clock)
///     .lacks(Ability::Reopen, "keeps runs in memory")
///     .lacks(Ability::TakeOver, "is used by one process");
/// let report = subject.check().await;
/// report.assert_kept();
/// assert!(report.skipped().contains(&"ownership/stale-attempt-refused"));
/// # }
/// ```
pub struct Subject<E, S = ()> {
    name: String,
    storage: Box<dyn Fn() -> S + Send + Sync>,
    open: Arc<Open<E, S>>,
    take_over: Option<Arc<TakeOver<E, S>>>,
    stored: bool,
    lacks: BTreeMap<Ability, String>,
    patience: Duration,
}

impl<E, S> fmt::Debug for Subject<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<E: Engine> Subject<E> {
    /// Describes an engine whose runs end with the process. `open` gives an empty one on a clock.
    pub fn new(name: impl Into<String>, open: impl Fn(Arc<dyn Clock>) -> E + Send + Sync + 'static) -> Self {
        let mut subject = Self::stored(name, || (), move |_, clock| std::future::ready(Ok(open(clock))));
        subject.stored = false;
        subject
    }
}

impl<E: Engine, S: Send + Sync + 'static> Subject<E, S> {
    /// Describes an engine whose runs outlive the process. `storage` makes an empty storage; `open` opens the engine on
    /// it, on a clock. A storage is opened a second time only after the first engine was dropped, as after the end of a
    /// process. An error of `open` breaks the check that runs.
    ///
    /// ```
    /// use flujo::engine::Memory;
    /// use flujo_testing::conformance::Subject;
    /// use std::sync::OnceLock;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// // In place of a folder or a database: what is left when the engine is dropped.
    /// let subject = Subject::stored("Kept", OnceLock::<Memory>::new, |storage, clock| async move {
    ///     Ok(storage.get_or_init(|| Memory::with_clock(clock)).clone())
    /// });
    /// subject.check_one("process/run-goes-on").await.assert_kept();
    /// # }
    /// ```
    pub fn stored<F: Future<Output = Result<E, Error>> + Send + 'static>(
        name: impl Into<String>,
        storage: impl Fn() -> S + Send + Sync + 'static,
        open: impl Fn(Arc<S>, Arc<dyn Clock>) -> F + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            storage: Box::new(storage),
            open: Arc::new(Box::new(move |storage, clock| Box::pin(open(storage, clock)))),
            take_over: None,
            stored: true,
            lacks: BTreeMap::new(),
            patience: watchdog::PATIENCE,
        }
    }

    /// Sets the way to take over a run as another process would, while this one executes it. When `take_over`
    /// returns, the run has a newer fencing token, and no execution with that token.
    #[must_use]
    pub fn takes_over<F: Future<Output = Result<(), Error>> + Send + 'static>(
        mut self,
        take_over: impl Fn(Arc<S>, Arc<E>, RunId) -> F + Send + Sync + 'static,
    ) -> Self {
        self.take_over =
            Some(Arc::new(Box::new(move |storage, engine, id| Box::pin(take_over(storage, engine, id)))));
        self
    }

    /// Declares that the engine does not have an ability, and why. Checks that need it are reported as skipped, with
    /// the reason; without this they fail [`Report::assert_kept`].
    #[must_use]
    pub fn lacks(mut self, ability: Ability, why: impl Into<String>) -> Self {
        self.lacks.insert(ability, why.into());
        self
    }

    /// Sets the real time that a check waits for an engine without progress, before it is reported as stuck.
    /// Defaults to 10 seconds. Zero suits an engine without threads and I/O: if nothing has woken the check,
    /// nothing ever will, and a check that is stuck fails at once and deterministically.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs every check, one after another.
    pub async fn check(&self) -> Report {
        let mut results = Vec::new();
        for check in catalog::checks() {
            results.push(self.outcome(check).await);
        }
        Report::new(self.name.clone(), results)
    }

    /// Runs the check with this id alone. An id that is not in [`checks`](super::checks) is reported as
    /// broken.
    pub async fn check_one(&self, id: &str) -> Report {
        let mut results = Vec::new();
        for check in catalog::checks().filter(|check| check.id() == id) {
            results.push(self.outcome(check).await);
        }
        Report::of_one(self.name.clone(), id, results)
    }

    async fn outcome(&self, check: &'static Check) -> CheckResult {
        let verdict = match check.needs().filter(|ability| !self.has(*ability)) {
            Some(needs) => Verdict::Skipped { needs, why: self.lacks.get(&needs).cloned() },
            None => bench::run(check, Box::new(self.deploy()), self.patience).await,
        };
        CheckResult::new(check, verdict)
    }

    fn has(&self, ability: Ability) -> bool {
        match ability {
            Ability::Reopen => self.stored,
            Ability::TakeOver => self.take_over.is_some(),
        }
    }

    fn deploy(&self) -> Deployed<E, S> {
        Deployed {
            storage: Arc::new((self.storage)()),
            open: Arc::clone(&self.open),
            take_over: self.take_over.clone(),
            engine: Mutex::default(),
        }
    }
}

/// An engine with its storage, for one check.
pub(super) trait Deployment: Send + Sync {
    /// Opens the storage; closes the engine that was open before.
    fn open(&self, clock: Arc<dyn Clock>) -> BoxFuture<'_, Result<Arc<dyn Engine>, Error>>;
    fn close(&self);
    fn take_over(&self, id: &RunId) -> BoxFuture<'_, Result<(), Error>>;
}

struct Deployed<E, S> {
    storage: Arc<S>,
    open: Arc<Open<E, S>>,
    take_over: Option<Arc<TakeOver<E, S>>>,
    engine: Mutex<Option<Arc<E>>>,
}

impl<E, S> Deployed<E, S> {
    fn engine(&self) -> Option<Arc<E>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<E: Engine, S: Send + Sync + 'static> Deployment for Deployed<E, S> {
    fn open(&self, clock: Arc<dyn Clock>) -> BoxFuture<'_, Result<Arc<dyn Engine>, Error>> {
        Box::pin(async move {
            let engine = Arc::new((self.open)(Arc::clone(&self.storage), clock).await?);
            *self.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&engine));
            Ok(engine as Arc<dyn Engine>)
        })
    }

    fn close(&self) {
        drop(self.engine.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn take_over(&self, id: &RunId) -> BoxFuture<'_, Result<(), Error>> {
        let (id, engine) = (id.clone(), self.engine());
        Box::pin(async move {
            match (&self.take_over, engine) {
                (Some(take_over), Some(engine)) => take_over(Arc::clone(&self.storage), engine, id).await,
                _ => {
                    Err(Error::new(flujo::ErrorKind::Setup("the subject cannot take over a run".to_owned())))
                }
            }
        })
    }
}
