//! Prices of models: the bundled list, and the overrides of its user.

use crate::setup;
use flujo::error::RunResult;
use flujo::model::{PriceBook, Prices, Rates, Tokens};
use flujo::usage::{Cost, ParseCostError};
use genai_prices::{Calculator, PriceRequest, Usage, UsageKey};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// The source of the bundled prices: the crate with its version, and the newest date in them.
const BUNDLED: &str = "genai-prices 0.2.1, checked up to 2026-10-30";

const DAY: u64 = 86_400;
/// The length in seconds of a slot: prices that depend on the time of day change at half hours.
const SLOT: u64 = 1_800;

/// The prices of some two thousand models of the [known providers](crate::Provider), with overrides from
/// files.
///
/// A model that is not in the list has no price, which is not the same as zero: under a cost limit it is
/// refused. So is a model whose entry has only zeros, unless its name ends with `:free`.
///
/// ```
/// use flujo::model::{PriceBook, Tokens};
/// use flujo_models::PriceList;
///
/// let prices = PriceList::bundled();
/// let used = Tokens::new(1_000, 100).cached(400);
/// // $0.15 a million sent, $0.075 of it cached, $0.60 received
/// assert_eq!(prices.price("openai:gpt-4o-mini", &used).unwrap().0, 90_000 + 30_000 + 60_000);
/// assert!(prices.price("ollama:llama3", &used).is_none());
/// ```
#[derive(Clone)]
pub struct PriceList {
    list: List,
    own: Prices,
    sources: Vec<String>,
    /// The fixed moment whose prices apply; `None` for the current time.
    moment: Option<SystemTime>,
    /// Per model, the moments of a day that cover all of its prices; most models have one.
    slots: Arc<Mutex<HashMap<String, Slots>>>,
}

#[derive(Clone)]
enum List {
    Bundled,
    Other(Arc<Calculator>),
}

/// The day, and the moments at which slots begin.
type Slots = (u64, Vec<SystemTime>);

impl fmt::Debug for PriceList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PriceList").field("sources", &self.sources).finish_non_exhaustive()
    }
}

/// A price file of the user: dollars per million tokens, as text, so that nothing is rounded.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    as_of: String,
    models: BTreeMap<String, OwnRates>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnRates {
    input: String,
    output: String,
    cached: Option<String>,
    reasoning: Option<String>,
    cache_write: Option<String>,
    cache_write_1h: Option<String>,
    per_call: Option<String>,
}

impl OwnRates {
    fn rates(&self) -> Result<Rates, ParseCostError> {
        let mut rates = Rates::usd(&self.input, &self.output)?;
        if let Some(cached) = &self.cached {
            rates = rates.cached_usd(cached)?;
        }
        if let Some(reasoning) = &self.reasoning {
            rates = rates.reasoning_usd(reasoning)?;
        }
        match (&self.cache_write, &self.cache_write_1h) {
            (None, None) => {}
            // An hour costs as much as five minutes where nothing is said of it.
            (Some(write), hour) => rates = rates.cache_write_usd(write, hour.as_ref().unwrap_or(write))?,
            (None, Some(hour)) => rates = rates.cache_write_usd(&self.input, hour)?,
        }
        match &self.per_call {
            Some(call) => rates.per_call_usd(call),
            None => Ok(rates),
        }
    }
}

impl PriceList {
    fn new(list: List, source: String) -> Self {
        Self { list, own: Prices::new(), sources: vec![source], moment: None, slots: Arc::default() }
    }

    /// Returns the prices that are bundled with this version.
    pub fn bundled() -> Self {
        Self::new(List::Bundled, BUNDLED.to_owned())
    }

