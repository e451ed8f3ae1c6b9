use super::Purse;
use crate::cache::CacheUse;
use crate::codec::Digest;
use crate::engine::{ModelUse, RunId};
use crate::error::StepError;
#[allow(unused_imports, reason = "a link in the documentation")]
use crate::events::EventKind;
use crate::events::{Chunks, Stage};
use crate::model::{ModelCall, Talk};
use crate::path::{NodeId, Path, Place};
use crate::question::Answered;
use crate::run::{Command, RunEnv, Trace};
use crate::usage::Usage;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What a step may know of its run: ask for it with a parameter `run: &RunInfo`.
pub struct RunInfo {
    pub(crate) env: Arc<RunEnv>,
    place: Place,
    attempt: u32,
    feedback: Option<Box<str>>,
    model: Option<Box<ModelCall>>,
    pub(super) purse: Option<Box<Purse>>,
    cache: Option<Box<CacheUse>>,
    /// Most attempts use nothing.
    spent: Mutex<Option<Box<Spent>>>,
}

#[derive(Default)]
struct Spent {
    usage: Usage,
    /// The model calls that are under way, each with its number, and what is reserved for it. A model step makes
    /// one at a time, but agents may be asked beside each other.
    calling: Vec<(u32, String, Usage)>,
    last: u32,
    models: ModelUse,
    /// Where somebody looks: the path, and who hears what is emitted there.
    voice: Option<(Path, Chunks)>,
}

impl Spent {
    /// A call of a model has ended, or is given up.
    fn called(&mut self, model: String, usage: Usage) {
        self.usage += usage;
        match self.models.by_model.iter_mut().find(|(known, _)| *known == model) {
            Some((_, sum)) => *sum += usage,
            None => self.models.by_model.push((model, usage)),
        }
    }
}

impl fmt::Debug for RunInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunInfo")
            .field("path", &self.place)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

impl RunInfo {
    pub(crate) fn new(env: Arc<RunEnv>, place: Place, attempt: u32) -> Self {
        Self {
            env,
            place,
            attempt,
            feedback: None,
            model: None,
            purse: None,
            cache: None,
            spent: Mutex::default(),
        }
    }
    pub(crate) fn calls(&mut self, model: Option<Box<ModelCall>>) {
        self.model = model;
    }
    /// Makes it that of the next attempt, which has used nothing yet.
    #[inline]
    pub(crate) fn again(&mut self, attempt: u32, feedback: Option<String>) {
        self.attempt = attempt;
        self.feedback = feedback.map(String::into_boxed_str);
        *self.spent.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        if let Some(cache) = &mut self.cache {
            cache.again(self.feedback.is_some());
        }
    }
    pub(crate) fn caches(&mut self, cache: Option<Box<CacheUse>>) {
        self.cache = cache;
    }
    pub(crate) fn cache(&self) -> Option<&CacheUse> {
        self.cache.as_deref()
    }
    /// Whether the output of this attempt came from the cache.
    pub(crate) fn is_cached(&self) -> bool {
        self.cache.as_ref().is_some_and(|cache| cache.is_hit())
    }
    /// Makes it that of the first attempt of another node of the same pipeline.
    #[inline]
    pub(crate) fn moved_to(&mut self, node: NodeId, rounds: Option<&Arc<str>>) {
        self.place.move_to(node, rounds);
        self.model = None;
        self.purse = None;
        self.cache = None;
        self.again(1, None);
    }
    pub(crate) fn place(&self) -> Place {
        self.place.clone()
    }

    /// The id of the run.
    pub fn id(&self) -> &RunId {
        &self.env.id
    }

    /// Where the step stands.
    pub fn path(&self) -> Path {
        self.place.path()
    }

    /// Which attempt this is, from 1; it goes on counting after a crash and after a resume.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Why the last attempt was rejected.
    pub fn feedback(&self) -> Option<&str> {
        self.feedback.as_deref()
    }

