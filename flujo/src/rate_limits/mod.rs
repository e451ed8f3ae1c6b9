//! Rate limits of model calls, behind the feature `rate-limits`: so many at the same time, so many a
//! minute, so many tokens a minute, of each provider or model.
//!
//! ```
//! use flujo::model::Script;
//! use flujo::prelude::*;
//! use flujo::rate_limits::{Rate, RateLimited, RateLimits};
//!
//! # fn main() -> Result<(), flujo::Error> {
//! # let models = Script::new();
//! let models = RateLimited::new(models)
//!     .limit("openai", RateLimits::new().calls(Rate::per_minute(500)).concurrent(16))
//!     .limit("openai:gpt-4o", RateLimits::new().tokens(Rate::per_minute(30_000).burst(10_000)));
//! let flujo = Flujo::builder().models(models).build()?;
//! # drop(flujo);
//! # Ok(())
//! # }
//! ```
//!
//! A call waits in the order in which it came, before anything is reserved for it: calls that wait do not keep
//! others from their budgets, and one that is given up while it waits costs nothing. Its wait is part of its attempt,
//! so the step's timeout bounds it.
//!
//! With the feature `settings`, [`RateLimited::settings`] takes what `[providers.openai]` says of `calls_per_minute`,
//! `tokens_per_minute` and `concurrent`.
//!
//! What a provider refuses all the same is tried again as the step says, after the time that the provider asks for.
//! The limits are those of this process: several that share an account share its limits by hand.

mod call_queue;
mod rate;

pub use rate::Rate;

use crate::clock::{Clock, SystemClock};
use crate::model::{
    ChunkSink, Estimate, ModelCheckError, ModelClient, ModelError, ModelReply, ModelRequest, Permit,
};
use async_trait::async_trait;
use call_queue::CallQueue;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The rate limits of a provider or model. Defaults to none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimits {
    calls: Option<Rate>,
    tokens: Option<Rate>,
    concurrent: Option<usize>,
}

impl RateLimits {
    /// Creates limits without any limit.
    pub const fn new() -> Self {
        Self { calls: None, tokens: None, concurrent: None }
    }

    /// Sets the rate of calls.
    #[must_use]
    pub const fn calls(self, rate: Rate) -> Self {
        Self { calls: Some(rate), ..self }
    }

    /// Sets the rate of tokens: those of the request, a token for every four bytes, and all those that may be answered.
    #[must_use]
    pub const fn tokens(self, rate: Rate) -> Self {
        Self { tokens: Some(rate), ..self }
    }

    /// Sets the most calls at the same time.
    #[must_use]
    pub const fn concurrent(self, most: usize) -> Self {
        Self { concurrent: Some(most), ..self }
    }

    /// Fills unset limits from `others`.
    #[cfg(feature = "settings")]
    fn or(self, others: Self) -> Self {
        Self {
            calls: self.calls.or(others.calls),
            tokens: self.tokens.or(others.tokens),
            concurrent: self.concurrent.or(others.concurrent),
        }
    }

    fn check(&self) -> Result<(), String> {
        for rate in [self.calls, self.tokens].iter().flatten() {
            rate.check()?;
        }
        if self.concurrent == Some(0) { Err("`concurrent` is at least 1, not 0".to_owned()) } else { Ok(()) }
    }
}

/// A [`ModelClient`] whose calls wait for a rate-limit slot.
pub struct RateLimited<C> {
    client: C,
    clock: Arc<dyn Clock>,
    limits: BTreeMap<String, RateLimits>,
    #[cfg(feature = "settings")]
    settings: BTreeMap<String, RateLimits>,
    queues: OnceLock<BTreeMap<String, CallQueue>>,
}

impl<C> fmt::Debug for RateLimited<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimited")
            .field("limits", &self.limits().collect::<BTreeMap<_, _>>())
            .finish_non_exhaustive()
    }
}

/// The rate limits of a provider in the settings.
#[cfg(feature = "settings")]
fn said(provider: crate::settings::ProviderSettings) -> Option<(String, RateLimits)> {
    let limits = RateLimits {
        calls: provider.calls_per_minute.map(Rate::per_minute),
        tokens: provider.tokens_per_minute.map(Rate::per_minute),
        concurrent: provider.concurrent.and_then(|most| usize::try_from(most).ok()),
    };
    (limits != RateLimits::new()).then_some((provider.name, limits))
}

impl<C: ModelClient> RateLimited<C> {
    /// Limits nothing yet.
    pub fn new(client: C) -> Self {
        let clock = Arc::new(SystemClock::default());
        Self {
            client,
            clock,
            limits: BTreeMap::new(),
            #[cfg(feature = "settings")]
            settings: BTreeMap::new(),
            queues: OnceLock::new(),
        }
    }

