//! Arms as invocations of their own.

use super::Invocation;
use crate::arm::SentEnd;
use crate::journal;
use crate::limit;
use crate::request::Request;
use crate::wire::{Begin, RUN, signal_of};
use flujo::clock::Timestamp;
use flujo::engine::{ArmEnd, ForkPolicy};
use flujo::error::Signal;
use flujo::path::Path;
use restate_sdk::context::{CallFuture, DurableFuturesUnordered, RequestTarget};
use restate_sdk::serde::Json;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

impl Invocation {
    /// The key of the invocation of an arm.
    fn key_of_arm(&self, fork: &Path, n: u32, arm: usize) -> String {
        format!("{}/{fork}.{n}[{arm}]", self.key)
    }

    /// What the invocation of an arm begins with: the body from the beginning, with all that came before the fork.
    fn begin_arm(&self, (fork, n, arm): (&Path, u32, usize), policy: ForkPolicy) -> Begin {
        let mut chain = self.chain.clone();
        chain.push((fork.clone(), n, arm));
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut commands: Vec<_> = known.iter().map(|(key, known)| (key.clone(), known.clone())).collect();
        drop(known);
        // What is sent is compared with what was sent.
        commands.sort_by(|(a, _), (b, _)| a.cmp(b));
        Begin {
            run: Arc::clone(&self.run),
            execution: self.execution,
            of: Some(self.key.clone()),
            settle: policy.settle,
            chain,
            commands,
            forgiven: self.forgiven.clone(),
        }
    }

    /// Runs arms, each as an invocation of its own.
    pub(super) async fn spread(
        &self,
        path: &Path,
        n: u32,
        arms: usize,
        policy: ForkPolicy,
    ) -> Result<Vec<SentEnd>, Signal> {
        if n > 1 {
            self.recall_arms().await?;
        }
        let limit = self.worker.client.limit;
        if let Some(size) = limit::excess(&self.begin_arm((path, n, 0), policy), limit) {
            // One is given what the others are.
            let failure = limit::failure("what came before this fork, and each arm is given,", size, limit);
            return Ok(vec![SentEnd::Failed(failure); arms]);
        }
        let keys: BTreeSet<_> = (0..arms).map(|arm| self.key_of_arm(path, n, arm)).collect();
        self.ask_object(Request::Fork { invocation: self.key.clone(), arms: keys }).await?;
        let service = self.service_of_arms();
        let mut ends = vec![SentEnd::Cancelled; arms];
        let (mut calls, mut started, mut handles) = (DurableFuturesUnordered::new(), 0, Vec::new());
        let mut stopped = false;
        loop {
            while started < arms && calls.len() < policy.concurrency.max(1) {
                let target = RequestTarget::workflow(&service, self.key_of_arm(path, n, started), RUN);
                let begin = Json(self.begin_arm((path, n, started), policy));
                let call = self.cx.request::<_, Json<Option<(SentEnd, Timestamp)>>>(target, begin).call();
                handles.push(call.invocation_handle().await.map_err(|error| signal_of(&error))?);
                calls.push(call);
                started += 1;
            }
            let next = match calls.next().await {
                Ok(next) => next,
                Err(error) => return Err(signal_of(&error)),
            };
            let Some((arm, answered)) = next else { break };
            let end = match answered {
                Ok(Json(Some((end, last)))) => {
                    self.happened(last);
                    end
                }
                Ok(Json(None)) => SentEnd::Signal(Signal::Internal("an arm ended as a run".to_owned())),
                Err(error) => SentEnd::Signal(signal_of(&error)),
            };
            let stops = policy.stops_at(&ArmEnd::from(end.clone()));
            if let Some(slot) = ends.get_mut(arm) {
                *slot = end;
            }
            if stops {
                stopped = true;
                break;
            }
        }
        if stopped {
            for (arm, handle) in handles.iter().enumerate() {
                if ends.get(arm) == Some(&SentEnd::Cancelled) {
                    handle.cancel();
                }
            }
        }
        let gone = |end: &SentEnd| matches!(end, SentEnd::Failed(_) | SentEnd::Cancelled);
        let withdrawn = ends.iter().enumerate().filter(|(_, end)| gone(end)).map(|(arm, _)| arm).collect();
        self.ask_object(Request::Join { invocation: self.key.clone(), fork: path.clone(), withdrawn })
            .await?;
        Ok(ends)
    }

    /// Learns what arms have finished that were begun before: they are begun once more, and do not do it again.
    async fn recall_arms(&self) -> Result<(), Signal> {
        let (client, pipeline, id) = (self.worker.client.clone(), self.run.pipeline.clone(), self.id.clone());
        let found = self.cx.run(move || async move {
            let found = journal::records(&client, &pipeline, &[id]).await?;
            Ok(Json(found.known()))
        });
        let Json(found) = found.await.map_err(|error| signal_of(&error))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, found) in found {
            known.entry(key).or_insert(found);
        }
        Ok(())
    }
}
