//! The executor's state of an attempt, beside what the step's author sees in [`RunInfo`]: the model, the billing, the
//! cache, what was spent.

use super::billing::Billing;
use super::model_call::ModelCall;
use crate::cache::CacheUse;
use crate::engine::{Exchange, Exchanges, ModelUse};
use crate::events::{Chunks, EventKind, Stage};
use crate::model::{CallOptions, ModelError};
use crate::path::Path;
use crate::step::RunInfo;
use crate::usage::Usage;
use std::sync::{Mutex, PoisonError};

/// The private half of a [`RunInfo`].
#[derive(Default)]
pub(crate) struct CallState {
    /// The model that answers a model step.
    pub(super) model: Option<Box<ModelCall>>,
    /// Where the attempt reserves and settles.
    pub(super) billing: Option<Box<Billing>>,
    cache: Option<Box<CacheUse>>,
    /// Most attempts use nothing.
    spent: Mutex<Option<Box<Spent>>>,
}

#[derive(Default)]
struct Spent {
    usage: Usage,
    /// The model calls under way, each with its number and its reservation. A model step makes one at a time, but agents
    /// may be asked concurrently.
    calling: Vec<(u32, String, Usage)>,
    last: u32,
    models: ModelUse,
    messages: Vec<Exchange>,
    /// Where there are observers: the path, and which of them receive its chunks.
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

    fn account(&mut self) -> (Usage, Option<Box<ModelUse>>, Exchanges) {
        for (_, model, bound) in std::mem::take(&mut self.calling) {
            self.called(model, bound.estimated());
        }
        let models = (self.models != ModelUse::default()).then(|| Box::new(self.models.clone()));
        (self.usage, models, std::mem::take(&mut self.messages).into())
    }
}

impl CallState {
    /// Makes it that of another node.
    #[inline]
    pub(crate) fn clear(&mut self) {
        // Most steps leave nothing here, and to drop nothing takes longer than to see that there is nothing.
        if self.model.is_some() || self.billing.is_some() || self.cache.is_some() {
            self.clear_calls();
        }
        self.clear_spent();
    }

    #[cold]
    fn clear_calls(&mut self) {
        (self.model, self.billing, self.cache) = (None, None, None);
    }

    #[inline]
    fn clear_spent(&mut self) {
        let spent = self.spent.get_mut().unwrap_or_else(PoisonError::into_inner);
        if spent.is_some() {
            *spent = None;
        }
    }

    /// Makes it that of the next attempt, which has used nothing yet.
    #[inline]
    pub(crate) fn next_attempt(&mut self, has_feedback: bool) {
        self.clear_spent();
        if let Some(cache) = &mut self.cache {
            cache.again(has_feedback);
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Spent) -> T) -> T {
        change(self.spent.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
    }

    /// Adds to what the attempt has used.
    pub(crate) fn spend(&self, usage: Usage) {
        self.change(|spent| spent.usage += usage);
    }

    /// Notes that a call leaves; returns its number.
    pub(super) fn call_leaves(&self, model: &str, bound: Usage) -> u32 {
        self.change(|spent| {
            spent.last = spent.last.wrapping_add(1);
            spent.calling.push((spent.last, model.to_owned(), bound));
            spent.last
        })
    }

    /// Notes that a call has ended; without a usage it is charged at its bound.
    pub(super) fn call_returned(&self, number: u32, usage: Option<Usage>) {
        self.change(|spent| {
            let Some(at) = spent.calling.iter().position(|(known, ..)| *known == number) else { return };
            let (_, model, bound) = spent.calling.remove(at);
            spent.called(model, usage.unwrap_or_else(|| bound.estimated()));
        });
    }
}

impl RunInfo {
    pub(super) fn set_calls(&mut self, model: Option<Box<ModelCall>>, cache: Option<Box<CacheUse>>) {
        (self.state.model, self.state.cache) = (model, cache);
    }

    pub(super) fn model_call(&self) -> Option<&ModelCall> {
        self.state.model.as_deref()
    }

    pub(super) fn cache(&self) -> Option<&CacheUse> {
        self.state.cache.as_deref()
    }

