//! The runs that a command works on: those of an engine in this process, or those of a server.

mod graph_format;
mod local;
mod pipeline;

pub(crate) use graph_format::GraphFormat;
pub(crate) use local::Local;
pub(crate) use pipeline::{Finding, Pipeline, Value};

use crate::stop::{CliResult, Stop};
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{
    PendingQuestion, QuestionFilter, RunCount, RunFilter, RunId, RunState, RunSummary, RunView, UsageFilter,
    UsageLine,
};
use flujo::error::Mismatch;
use flujo::path::Path;
use flujo::run::{ForkRun, Replay, StartRun};
use flujo::{Usage, UsageLimits, async_trait};
use std::time::Duration;

/// What commands ask of runs. It is [`Control`](flujo::run::Control) for callers that have no types at all: pipelines may
/// be those of another program, and each error knows its exit code and the next step.
#[async_trait]
pub(crate) trait Runs: Send + Sync {
    async fn pipelines(&self) -> CliResult<Vec<Pipeline>>;
    async fn pipeline(&self, name: &str) -> CliResult<Pipeline>;
    async fn drawn(&self, name: &str, format: GraphFormat) -> CliResult<String>;
    async fn list(&self, filter: &RunFilter) -> CliResult<Vec<RunSummary>>;
    async fn count(&self, filter: &RunFilter) -> CliResult<Vec<RunCount>>;
    async fn inbox(&self, filter: &QuestionFilter) -> CliResult<Vec<PendingQuestion>>;
    async fn usage(&self, filter: &UsageFilter) -> CliResult<Vec<UsageLine>>;
    /// Returns the budgets that runs share, where they are known.
    async fn budgets(&self) -> CliResult<Vec<Budget>> {
        Ok(Vec::new())
    }
    async fn inspect(&self, id: &RunId) -> CliResult<RunView>;
    async fn inputs(&self, id: &RunId) -> CliResult<Inputs>;
    async fn start(&self, run: &StartRun) -> CliResult<RunState>;
    /// Waits until no execution works on the run.
    async fn attach(&self, id: &RunId) -> CliResult<RunView>;
    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> CliResult<()>;
    async fn cancel(&self, id: &RunId, by: Option<&str>) -> CliResult<()>;
    /// Resumes a failed run, and waits until no execution works on it.
    async fn retry(&self, id: &RunId, by: Option<&str>) -> CliResult<RunView>;
    async fn fork(&self, fork: &ForkRun) -> CliResult<RunState>;
    async fn replay(&self, id: &RunId) -> CliResult<Replay>;
    async fn prune(&self, before: Timestamp, by: Option<&str>) -> CliResult<u64>;
    /// Begins to follow a run; `every` is the least time between two looks.
    fn follow<'r>(&'r self, id: &'r RunId, every: Duration) -> Box<dyn Follow + 'r>;
}

/// A run that somebody watches.
#[async_trait]
pub(crate) trait Follow: Send {
    /// Returns the run at once for the first time, and then when there may be news.
    async fn look(&mut self) -> CliResult<RunView>;
}

/// A budget that runs share, and what they used of it.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) name: String,
    pub(crate) limits: UsageLimits,
    pub(crate) spent: Usage,
}

/// What the nodes of a run were given.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) nodes: Vec<Given>,
    /// The first record that does not fit the code.
    pub(crate) mismatch: Option<Mismatch>,
}

/// What a node was given.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) path: Path,
    pub(crate) n: u32,
    pub(crate) input: Json,
    /// The parts of the context, as they were before.
    pub(crate) context: Vec<(String, Json)>,
}

/// The error of a name that no pipeline has.
pub(crate) fn unknown_pipeline(name: &str, names: &[&str], without_any: &str) -> Stop {
    if names.is_empty() {
        return Stop::nothing(format_args!("there is no pipeline `{name}`: {without_any}"));
    }
    let names = names.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
    Stop::nothing(format_args!("there is no pipeline `{name}`; there is {names}"))
}
