//! The compatibility check of a run with changed code, before anything executes.

use super::reach::{Reach, Replay};
use crate::engine::kit::{EphemeralAccount, drive_on_copies};
use crate::engine::{
    Account, Arm, ArmEnd, AttemptCommand, Body, EndedBy, ForkPolicy, Handle, Key, OnQuestion, Program,
    Record, RunView, unmigrated,
};
use crate::error::{Mismatch, Signal};
use crate::graph::Graph;
use crate::path::{Path, grammar};
use crate::question::{Question, Reply};
use crate::usage::UsageLimits;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Replays the records of a run in a pipeline as far as they reach: no body is called, no question is asked and
/// nothing is written.
pub(in crate::run) async fn replay(view: &RunView, program: &dyn Program, graph: &Graph) -> Replay {
    let reach = match walk(view, program).await {
        Ok(reach) => reach,
        Err(mismatch) => return mismatch.into(),
    };
    match unreached(view, graph) {
        Some(mismatch) => mismatch.into(),
        None => reach.report(view, graph),
    }
}

/// The first record that could not be continued with, wherever the walk over the records ended.
fn unreached(view: &RunView, graph: &Graph) -> Option<Mismatch> {
    // A record that the replay pass did not reach may follow a node that is new: its node must at least exist, in a
    // version that accepts the record.
    for record in &view.records {
        let path = &record.key.path;
        // Fallbacks and redirects, and the replies of a model, have facts of their own.
        if grammar::is_beside_the_graph(path.as_str()) {
            continue;
        }
        let facts = graph.node_at(path.as_str()).map(|node| &node.facts);
        if let Some(facts) = facts.filter(|facts| record.version < facts.migrates_from) {
            return Some(Mismatch::new(path.clone(), unmigrated(record.version, facts.version)));
        }
    }
    let recorded = view.records.iter().map(|record| &record.key.path);
    let questions = view.questions.iter().chain(view.answered.iter().map(|a| &a.question)).map(|q| &q.path);
    let gone = recorded.chain(questions).find(|path| graph.node_at(path.as_str()).is_none())?;
    Some(Mismatch::new(gone.clone(), "the pipeline no longer has a node of this name"))
}

/// Replays the records of a run in a pipeline as far as they reach: the first mismatch on the way is the error.
pub(in crate::run) async fn walk(view: &RunView, program: &dyn Program) -> Result<Reach, Mismatch> {
    let known = view.records.iter().map(|r| ((r.key.path.clone(), r.key.n), Arc::clone(r))).collect();
    let answered =
        view.answered.iter().map(|a| (a.question.path.clone(), (a.question.clone(), Some(&a.reply))));
    let open = view.questions.iter().map(|q| (q.path.clone(), (q.clone(), None)));
    let asked = answered.chain(open).map(|(path, (q, reply))| (path, (q, reply.cloned()))).collect();
    let account = Arc::new(EphemeralAccount::new(UsageLimits::NONE));
    let known = Arc::new(CompatRecords { records: known, asked, account, reach: Reach::default() });
    match program.run(Box::new(CompatHandle(Arc::clone(&known)))).await.outcome {
        Err(EndedBy::Signal(Signal::JournalMismatch(mismatch))) => Err(*mismatch),
        _ => Ok(known.reach.take()),
    }
}

#[derive(Clone)]
struct CompatHandle(Arc<CompatRecords>);

struct CompatRecords {
    records: HashMap<(Path, u32), Arc<Record>>,
    asked: HashMap<Path, (Question, Option<Reply>)>,
    account: Arc<EphemeralAccount>,
    reach: Reach,
}

#[async_trait]
impl Handle for CompatHandle {
    async fn attempt<'b>(&mut self, command: AttemptCommand, _: Body<'b>) -> Result<Arc<Record>, Signal> {
        let AttemptCommand { key, .. } = &command;
        // The records of this arm end here. Other arms continue as far as their records reach.
        let Some(record) = self.0.records.get(&(key.path.clone(), key.n)) else {
            self.0.reach.ended(&key.path);
            return Err(Signal::Suspended);
        };
        self.0.reach.compared(&key.path);
        record.answers(&command)?;
        Ok(Arc::clone(record))
    }

    async fn sleep(&mut self, _: Key, _: Duration) -> Result<(), Signal> {
        Ok(())
    }

    async fn ask(&mut self, question: Question, _: OnQuestion<'_>) -> Result<Reply, Signal> {
        let Some((asked, reply)) = self.0.asked.get(&question.path) else {
            self.0.reach.ended(&question.path);
            return Err(Signal::Suspended);
        };
        self.0.reach.compared(&question.path);
        asked.is_asked_again(&question)?;
        reply.clone().ok_or(Signal::Suspended)
    }

    async fn fork<'b>(
        &mut self,
        _: Path,
        arms: Vec<Arm<'b>>,
        policy: ForkPolicy,
    ) -> Result<Vec<ArmEnd>, Signal> {
        Ok(drive_on_copies(self, arms, policy).await)
    }

    fn account(&self) -> Arc<dyn Account> {
        Arc::clone(&self.0.account) as Arc<dyn Account>
    }
}