    /// Reads a newer list in place of the bundled one: the data file, version 2, of the project
    /// `genai-prices`.
    ///
    /// ```no_run
    /// use flujo_models::PriceList;
    /// # fn main() -> Result<(), flujo::Error> {
    /// let prices = PriceList::from_data("prices/data.json")?;
    /// # drop(prices);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): the file cannot be read, or has another format.
    pub fn from_data(file: impl AsRef<Path>) -> RunResult<Self> {
        let file = file.as_ref();
        let wrong = |e: &dyn fmt::Display| setup(format!("prices of `{}`: {e}", file.display()));
        let data = fs::read(file).map_err(|e| wrong(&e))?;
        let list = Calculator::from_json(data).map_err(|e| wrong(&e))?;
        Ok(Self::new(List::Other(Arc::new(list)), format!("`{}`", file.display())))
    }

    /// Adds the prices of a file: for models that are not in the list, or as overrides.
    ///
    /// ```json
    /// {
    ///   "as_of": "2026-11-20",
    ///   "models": {
    ///     "office:llama3": { "input": "0.02", "output": "0.05" },
    ///     "openai:gpt-4o": { "input": "2.25", "cached": "1.10", "output": "9", "reasoning": "9", "per_call": "0" },
    ///     "anthropic:claude-opus-4-6": { "input": "5", "cached": "0.5", "cache_write": "6.25", "cache_write_1h": "10", "output": "25" },
    ///     "openai:gpt-4o@flex": { "input": "1.25", "output": "5" }
    ///   }
    /// }
    /// ```
    ///
    /// The numbers are dollars per million tokens, and per call. `provider:model@tier` is the price with that service tier.
    ///
    /// # Errors
    /// [`ErrorKind::Setup`](flujo::ErrorKind::Setup): the file cannot be read, or something in it is not a price; the
    /// message names the model.
    pub fn with_file(mut self, file: impl AsRef<Path>) -> RunResult<Self> {
        let file = file.as_ref();
        let wrong = |e: &dyn fmt::Display| setup(format!("prices of `{}`: {e}", file.display()));
        let text = fs::read_to_string(file).map_err(|e| wrong(&e))?;
        let own: Own = serde_json::from_str(&text).map_err(|e| wrong(&e))?;
        for (model, rates) in own.models {
            let rates = rates.rates().map_err(|e| wrong(&format!("`{model}`: {e}")))?;
            self.own = self.own.model(model, rates);
        }
        self.sources.push(format!("`{}` of {}", file.display(), own.as_of));
        Ok(self)
    }

    /// Adds or overrides the price of a model.
    #[must_use]
    pub fn with(mut self, model: impl Into<String>, rates: Rates) -> Self {
        self.own = self.own.model(model, rates);
        self
    }

    /// Uses the prices of one moment, instead of the current time: some models cost less at night.
    ///
    /// ```
    /// use flujo::model::{PriceBook, Tokens};
    /// use flujo_models::PriceList;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// // Prices that depend on the time of day are then those of this moment: for tests.
    /// let prices = PriceList::bundled().at(UNIX_EPOCH + Duration::from_secs(1_790_000_000));
    /// assert!(prices.price("openai:gpt-4o-mini", &Tokens::new(1_000, 100)).is_some());
    /// ```
    #[must_use]
    pub fn at(self, moment: SystemTime) -> Self {
        Self { moment: Some(moment), slots: Arc::default(), ..self }
    }

    /// Returns the sources of the prices with their dates, for reports.
    pub fn sources(&self) -> &[String] {
        &self.sources
    }

    fn list(&self) -> &Calculator {
        match &self.list {
            List::Bundled => Calculator::bundled(),
            List::Other(list) => list,
        }
    }

    fn now(&self) -> SystemTime {
        self.moment.unwrap_or_else(SystemTime::now)
    }

    fn listed(&self, model: &str, tokens: &Tokens, at: SystemTime) -> Option<Cost> {
        let (provider, name) = model.split_once(':')?;
        let usage = usage(tokens);
        let request =
            PriceRequest::new(name, &usage).with_provider_id(listed_as(provider)?).with_timestamp(at);
        // A warning means that a part has no price in the list: the sum would be too low.
        let found = self.list().calculate(&request).ok().filter(|found| found.warnings.is_empty())?;
        let cost = nanos(found.total_price)?;
        let nothing = cost == Cost(0) && (tokens.input > 0 || tokens.output > 0);
        (!nothing || name.ends_with(":free")).then_some(cost)
    }

