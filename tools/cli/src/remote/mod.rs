//! The runs of a server, by its HTTP interface.

mod address;
mod answers;
mod bodies;
mod client;
mod query;
mod trouble;
mod watching;

use crate::json::raw::Raw;
use crate::runs::GraphFormat;
use crate::runs::{Budget, Follow, Inputs, Pipeline, Runs, unknown_pipeline};
use crate::stop::{CliResult, Stop};
use crate::text::shell::quoted;
use crate::text::time::exact;
use address::Address;
use answers::{
    CountsAnswer, ExportAnswer, InboxAnswer, PipelineAnswer, PipelinesAnswer, PrunedAnswer, RunsAnswer,
    StartedAnswer, UsageReportAnswer,
};
use bodies::{ForkBody, PruneBody, ReplyBody, StartBody};
use client::Client;
use flujo::async_trait;
use flujo::clock::Timestamp;
use flujo::codec::Json;
use flujo::engine::{
    PendingQuestion, QuestionFilter, RunCount, RunFilter, RunId, RunState, RunSummary, RunView, UsageFilter,
    UsageLine,
};
use flujo::path::Path;
use flujo::run::{ForkRun, Replay, StartRun};
use std::time::Duration;
use trouble::Trouble;
use watching::Watching;

/// The time between two looks at a run that is waited for.
const LOOK: Duration = Duration::from_millis(100);

/// The runs of a server.
#[derive(Debug)]
pub(crate) struct Remote {
    client: Client,
}

impl Remote {
    pub(crate) fn new(url: &str, token: Option<&str>) -> CliResult<Self> {
        Ok(Self { client: Client::new(Address::parse(url)?, token)? })
    }

    /// Returns true if the token can be read on its way.
    pub(crate) fn shows_its_token(&self) -> bool {
        self.client.has_token() && self.client.address.is_open()
    }

    fn said<T>(&self, answer: Result<T, Trouble>) -> CliResult<T> {
        answer.map_err(|trouble| trouble.stop(self.client.address.as_str()))
    }

    /// The answer to a run that begins. Whether it has, if there is no answer, its id says.
    fn begun<T>(&self, id: &RunId, answer: Result<T, Trouble>) -> CliResult<T> {
        let may_have = matches!(answer, Err(Trouble::Lost(_)));
        self.said(answer).map_err(|stop| {
            if !may_have {
                return stop;
            }
            let id = quoted(id.as_str());
            stop.next(format_args!(
                "the run may have begun: `show {id}` says so, and `--id {id}` begins it only once"
            ))
        })
    }

    async fn view(&self, id: &RunId) -> Result<RunView, Trouble> {
        self.client.get(&["runs", id.as_str(), "recorded"], &[]).await
    }

    async fn names(&self) -> CliResult<Vec<String>> {
        let all: PipelinesAnswer = self.said(self.client.get(&["pipelines"], &[]).await)?;
        Ok(all.pipelines.into_iter().map(|known| known.name).collect())
    }

    /// The error of a request about a pipeline, with the names of those that are there.
    async fn without(&self, name: &str, trouble: Trouble) -> Stop {
        if !trouble.is("unknown-pipeline") {
            return trouble.stop(self.client.address.as_str());
        }
        match self.names().await {
            Ok(names) => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                unknown_pipeline(name, &names, "the server has none")
            }
            Err(stop) => stop,
        }
    }

    /// Waits until no execution works on the run, and what was done to it so often has begun.
    async fn wait(&self, id: &RunId, acted: usize) -> CliResult<RunView> {
        let mut following = Watching::new(self, id, LOOK);
        loop {
            let view = following.look().await?;
            let state = RunState::from(&view.status);
            if view.acted.len() >= acted && !matches!(state, RunState::Created | RunState::Running) {
                return Ok(view);
            }
        }
    }
}

#[async_trait]
impl Runs for Remote {
    async fn pipelines(&self) -> CliResult<Vec<Pipeline>> {
        let mut all = Vec::new();
        for name in self.names().await? {
            all.push(self.pipeline(&name).await?);
        }
        Ok(all)
    }

    async fn pipeline(&self, name: &str) -> CliResult<Pipeline> {
        match self.client.get::<PipelineAnswer>(&["pipelines", name], &[]).await {
            Ok(known) => Ok(known.into()),
            Err(trouble) => Err(self.without(name, trouble).await),
        }
    }

    async fn drawn(&self, name: &str, format: GraphFormat) -> CliResult<String> {
        let word = match format {
            GraphFormat::Mermaid => "mermaid",
            GraphFormat::Dot => "dot",
            GraphFormat::Svg => "svg",
            GraphFormat::Json => "json",
        };
        let query = [("format".to_owned(), word.to_owned())];
        match self.client.text(&["pipelines", name, "graph"], &query).await {
            Ok(drawn) => Ok(drawn),
            Err(trouble) => Err(self.without(name, trouble).await),
        }
    }

