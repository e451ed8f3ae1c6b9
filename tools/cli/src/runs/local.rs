use super::GraphFormat;
use super::{Follow, Given, Inputs, Pipeline, Runs, unknown_pipeline};
use crate::stop::CliResult;
use flujo::async_trait;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{
    PendingQuestion, QuestionFilter, RunCount, RunFilter, RunId, RunState, RunSummary, RunView, UsageFilter,
    UsageLine,
};
use flujo::path::Path;
use flujo::run::{Control, ForkRun, Replay, StartRun};
use std::sync::Arc;
use std::time::Duration;

/// The runs of an engine in this process.
pub(crate) struct Local(pub(crate) Arc<dyn Control>);

#[async_trait]
impl Runs for Local {
    async fn pipelines(&self) -> CliResult<Vec<Pipeline>> {
        Ok(self.0.pipelines().iter().map(Pipeline::from).collect())
    }

    async fn pipeline(&self, name: &str) -> CliResult<Pipeline> {
        let all = self.0.pipelines();
        if let Some(known) = all.iter().find(|known| known.name == name) {
            return Ok(known.into());
        }
        let names: Vec<_> = all.iter().map(|known| known.name).collect();
        let none = "this binary has none; register it with `.pipeline::<..>()`";
        Err(unknown_pipeline(name, &names, none))
    }

    async fn drawn(&self, name: &str, format: GraphFormat) -> CliResult<String> {
        self.pipeline(name).await?;
        let known = self.0.pipelines().into_iter().find(|known| known.name == name);
        let Some(graph) = known.map(|known| known.graph) else { return Ok(String::new()) };
        match format {
            GraphFormat::Mermaid => Ok(graph.mermaid()),
            GraphFormat::Dot => Ok(graph.dot()),
            GraphFormat::Json => Ok(graph.json()),
            #[cfg(feature = "server")]
            GraphFormat::Svg => Ok(flujo_server::drawing::svg(graph, None)),
            #[cfg(not(feature = "server"))]
            GraphFormat::Svg => Err(crate::stop::Stop::feature("a drawing as SVG", "server")),
        }
    }

    async fn list(&self, filter: &RunFilter) -> CliResult<Vec<RunSummary>> {
        Ok(self.0.list(filter).await?)
    }

    async fn count(&self, filter: &RunFilter) -> CliResult<Vec<RunCount>> {
        Ok(self.0.count(filter).await?)
    }

    async fn inbox(&self, filter: &QuestionFilter) -> CliResult<Vec<PendingQuestion>> {
        Ok(self.0.inbox(filter).await?)
    }

    async fn usage(&self, filter: &UsageFilter) -> CliResult<Vec<UsageLine>> {
        Ok(self.0.usage(filter).await?)
    }

    async fn inspect(&self, id: &RunId) -> CliResult<RunView> {
        Ok(self.0.inspect(id).await?)
    }

    async fn inputs(&self, id: &RunId) -> CliResult<Inputs> {
        let found = self.0.inputs(id).await?;
        let nodes = found.nodes.into_iter();
        let nodes =
            nodes.map(|node| Given { path: node.path, n: node.n, input: node.input, context: node.context });
        Ok(Inputs { nodes: nodes.collect(), mismatch: found.mismatch })
    }

    async fn start(&self, run: &StartRun) -> CliResult<RunState> {
        Ok(self.0.start(run).await?)
    }

    async fn attach(&self, id: &RunId) -> CliResult<RunView> {
        Ok(self.0.attach(id).await?)
    }

    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> CliResult<()> {
        Ok(self.0.reply(id, path, value, by).await?)
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> CliResult<()> {
        Ok(self.0.cancel(id, by).await?)
    }

    async fn retry(&self, id: &RunId, by: Option<&str>) -> CliResult<RunView> {
        Ok(self.0.retry(id, by).await?)
    }

    async fn fork(&self, fork: &ForkRun) -> CliResult<RunState> {
        Ok(self.0.fork(fork).await?)
    }

    async fn replay(&self, id: &RunId) -> CliResult<Replay> {
        Ok(self.0.replay(id).await?)
    }

    async fn prune(&self, before: Timestamp, by: Option<&str>) -> CliResult<u64> {
        Ok(self.0.prune(before, by).await?)
    }

    fn follow<'r>(&'r self, id: &'r RunId, every: Duration) -> Box<dyn Follow + 'r> {
        Box::new(Looking { runs: self, id, every, has_looked: false })
    }
}

/// Polls: a file sends no events.
struct Looking<'r> {
    runs: &'r Local,
    id: &'r RunId,
    every: Duration,
    has_looked: bool,
}

#[async_trait]
impl Follow for Looking<'_> {
    async fn look(&mut self) -> CliResult<RunView> {
        if self.has_looked {
            tokio::time::sleep(self.every).await;
        }
        self.has_looked = true;
        self.runs.inspect(self.id).await
    }
}
