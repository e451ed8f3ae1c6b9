use flujo::Flujo;
use flujo::clock::BoxFuture;
use flujo::error::RunResult;
use flujo::run::Control;
use std::fmt;
use std::sync::Arc;

/// The runs that a command line works on: those of the engine of a [`Flujo`].
///
/// ```
/// use flujo::Flujo;
/// use flujo_cli::Backend;
///
/// # fn main() -> Result<(), flujo::Error> {
/// let backend = Backend::new(Flujo::builder().build()?);
/// # drop(backend);
/// # Ok(())
/// # }
/// ```
pub struct Backend {
    pub(crate) control: Arc<dyn Control>,
    /// Works on runs until the future completes; the number is how many at once. `None` without code.
    pub(crate) worker: Option<Work>,
}

/// Where a worker of some resources becomes one without types.
type Work =
    Box<dyn Fn(Option<usize>, BoxFuture<'static, ()>) -> BoxFuture<'static, RunResult<u64>> + Send + Sync>;

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("has_code", &self.has_code()).finish_non_exhaustive()
    }
}

impl Backend {
    /// Creates the backend of a binary with pipelines: those that are registered with its [`Flujo`].
    pub fn new<R: Send + Sync + 'static>(flujo: Flujo<R>) -> Self {
        let working = flujo.clone();
        let worker = move |together: Option<usize>, stop| {
            let mut worker = working.worker();
            if let Some(together) = together {
                worker = worker.together(together);
            }
            Box::pin(worker.until(stop)) as BoxFuture<'static, _>
        };
        Self { control: Arc::new(flujo), worker: Some(Box::new(worker)) }
    }

    /// Creates a backend without code, such as that of a database: what needs the code of a pipeline is refused.
    pub fn without_code(control: impl Control + 'static) -> Self {
        Self { control: Arc::new(control), worker: None }
    }

    pub(crate) fn has_code(&self) -> bool {
        self.worker.is_some()
    }
}
