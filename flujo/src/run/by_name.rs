//! Runs of pipelines that are identified by their durable names.

use super::control::Control;
use super::described::PipelineDescription;
use super::prepare::{Given, has_characters, record};
use super::registry::checked;
use super::replay::fork::TakenOver;
use super::replay::inputs::RunInputs;
use super::replay::reach::Replay;
use super::reply_fit::fits;
use super::requests::{ForkRun, StartRun};
use super::resume::Resuming;
use super::runtime::Runtime;
use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::{
    Action, FinalOutcome, PendingQuestion, QuestionFilter, RunCount, RunFilter, RunId, RunRecord, RunState,
    RunSummary, RunView, Seed, Status, UsageFilter, UsageLine,
};
use crate::error::{Error, ErrorKind, RunResult};
use crate::graph::Graph;
use crate::model::is_model;
use crate::path::Path;
use crate::question::{Question, Reply};
use async_trait::async_trait;
use std::sync::Arc;

#[async_trait]
impl Control for Runtime {
    fn pipelines(&self) -> Vec<PipelineDescription> {
        let mut all: Vec<_> = self
            .registered
            .iter()
            .map(|known| PipelineDescription::of(known.info(), self.report(known.info().graph)))
            .collect();
        all.sort_by_key(|known| known.name);
        all
    }

    async fn start(&self, run: &StartRun) -> RunResult<RunState> {
        let known = self.registered(&run.pipeline)?;
        has_characters(&run.id)?;
        let begins = checked(known.as_ref(), &run.input, run.context.as_ref())?;
        let limits = run.limits.map_or(self.limits, |limits| limits.tightest(self.limits));
        self.preflight(known.info(), &limits)?;
        let (id, labels, by) = (run.id.clone(), run.labels.clone(), run.by.clone());
        let given = Given { id, labels, by, limits, retries: self.retries, models: Vec::new() };
        self.begin(known, record(known.info(), begins, given, self.engine()?.clock().now())).await
    }

    async fn attach(&self, id: &RunId) -> RunResult<RunView> {
        let view = self.view(id).await?;
        match self.find(&view.run.pipeline) {
            // The creator of the run has not begun it, and may be gone: the first process to acquire it runs it.
            Some(known) if view.status == Status::Created => {
                self.go_on(known, Resuming::unfinished(id.clone())).await?;
            }
            _ => self.engine()?.idle(id).await?,
        }
        self.seen(id).await
    }

    async fn list(&self, filter: &RunFilter) -> RunResult<Vec<RunSummary>> {
        self.listed(filter).await
    }

    async fn count(&self, filter: &RunFilter) -> RunResult<Vec<RunCount>> {
        self.engine()?.count(filter).await
    }

    async fn inbox(&self, filter: &QuestionFilter) -> RunResult<Vec<PendingQuestion>> {
        self.engine()?.questions(filter).await
    }

    async fn usage(&self, filter: &UsageFilter) -> RunResult<Vec<UsageLine>> {
        self.engine()?.usage(filter).await
    }

    async fn prune(&self, before: Timestamp, by: Option<&str>) -> RunResult<u64> {
        self.engine()?.prune(before, by).await
    }

    async fn pruned(&self) -> RunResult<Vec<Action>> {
        self.engine()?.pruned().await
    }

    async fn inspect(&self, id: &RunId) -> RunResult<RunView> {
        self.seen(id).await
    }

    async fn inputs(&self, id: &RunId) -> RunResult<RunInputs> {
        self.walked(&self.view(id).await?).await
    }

    async fn questions(&self, id: &RunId) -> RunResult<Vec<Question>> {
        Ok(self.view(id).await?.questions)
    }

    async fn reply(&self, id: &RunId, path: &Path, value: &Json, by: Option<&str>) -> RunResult<()> {
        let view = self.view(id).await?;
        // Without the code, the schema of the question decides.
        let graph = self.find(&view.run.pipeline).map(|known| known.info().graph);
        fits(graph, &view, path, value)?;
        let engine = self.engine()?;
        let reply = Reply { value: value.clone(), by: by.map(str::to_owned), at: engine.clock().now() };
        engine.reply(id, path, reply).await
    }

    async fn cancel(&self, id: &RunId, by: Option<&str>) -> RunResult<()> {
        self.engine()?.cancel(id, by).await
    }

    async fn retry(&self, id: &RunId, by: Option<&str>) -> RunResult<RunView> {
        let view = self.view(id).await?;
        if !matches!(view.status, Status::Ended(FinalOutcome::Failed(_))) {
            let what = format!("run `{id}` has not failed: only a failed run can be retried");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        let resuming = Resuming::asked_for(id.clone()).by(by);
        self.go_on(self.registered(&view.run.pipeline)?, resuming).await?;
        self.view(id).await
    }

    async fn fork(&self, fork: &ForkRun) -> RunResult<RunState> {
        let ForkRun { of, from, id, input, models, limits, by } = fork;
        has_characters(id)?;
        let view = self.view(of).await?;
        if !matches!(view.status, Status::Ended(_)) {
            let what = format!("run `{of}` has not ended: only an ended run can be forked");
            return Err(Error::new(ErrorKind::RunConflict(what)));
        }
        let known = self.registered(&view.run.pipeline)?;
        let models = other_models(known.info().graph, &view.run.models, models)?;
        let input = input.as_ref().unwrap_or(&view.run.input);
        let begins = checked(known.as_ref(), input, Some(&view.run.context))?;
        let limits =
            limits.map_or(view.run.limits, |limits| limits.or(view.run.limits)).tightest(self.limits);
        self.preflight(known.info(), &limits)?;
        let (labels, retries) = (view.run.labels.clone(), view.run.retries);
        let given = Given { id: id.clone(), labels, by: by.clone(), limits, retries, models };
        let begins = Arc::new(record(known.info(), begins, given, self.engine()?.clock().now()));
        let TakenOver { records, replies, timers } = self.keeps(known, &view, &begins, from).await?;
        let seed = Seed { records, replies, timers, origin: Some(of.clone()) };
        self.begin(known, RunRecord { seed, ..RunRecord::clone(&begins) }).await
    }

    async fn replay(&self, id: &RunId) -> RunResult<Replay> {
        let view = self.view(id).await?;
        self.replayed(self.registered(&view.run.pipeline)?, &view).await
    }
}

/// The models that a fork names, after those that its origin names.
fn other_models(
    graph: &Graph,
    of_origin: &[(Path, String)],
    named: &[(Path, String)],
) -> RunResult<Vec<(Path, String)>> {
    for (path, model) in named {
        if graph.node_at(path.as_str()).is_none() {
            let what = "the pipeline has no node of this name that another model could answer";
            return Err(Error::setup(what).at(path.clone()));
        }
        if !is_model(model) {
            let what = format!("`{model}` names no model: write `provider:model`");
            return Err(Error::setup(what).at(path.clone()));
        }
    }
    let kept = of_origin.iter().filter(|(path, _)| named.iter().all(|(other, _)| other != path));
    Ok(kept.chain(named).cloned().collect())
}