    /// Limits the calls of a provider, `openai`, or of one model, `openai:gpt-4o`; a call waits for both.
    #[must_use]
    pub fn limit(mut self, of: impl Into<String>, limits: RateLimits) -> Self {
        self.limits.insert(of.into(), limits);
        self
    }

    /// Takes the limits of providers from settings. What [`limit`](Self::limit) says goes before them, each limit by
    /// itself.
    ///
    /// ```
    /// # use flujo::model::Script;
    /// use flujo::rate_limits::{Rate, RateLimited, RateLimits};
    /// use flujo::settings::Settings;
    ///
    /// let settings = Settings::sources()
    ///     .environment([("FLUJO_OPENAI_CALLS_PER_MINUTE", "500"), ("FLUJO_OPENAI_CONCURRENT", "16")])
    ///     .load()?;
    /// let models = RateLimited::new(Script::new()).settings(&settings);
    /// let openai = RateLimits::new().calls(Rate::per_minute(500)).concurrent(16);
    /// assert_eq!(models.limits().collect::<Vec<_>>(), [("openai", openai)]);
    /// # Ok::<(), flujo::Error>(())
    /// ```
    #[cfg(feature = "settings")]
    #[must_use]
    pub fn settings(mut self, settings: &crate::settings::Settings) -> Self {
        self.settings = settings.providers().into_iter().filter_map(said).collect();
        self
    }

    /// Another clock than the system's.
    ///
    /// ```
    /// use flujo::clock::SystemClock;
    /// use flujo::model::Script;
    /// use flujo::rate_limits::RateLimited;
    /// use std::sync::Arc;
    ///
    /// let models = RateLimited::new(Script::new()).clock(Arc::new(SystemClock::new()));
    /// # drop(models);
    /// ```
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    fn queues(&self) -> &BTreeMap<String, CallQueue> {
        self.queues.get_or_init(|| {
            let queues =
                |(of, limits): (&str, RateLimits)| (of.to_owned(), CallQueue::new(limits, &self.clock));
            self.limits().map(queues).collect()
        })
    }
}

impl<C> RateLimited<C> {
    /// Every limit that holds, by the provider or model whose calls it is of.
    pub fn limits(&self) -> impl Iterator<Item = (&str, RateLimits)> {
        #[cfg(feature = "settings")]
        let limits = {
            let mut limits: BTreeMap<&str, RateLimits> = BTreeMap::new();
            for (of, said) in self.limits.iter().chain(&self.settings) {
                let known = limits.entry(of).or_default();
                *known = known.or(*said);
            }
            limits.into_iter()
        };
        #[cfg(not(feature = "settings"))]
        let limits = self.limits.iter().map(|(of, limits)| (of.as_str(), *limits));
        limits
    }
}

#[async_trait]
impl<C: ModelClient> ModelClient for RateLimited<C> {
    async fn call(
        &self,
        request: ModelRequest,
        chunks: &mut dyn ChunkSink,
    ) -> Result<ModelReply, ModelError> {
        self.client.call(request, chunks).await
    }

    async fn admit(&self, request: &ModelRequest) -> Permit {
        let tokens = Estimate::Tight.tokens(request, self.client.extra_tokens(request));
        let tokens = tokens.input.saturating_add(tokens.output);
        let provider = request.model.split(':').next().unwrap_or_default();
        // The narrower one first: who waits for one model keeps no other from the provider.
        let model = self.queues().get(&request.model);
        let provider = self.queues().get(provider).filter(|_| provider != request.model);
        let mut places = Vec::new();
        for queue in model.into_iter().chain(provider) {
            places.extend(queue.next(tokens).await);
        }
        places.push(self.client.admit(request).await);
        Permit::holding(places)
    }

    fn check(&self, request: &ModelRequest) -> Result<(), ModelCheckError> {
        for (of, limits) in self.limits() {
            let provider = of.split(':').next().unwrap_or_default();
            let checked =
                limits.check().and_then(|()| self.client.knows(provider).map_err(|error| error.to_string()));
            checked.map_err(|why| ModelCheckError::new(format!("the rate limits of `{of}`: {why}")))?;
        }
        self.client.check(request)
    }

    fn knows(&self, provider: &str) -> Result<(), ModelCheckError> {
        self.client.knows(provider)
    }

    fn server(&self, model: &str) -> Option<(String, u16)> {
        self.client.server(model)
    }

    fn extra_tokens(&self, request: &ModelRequest) -> u64 {
        self.client.extra_tokens(request)
    }
}