    /// Returns moments that cover all prices of the model from today to tomorrow.
    fn moments(&self, model: &str) -> Vec<SystemTime> {
        let now = self.now();
        if self.moment.is_some() {
            return vec![now];
        }
        let seconds = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = seconds / DAY;
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, known) = slots.entry(model.to_owned()).or_default();
        if *day != today {
            let sample = Tokens::new(1_000_000, 1_000_000);
            let at = |slot| SystemTime::UNIX_EPOCH + Duration::from_secs(today * DAY + slot * SLOT);
            let mut prices = Vec::new();
            known.clear();
            // Today and tomorrow: a call may last beyond midnight, when a new price may begin.
            for moment in (0..2 * DAY / SLOT).map(at) {
                let price = self.listed(model, &sample, moment);
                if !prices.contains(&price) {
                    prices.push(price);
                    known.push(moment);
                }
            }
            *day = today;
        }
        known.clone()
    }
}

impl PriceBook for PriceList {
    fn price(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.own.price(model, tokens).or_else(|| self.listed(model, tokens, self.now()))
    }

    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        if let Some(own) = self.own.bound(model, tokens) {
            return Some(own);
        }
        let Tokens { input, output, .. } = *tokens;
        // Cached tokens, written ones, or reasoning, may cost more than others.
        let mut inputs = vec![Tokens::new(input, output), Tokens::new(input, output).cached(input)];
        if tokens.cache_write > 0 {
            inputs.push(Tokens::new(input, output).cache_write(input, 0));
        }
        if tokens.cache_write_1h > 0 {
            inputs.push(Tokens::new(input, output).cache_write(0, input));
        }
        let ways: Vec<_> = inputs.into_iter().flat_map(|way| [way, way.reasoning(output)]).collect();
        let mut most = None;
        for moment in self.moments(model) {
            for way in &ways {
                most = most.max(Some(self.listed(model, way, moment)?));
            }
        }
        most
    }
}

/// Returns the name of a provider in the list.
fn listed_as(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "openai" | "openai-responses" => "openai",
        "anthropic" => "anthropic",
        "gemini" => "google",
        "openrouter" => "openrouter",
        "groq" => "groq",
        "deepseek" => "deepseek",
        "mistral" => "mistral",
        "xai" => "x-ai",
        _ => return None,
    })
}

#[allow(clippy::cast_precision_loss, reason = "no call has 2^52 tokens")]
fn usage(tokens: &Tokens) -> Usage {
    let mut usage = Usage::new();
    let mut say = |key: UsageKey, n: u64| usage.insert(key, n as f64);
    say(UsageKey::INPUT_TOKENS, tokens.input);
    say(UsageKey::OUTPUT_TOKENS, tokens.output);
    // These are parts of the other counts: a larger number would be charged twice.
    let (cached, reasoning) = (tokens.cached.min(tokens.input), tokens.reasoning.min(tokens.output));
    if cached > 0 {
        say(UsageKey::CACHE_READ_TOKENS, cached);
    }
    if reasoning > 0 {
        say(UsageKey::OUTPUT_REASONING_TOKENS, reasoning);
    }
    let write = tokens.cache_write.min(tokens.input - cached);
    let write_1h = tokens.cache_write_1h.min(tokens.input - cached - write);
    if write + write_1h > 0 {
        say(UsageKey::CACHE_WRITE_TOKENS, write + write_1h);
    }
    if write_1h > 0 {
        say(UsageKey::CACHE_WRITE_1H_TOKENS, write_1h);
    }
    usage
}

/// Converts dollars to nano-dollars, rounded up, except for floating-point noise above a whole number.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the bounds first")]
fn nanos(dollars: f64) -> Option<Cost> {
    let nanos = dollars * 1e9;
    let hair = (nanos * 1e-12).max(1e-4);
    (nanos < 1.8e19).then(|| Cost((nanos - hair).ceil().max(0.0) as u64))
}

#[cfg(test)]
mod tests;