    async fn list(&self, filter: &RunFilter) -> CliResult<Vec<RunSummary>> {
        let most = filter.limit.unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), filter.after.as_ref().map(query::place));
        while found.len() < most {
            let mut query = query::runs(filter);
            query.push(("limit".to_owned(), (most - found.len()).min(query::PAGE).to_string()));
            query.extend(after.take().map(|place| ("after".to_owned(), place)));
            let page: RunsAnswer = self.said(self.client.get(&["runs"], &query).await)?;
            after.clone_from(&page.next);
            let before = found.len();
            found.extend(page.summaries());
            // A page with nothing on it is followed by none, whatever it says.
            if after.is_none() || found.len() == before {
                break;
            }
        }
        Ok(found)
    }

    async fn count(&self, filter: &RunFilter) -> CliResult<Vec<RunCount>> {
        let mut query = query::runs(filter);
        query.retain(|(name, _)| name != "order");
        let counts: CountsAnswer = self.said(self.client.get(&["runs", "counts"], &query).await)?;
        Ok(counts.counts())
    }

    async fn inbox(&self, filter: &QuestionFilter) -> CliResult<Vec<PendingQuestion>> {
        let most = filter.limit.unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), filter.after.as_ref().map(query::question_place));
        while found.len() < most {
            let mut query = vec![("limit".to_owned(), (most - found.len()).min(query::PAGE).to_string())];
            query.extend(filter.pipeline.clone().map(|name| ("pipeline".to_owned(), name)));
            query.extend(after.take().map(|place| ("after".to_owned(), place)));
            let page: InboxAnswer = self.said(self.client.get(&["questions"], &query).await)?;
            after.clone_from(&page.next);
            let before = found.len();
            found.extend(page.pending());
            // A page with nothing on it is followed by none, whatever it says.
            if after.is_none() || found.len() == before {
                break;
            }
        }
        Ok(found)
    }

    async fn usage(&self, filter: &UsageFilter) -> CliResult<Vec<UsageLine>> {
        let report: UsageReportAnswer =
            self.said(self.client.get(&["usage"], &query::usage(filter)).await)?;
        Ok(report.lines())
    }

    async fn budgets(&self) -> CliResult<Vec<Budget>> {
        let report: UsageReportAnswer = self.said(self.client.get(&["usage"], &[]).await)?;
        Ok(report.budgets())
    }

    async fn inspect(&self, id: &RunId) -> CliResult<RunView> {
        self.said(self.view(id).await)
    }

    async fn inputs(&self, id: &RunId) -> CliResult<Inputs> {
        let export: ExportAnswer = self.said(self.client.get(&["runs", id.as_str(), "export"], &[]).await)?;
        Ok(export.inputs())
    }

    async fn start(&self, run: &StartRun) -> CliResult<RunState> {
        let started: Result<StartedAnswer, _> = self.client.post(&["runs"], &StartBody::from(run)).await;
        Ok(self.begun(&run.id, started)?.state)
    }

    async fn attach(&self, id: &RunId) -> CliResult<RunView> {
        self.wait(id, 0).await
    }

    async fn reply(&self, id: &RunId, path: &Path, value: &Json, _: Option<&str>) -> CliResult<()> {
        let body = ReplyBody { path: path.as_str(), value: Raw(value) };
        let _: StartedAnswer = self.said(self.client.post(&["runs", id.as_str(), "replies"], &body).await)?;
        Ok(())
    }

    async fn cancel(&self, id: &RunId, _: Option<&str>) -> CliResult<()> {
        let _: StartedAnswer = self.said(self.client.post(&["runs", id.as_str(), "cancel"], &()).await)?;
        Ok(())
    }

    async fn retry(&self, id: &RunId, _: Option<&str>) -> CliResult<RunView> {
        let before = self.inspect(id).await?.acted.len();
        let _: StartedAnswer = self.said(self.client.post(&["runs", id.as_str(), "retry"], &()).await)?;
        self.wait(id, before + 1).await
    }

    async fn fork(&self, fork: &ForkRun) -> CliResult<RunState> {
        let body = ForkBody::from(fork);
        let forked: Result<StartedAnswer, _> =
            self.client.post(&["runs", fork.of.as_str(), "fork"], &body).await;
        Ok(self.begun(&fork.id, forked)?.state)
    }

    async fn replay(&self, id: &RunId) -> CliResult<Replay> {
        self.said(self.client.post(&["runs", id.as_str(), "replay"], &()).await)
    }

    async fn prune(&self, before: Timestamp, _: Option<&str>) -> CliResult<u64> {
        let body = PruneBody { before: exact(before) };
        let pruned: PrunedAnswer = self.said(self.client.post(&["prune"], &body).await)?;
        Ok(pruned.runs)
    }

    fn follow<'r>(&'r self, id: &'r RunId, every: Duration) -> Box<dyn Follow + 'r> {
        Box::new(Watching::new(self, id, every))
    }
}
