//! Faults of questions, replies and timers.

use super::{Fault, On, Sound, lock};
use async_trait::async_trait;
use flujo::engine::{Key, OnQuestion, RunId, RunView, Status};
use flujo::error::Signal;
use flujo::path::Path;
use flujo::question::{Question, Reply};
use flujo::{Error, ErrorKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

/// People are told of a question before it is durable.
#[derive(Default)]
pub struct TellsTooSoon(Mutex<BTreeSet<(RunId, Path)>>);
#[async_trait]
impl Fault for TellsTooSoon {
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let is_new = lock(&self.0).insert((on.id.clone(), question.path.clone()));
        if is_new {
            asked(&question);
        }
        on.inner.ask(question, &mut |_| {}).await
    }
}

/// People are told of a question whenever the program comes to it.
#[derive(Default)]
pub struct TellsAgain;
#[async_trait]
impl Fault for TellsAgain {
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let mut told = false;
        let again = question.clone();
        let ended = on
            .inner
            .ask(question, &mut |question| {
                told = true;
                asked(question);
            })
            .await;
        if !told {
            asked(&again);
        }
        ended
    }
}

/// A second reply is taken, and stands in place of the first one.
#[derive(Default)]
pub struct LastReplyWins(Mutex<BTreeMap<(RunId, Path), Reply>>);
#[async_trait]
impl Fault for LastReplyWins {
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        let is_answered =
            |view: &RunView| view.answered.iter().any(|answered| answered.question.path == *path);
        if inner.view(id).await?.as_ref().is_some_and(is_answered) {
            lock(&self.0).insert((id.clone(), path.clone()), reply);
            return Ok(());
        }
        inner.reply(id, path, reply).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut view = inner.view(id).await?;
        for answered in view.iter_mut().flat_map(|view| &mut view.answered) {
            if let Some(last) = lock(&self.0).get(&(id.clone(), answered.question.path.clone())) {
                answered.reply = last.clone();
            }
        }
        Ok(view)
    }
}

/// A reply answers every open question of the run.
#[derive(Default)]
pub struct AnswersAll;
#[async_trait]
impl Fault for AnswersAll {
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        let view = inner.view(id).await?;
        inner.reply(id, path, reply.clone()).await?;
        let others =
            view.into_iter().flat_map(|view| view.questions).filter(|question| question.path != *path);
        for other in others {
            drop(inner.reply(id, &other.path, reply.clone()).await);
        }
        Ok(())
    }
}

/// A reply to a question that is not open is taken without a word.
#[derive(Default)]
pub struct TakesAnyReply;
#[async_trait]
impl Fault for TakesAnyReply {
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        match inner.reply(id, path, reply).await {
            Err(error) if matches!(error.kind(), ErrorKind::Reply(_)) => Ok(()),
            ended => ended,
        }
    }
}

/// The questions of an arm that failed or was cancelled stay open.
#[derive(Default)]
pub struct KeepsWithdrawn(Mutex<BTreeMap<RunId, Vec<Question>>>);
#[async_trait]
impl Fault for KeepsWithdrawn {
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let mut told = |question: &Question| {
            lock(&self.0).entry(on.id.clone()).or_default().push(question.clone());
            asked(question);
        };
        on.inner.ask(question, &mut told).await
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut view = inner.view(id).await?;
        if let Some(view) = &mut view
            && !matches!(view.status, Status::Ended(_))
        {
            let asked = lock(&self.0).get(id).cloned().unwrap_or_default();
            let is_open =
                |question: &Question| !view.answered.iter().any(|a| a.question.path == question.path);
            view.questions = asked.into_iter().filter(is_open).collect();
        }
        Ok(view)
    }
}

/// Questions have no deadline.
#[derive(Default)]
pub struct LosesDeadlines;
#[async_trait]
impl Fault for LosesDeadlines {
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        on.inner.ask(Question { deadline: None, ..question }, asked).await
    }
}

/// A sleep waits all of its time again after a crash.
#[derive(Default)]
pub struct RestartsSleeps;
#[async_trait]
impl Fault for RestartsSleeps {
    async fn sleep(&self, on: &mut On<'_>, key: Key, wait: Duration) -> Result<(), Signal> {
        on.clock.sleep(wait).await;
        on.inner.sleep(key, Duration::ZERO).await
    }
}

/// A sleep is over at once.
#[derive(Default)]
pub struct NeverSleeps;
#[async_trait]
impl Fault for NeverSleeps {
    async fn sleep(&self, on: &mut On<'_>, key: Key, _: Duration) -> Result<(), Signal> {
        on.inner.sleep(key, Duration::ZERO).await
    }
}

/// A reply has no author.
#[derive(Default)]
pub struct ForgetsAuthors;
#[async_trait]
impl Fault for ForgetsAuthors {
    async fn reply<S: Sound>(&self, inner: &S, id: &RunId, path: &Path, reply: Reply) -> Result<(), Error> {
        inner.reply(id, path, Reply { by: None, ..reply }).await
    }
}

/// A default is taken in place of a reply, once its deadline has passed too.
#[derive(Default)]
pub struct PrefersDefaults;
#[async_trait]
impl Fault for PrefersDefaults {
    async fn ask(&self, on: &mut On<'_>, question: Question, asked: OnQuestion<'_>) -> Result<Reply, Signal> {
        let default = question.default.clone();
        let reply = on.inner.ask(question, asked).await?;
        Ok(Reply { value: default.unwrap_or(reply.value), ..reply })
    }
    async fn view<S: Sound>(&self, inner: &S, id: &RunId) -> Result<Option<RunView>, Error> {
        let mut view = inner.view(id).await?;
        for answered in view.iter_mut().flat_map(|view| &mut view.answered) {
            if let Some(default) = answered.question.default.clone() {
                answered.reply.value = default;
            }
        }
        Ok(view)
    }
}