    /// Whether the output of this attempt came from the cache.
    pub(crate) fn is_cached(&self) -> bool {
        self.cache().is_some_and(CacheUse::is_hit)
    }

    /// The path and the observers that receive what is emitted there: found once for all chunks of an attempt.
    pub(crate) fn voice(&self, stage: &Stage) -> Option<(Path, Chunks)> {
        let voice = self.state.change(|spent| {
            let voice = spent.voice.get_or_insert_with(|| {
                let path = self.path();
                let least = stage.hub().hears(&path);
                (path, least)
            });
            voice.clone()
        });
        Some(voice).filter(|(_, least)| *least != Chunks::None)
    }

    /// Whether an observer receives what it emits.
    pub(super) fn is_heard(&self) -> bool {
        self.env.stage.as_ref().is_some_and(|stage| self.voice(stage).is_some())
    }

    /// Reports the failure of a model, and which one is asked instead.
    pub(super) fn fell_back_to(&self, model: &str, next: &str, error: &ModelError) {
        tracing::warn!(path = %self.path(), model, next, %error, "a call of a model failed, so the next one is asked");
        if let Some(stage) = &self.env.stage {
            let (attempt, error) = (self.attempt(), error.to_string());
            let (model, next) = (model.to_owned(), next.to_owned());
            stage.tells(self.path(), EventKind::ModelFellBack { attempt, model, next, error });
        }
    }

    /// Reports a usage that a provider had no leave for.
    pub(super) fn over_reported(&self, model: &str, bound: Usage, reported: Usage) {
        tracing::warn!(path = %self.path(), model, ?bound, ?reported, "a provider reported more than the call may use");
        if let Some(stage) = &self.env.stage {
            let kind =
                EventKind::OverReported { attempt: self.attempt(), model: model.to_owned(), bound, reported };
            stage.tells(self.path(), kind);
        }
    }

    /// Notes the options of a call, for the record.
    pub(super) fn sends(&self, options: &CallOptions) {
        if !options.is_empty() {
            self.state.change(|spent| spent.models.options = Some(Box::new(options.clone())));
        }
    }

    /// Notes the text of the model's reasoning, for the record.
    pub(super) fn reasoned(&self, text: &str) {
        self.state.change(|spent| spent.models.reasoning = Some(text.to_owned()));
    }

    /// Sends a chunk of the model's reasoning to those who receive the chunks of its answer.
    pub(super) fn emit_reasoning(&self, text: &str) {
        if let Some(stage) = &self.env.stage
            && let Some((path, least)) = self.voice(stage)
        {
            let kind = EventKind::Reasoning { attempt: self.attempt(), text: text.to_owned() };
            stage.chunk(&path, least, &kind);
        }
    }

    /// Notes a call of a model with its messages, for the record.
    pub(super) fn said(&self, exchange: Exchange) {
        self.state.change(|spent| spent.messages.push(exchange));
    }

    /// Notes the repairs that the answer took.
    pub(super) fn repaired(&self, repairs: Vec<String>) {
        if let Some(stage) = &self.env.stage {
            stage.repaired(self.path(), self.attempt(), &repairs);
        }
        self.state.change(|spent| spent.models.repairs = repairs);
    }

    /// Returns what the attempt used; a call that ended without a usage is charged at its bound.
    pub(crate) fn used(&self) -> Usage {
        let spent = self.state.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(spent) = spent.as_ref() else { return Usage::default() };
        spent.calling.iter().fold(spent.usage, |sum, (.., bound)| sum + bound.estimated())
    }

    /// Returns what an attempt that has ended used, with what there is to record of its model calls; the messages are
    /// taken.
    #[inline]
    pub(crate) fn account(&mut self) -> (Usage, Option<Box<ModelUse>>, Exchanges) {
        match self.state.spent.get_mut().unwrap_or_else(PoisonError::into_inner) {
            Some(spent) => spent.account(),
            None => (Usage::default(), None, Exchanges::default()),
        }
    }

    /// Returns what the attempt used, if anything.
    #[inline]
    pub(crate) fn spent(&mut self) -> Option<Usage> {
        self.state
            .spent
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|spent| spent.usage)
            .filter(|usage| *usage != Usage::default())
    }
}
