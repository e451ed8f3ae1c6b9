//! The records that a forked run takes over from its origin.

use super::super::registry::AnyPipeline;
use super::super::runtime::Runtime;
use crate::engine::kit::{EphemeralAccount, drive_on_copies};
use crate::engine::{
    Account, Arm, ArmEnd, AttemptCommand, Body, EndedBy, ForkPolicy, Handle, Key, OnQuestion, Program,
    Record, RunRecord, RunView,
};
use crate::error::{Error, ErrorKind, RunResult, Signal};
use crate::path::{Path, grammar};
use crate::question::{Answered, Question, Reply};
use crate::usage::UsageLimits;
use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The records that a new run uses instead of executing.
#[derive(Default)]
pub(in crate::run) struct TakenOver {
    pub(in crate::run) records: Vec<Arc<Record>>,
    pub(in crate::run) replies: Vec<Answered>,
    pub(in crate::run) timers: Vec<Key>,
}

impl Runtime {
    /// Replays the records of `view` in a pipeline with the input of `run`, as far as they reach without the node
    /// `from`: no body is called, no question is asked, and nothing is written.
    pub(in crate::run) async fn keeps(
        &self,
        pipeline: &Arc<dyn AnyPipeline>,
        view: &RunView,
        run: &Arc<RunRecord>,
        from: &Path,
    ) -> RunResult<TakenOver> {
        let known: HashMap<_, _> =
            view.records.iter().map(|r| ((r.key.path.clone(), r.key.n), Arc::clone(r))).collect();
        let asked =
            view.answered.iter().map(|a| (a.question.path.clone(), a.clone())).collect::<HashMap<_, _>>();
        let open = view.questions.iter().map(|question| &question.path);
        let mut recorded = known.keys().map(|(path, _)| path).chain(asked.keys()).chain(open);
        let is_known = recorded.any(|path| grammar::is_of_node(path.as_str(), from.as_str()));
        let walk = Walk(Arc::new(ForkSource {
            from: from.clone(),
            changed: run.digest != view.run.digest,
            forgiven: view.forgiven.iter().cloned().collect(),
            records: known,
            asked,
            reached: AtomicBool::new(false),
            taken: Mutex::default(),
            account: Arc::new(EphemeralAccount::new(UsageLimits::NONE)),
        }));
        let program = self.program(pipeline, run, Some(view), None)?;
        let ended = program.run(Box::new(walk.clone())).await;
        if let Err(EndedBy::Signal(signal @ Signal::JournalMismatch(_))) = ended.outcome {
            return Err(signal.into());
        }
        // A node without a record is where the run came to: a limit refused its call, or it was under way at the end.
        if !is_known && !walk.0.reached.load(Ordering::Relaxed) {
            let (run, path) = (view.run.id.to_string(), from.to_string());
            return Err(Error::new(ErrorKind::UnknownNode { run, path }));
        }
        Ok(std::mem::take(&mut *walk.0.taken()))
    }
}

#[derive(Clone)]
struct Walk(Arc<ForkSource>);

struct ForkSource {
    /// The node from which on everything is executed again.
    from: Path,
    /// True if the new run has another input: records are then taken over without a check of their inputs.
    changed: bool,
    /// Failed attempts that no longer count: the new run numbers its attempts from 1.
    forgiven: HashMap<Path, u32>,
    records: HashMap<(Path, u32), Arc<Record>>,
    asked: HashMap<Path, Answered>,
    /// Whether the walk came to that node.
    reached: AtomicBool,
    taken: Mutex<TakenOver>,
    account: Arc<EphemeralAccount>,
}

impl ForkSource {
    fn taken(&self) -> MutexGuard<'_, TakenOver> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Suspends at a command of the node `from`, which is to be executed.
    fn check(&self, path: &Path) -> Result<(), Signal> {
        if !grammar::is_of_node(path.as_str(), self.from.as_str()) {
            return Ok(());
        }
        self.reached.store(true, Ordering::Relaxed);
        Err(Signal::Suspended)
    }
}

#[async_trait]
impl Handle for Walk {
    async fn attempt<'b>(&mut self, command: AttemptCommand, _: Body<'b>) -> Result<Arc<Record>, Signal> {
        let AttemptCommand { key, digest, .. } = &command;
        self.0.check(&key.path)?;
        let Some(found) = self.0.records.get(&(key.path.clone(), key.n)) else {
            return Err(Signal::Suspended);
        };
        let mut record = Record::clone(found);
        if self.0.changed {
            record.digest = *digest;
        }
        record.answers(&command)?;
        let answer = Arc::new(record.clone());
        record.key.n = key.n.saturating_sub(self.0.forgiven.get(&key.path).copied().unwrap_or(0));
        self.0.taken().records.push(Arc::new(record));
        Ok(answer)
    }

    async fn sleep(&mut self, key: Key, _: Duration) -> Result<(), Signal> {
        self.0.check(&key.path)?;
        self.0.taken().timers.push(key);
        Ok(())
    }

    async fn ask(&mut self, question: Question, _: OnQuestion<'_>) -> Result<Reply, Signal> {
        self.0.check(&question.path)?;
        let Some(answered) = self.0.asked.get(&question.path) else { return Err(Signal::Suspended) };
        let reply = answered.reply.clone();
        let question = if self.0.changed {
            // The text of the question may depend on the new input.
            Question { asked: answered.question.asked, ..question }
        } else {
            answered.question.is_asked_again(&question)?;
            answered.question.clone()
        };
        self.0.taken().replies.push(Answered { question, reply: reply.clone() });
        Ok(reply)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_everything_that_its_path_is_the_beginning_of() {
        let within = grammar::is_of_node;
        for path in ["p/a", "p/a/b", "p/a[3]/b", "p/a#2", "p/a!other", "p/a~1"] {
            assert!(within(path, "p/a"), "{path}");
        }
        for path in ["p", "p/ab", "p/b", "p/b/a", "q/p/a"] {
            assert!(!within(path, "p/a"), "{path}");
        }
        assert!(within("p/a[3]/b", "p/a[3]") && !within("p/a[31]/b", "p/a[3]"));
    }
}