    /// The input of the run: a tuple of the pipeline's inputs.
    ///
    /// # Errors
    /// It is not a `T`; that stays so, and the step is not tried again.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        self.env.input.decode().map_err(StepError::fatal)
    }

    /// A key for effects outside: the same over attempts, crashes, resumes and machines, another for every
    /// run and node. 32 hex digits: the first 128 bits of SHA-256 over the run's id, a zero byte, the path.
    pub fn idempotency_key(&self) -> String {
        Digest::of_parts(&[self.env.id.as_str(), self.place.path().as_str()]).to_string()
    }

    /// Questions answered so far in this run.
    pub fn hitl_history(&self) -> Vec<Answered> {
        self.env.history.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every command of this run that has come to an end so far, in that order: attempts and answered questions.
    /// Of a run that records nothing, nothing.
    ///
    /// # Errors
    /// Storage failed; trying again may help.
    pub async fn command_log(&self) -> Result<Vec<Command>, StepError> {
        let Some(engine) = &self.env.engine else { return Ok(Vec::new()) };
        let view = engine.view(&self.env.id).await.map_err(StepError::retryable)?;
        Ok(view.map(|view| Trace::new(view.records, view.answered).commands()).unwrap_or_default())
    }

    /// Adds to what this attempt has used, for instance of a service that bills by the call.
    pub fn spend(&self, usage: Usage) {
        self.change(|spent| spent.usage += usage);
        if let Some(budget) = &self.env.budget {
            budget.spend(usage);
        }
    }

    /// Gives a piece of what this attempt is making to whoever looks at the run, while it is being made: see
    /// [`EventKind::Chunk`]. Nothing is recorded, and a replay has none. Observers get the chunks of the last steps
    /// unless they want all: see [`Chunks`].
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// #[step]
    /// async fn shout(words: Vec<String>, run: &RunInfo) -> Result<String> {
    ///     let mut all = String::new();
    ///     for word in words {
    ///         let loud = word.to_uppercase();
    ///         run.emit(&loud);
    ///         all.push_str(&loud);
    ///     }
    ///     Ok(all)
    /// }
    /// ```
    pub fn emit(&self, text: &str) {
        if let Some(stage) = &self.env.stage
            && let Some((path, least)) = self.voice(stage)
        {
            stage.chunk(&path, least, self.attempt, text);
        }
    }

    /// Whether anybody hears what it emits.
    pub(crate) fn is_heard(&self) -> bool {
        self.env.stage.as_ref().is_some_and(|stage| self.voice(stage).is_some())
    }

    /// The path, and who hears what is emitted there: found once for all pieces of an attempt.
    fn voice(&self, stage: &Stage) -> Option<(Path, Chunks)> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let voice = &mut spent.get_or_insert_default().voice;
        let voice = voice.get_or_insert_with(|| {
            let path = self.path();
            let least = stage.hub().hears(&path);
            (path, least)
        });
        Some(voice.clone()).filter(|(_, least)| *least != Chunks::None)
    }
    pub(crate) fn model_call(&self) -> Option<&ModelCall> {
        self.model.as_deref()
    }
    /// What all nodes of the run share.
    pub(crate) fn env(&self) -> &RunEnv {
        &self.env
    }
    /// The conversation of a step with tools.
    pub(crate) fn talk(&mut self) -> Option<&mut Talk> {
        self.model.as_mut()?.talk.as_deref_mut()
    }
    pub(crate) fn take_talk(&mut self) -> Option<Box<Talk>> {
        self.model.as_mut()?.talk.take()
    }
    pub(crate) fn talks(&mut self, talk: Box<Talk>) {
        if let Some(call) = &mut self.model {
            call.talk = Some(talk);
        }
    }
    /// A call leaves; gives its number.
    pub(crate) fn call_leaves(&self, model: &str, bound: Usage) -> u32 {
        self.change(|spent| {
            spent.last = spent.last.wrapping_add(1);
            spent.calling.push((spent.last, model.to_owned(), bound));
            spent.last
        })
    }
    pub(crate) fn call_returned(&self, number: u32, usage: Option<Usage>) {
        self.change(|spent| {
            let Some(at) = spent.calling.iter().position(|(known, ..)| *known == number) else { return };
            let (_, model, bound) = spent.calling.remove(at);
            spent.called(model, usage.unwrap_or_else(|| bound.estimated()));
        });
    }
    /// The answer was mended before it could be read.
    pub(crate) fn repaired(&self, repairs: Vec<String>) {
        if let Some(stage) = &self.env.stage {
            stage.repaired(self.path(), self.attempt, &repairs);
        }
        self.change(|spent| spent.models.repairs = repairs);
    }
    /// What the attempt used; a call that ended without saying so is charged at its bound.
    pub(crate) fn used(&self) -> Usage {
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spent) = spent.as_ref() else { return Usage::default() };
        spent.calling.iter().fold(spent.usage, |sum, (.., bound)| sum + bound.estimated())
    }
    /// The same, with what is to be said of the models that it called; for an attempt that has ended.
    pub(crate) fn account(&self) -> (Usage, Option<Box<ModelUse>>) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spent) = spent.as_mut() else { return (Usage::default(), None) };
        for (_, model, bound) in std::mem::take(&mut spent.calling) {
            spent.called(model, bound.estimated());
        }
        let models = (spent.models != ModelUse::default()).then(|| Box::new(spent.models.clone()));
        (spent.usage, models)
    }
    /// What the attempt used, if anything.
    #[inline]
    pub(crate) fn spent(&mut self) -> Option<Usage> {
        self.spent
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|spent| spent.usage)
            .filter(|usage| *usage != Usage::default())
    }
    fn change<T>(&self, change: impl FnOnce(&mut Spent) -> T) -> T {
        change(self.spent.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
    }
}
