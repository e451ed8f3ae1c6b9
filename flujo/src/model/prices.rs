//! Prices: the cost of a call, and its upper bound.

use super::Tokens;
use crate::usage::{Cost, ParseCostError};
use std::collections::BTreeMap;

/// A source of prices. `Flujo::builder().prices(..)` gives it to the engine.
pub trait PriceBook: Send + Sync + 'static {
    /// Returns the price of a call that used these tokens, rounded up once, in nano-dollars. `None` means
    /// that the price is unknown, not that it is zero.
    fn price(&self, model: &str, tokens: &Tokens) -> Option<Cost>;

    /// Returns the upper bound of the price of a call of at most these tokens: at the highest rates that may
    /// apply, however many tokens turn out to be cached, written to the cache or spent on reasoning. `cache_write` and
    /// `cache_write_1h` are the tokens that may be written. It is reserved before the call.
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost>;
}

/// The prices of a million tokens, in nano-dollars.
///
/// ```
/// # use flujo::model::{Rates, Tokens};
/// // $0.15 per million input tokens, half of it for cached ones, $0.60 per million output tokens
/// let rates = Rates::usd("0.15", "0.60")?.cached_usd("0.075")?;
/// let used = Tokens::new(1_000, 50).cached(200);
/// assert_eq!(rates.price(&used).0, 120_000 + 15_000 + 30_000);
/// # Ok::<(), flujo::usage::ParseCostError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Rates {
    /// The price of a million input tokens.
    pub input: Cost,
    /// The price of a million output tokens.
    pub output: Cost,
    /// The price of a million input tokens that the provider had cached. Defaults to `input`.
    pub cached: Option<Cost>,
    /// The price of a million output tokens spent on reasoning. Defaults to `output`.
    pub reasoning: Option<Cost>,
    /// The price of a million input tokens that the provider writes to its cache for five minutes. Defaults to `input`.
    pub cache_write: Option<Cost>,
    /// The price of a million input tokens that the provider writes to its cache for an hour. Defaults to `cache_write`.
    pub cache_write_1h: Option<Cost>,
    /// The fixed price of a call, on top of its tokens. Defaults to zero.
    pub per_call: Cost,
}

impl Rates {
    /// Returns rates from the prices of a million input and output tokens in dollars, parsed without
    /// rounding.
    ///
    /// # Errors
    /// One of the texts is not an amount in dollars.
    pub fn usd(input: &str, output: &str) -> Result<Self, ParseCostError> {
        Ok(Self { input: Cost::usd(input)?, output: Cost::usd(output)?, ..Self::default() })
    }

    /// Sets the price of a million cached input tokens, in dollars.
    ///
    /// # Errors
    /// The text is not an amount in dollars.
    pub fn cached_usd(self, cached: &str) -> Result<Self, ParseCostError> {
        Ok(Self { cached: Some(Cost::usd(cached)?), ..self })
    }

    /// Sets the price of a million output tokens spent on reasoning, in dollars.
    ///
    /// # Errors
    /// The text is not an amount in dollars.
    pub fn reasoning_usd(self, reasoning: &str) -> Result<Self, ParseCostError> {
        Ok(Self { reasoning: Some(Cost::usd(reasoning)?), ..self })
    }

    /// Sets the prices of a million input tokens that the provider writes to its cache, for five minutes and for an hour, in
    /// dollars.
    ///
    /// # Errors
    /// One of the texts is not an amount in dollars.
    pub fn cache_write_usd(self, five_minutes: &str, one_hour: &str) -> Result<Self, ParseCostError> {
        let (five_minutes, one_hour) = (Cost::usd(five_minutes)?, Cost::usd(one_hour)?);
        Ok(Self { cache_write: Some(five_minutes), cache_write_1h: Some(one_hour), ..self })
    }

    /// Sets the fixed price of a call, in dollars.
    ///
    /// ```
    /// use flujo::model::{Rates, Tokens};
    /// // A model that is paid by the call.
    /// let rates = Rates::usd("0", "0")?.per_call_usd("0.01")?;
    /// assert_eq!(rates.price(&Tokens::new(1_000, 50)).0, 10_000_000);
    /// # Ok::<(), flujo::usage::ParseCostError>(())
    /// ```
    ///
    /// # Errors
    /// The text is not an amount in dollars.
    pub fn per_call_usd(self, call: &str) -> Result<Self, ParseCostError> {
        Ok(Self { per_call: Cost::usd(call)?, ..self })
    }

    /// Returns the price of a call in nano-dollars, rounded up once.
    pub fn price(&self, tokens: &Tokens) -> Cost {
        let reasoning = tokens.reasoning.min(tokens.output);
        // They do not overlap; more of them than there are input tokens is a mistake of the provider.
        let cached = tokens.cached.min(tokens.input);
        let write = tokens.cache_write.min(tokens.input - cached);
        let write_1h = tokens.cache_write_1h.min(tokens.input - cached - write);
        self.sum(&[
            (tokens.input - cached - write - write_1h, self.input),
            (cached, self.cached.unwrap_or(self.input)),
            (write, self.write()),
            (write_1h, self.write_1h()),
            (tokens.output - reasoning, self.output),
            (reasoning, self.reasoning.unwrap_or(self.output)),
        ])
    }

    /// Returns the upper bound of the price of a call: the highest rate that may apply to each token.
    pub fn bound(&self, tokens: &Tokens) -> Cost {
        let mut input = self.input.max(self.cached.unwrap_or(self.input));
        if tokens.cache_write > 0 {
            input = input.max(self.write());
        }
        if tokens.cache_write_1h > 0 {
            input = input.max(self.write_1h());
        }
        self.sum(&[
            (tokens.input, input),
            (tokens.output, self.output.max(self.reasoning.unwrap_or(self.output))),
        ])
    }

    fn write(&self) -> Cost {
        self.cache_write.unwrap_or(self.input)
    }

    fn write_1h(&self) -> Cost {
        self.cache_write_1h.unwrap_or_else(|| self.write())
    }

    fn sum(&self, parts: &[(u64, Cost)]) -> Cost {
        let millionths: u128 = parts.iter().map(|(n, rate)| u128::from(*n) * u128::from(rate.0)).sum();
        let nanos = millionths.div_ceil(1_000_000).saturating_add(u128::from(self.per_call.0));
        Cost(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A fixed list of prices by model.
///
/// ```
/// # use flujo::model::{PriceBook, Prices, Rates};
/// let prices = Prices::new().model("openai:gpt-4o-mini", Rates::usd("0.15", "0.60")?);
/// assert!(prices.price("openai:gpt-4o", &Default::default()).is_none());
/// # Ok::<(), flujo::usage::ParseCostError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Prices(BTreeMap<String, Rates>);

impl Prices {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model by its full name, `provider:model`.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>, rates: Rates) -> Self {
        self.0.insert(model.into(), rates);
        self
    }
}

impl PriceBook for Prices {
    fn price(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.0.get(model).map(|rates| rates.price(tokens))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.0.get(model).map(|rates| rates.bound(tokens))
    }
}

/// The message of a limit that needs `max_tokens`.
pub(crate) fn no_max_tokens(model: &str) -> String {
    format!(
        "`{model}` has no `max_tokens`, so a call has no upper bound; a limit of cost or tokens needs one: \
         set `max_tokens`"
    )
}

/// The message of a limit that needs a price.
pub(crate) fn no_price(model: &str) -> String {
    format!("no price known for `{model}`; a cost limit needs one: `.prices(..)`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(input: u64, cached: u64, output: u64, reasoning: u64) -> Tokens {
        Tokens::new(input, output).cached(cached).reasoning(reasoning)
    }

    #[test]
    fn a_call_is_rounded_up_once() {
        let rates = Rates { input: Cost(1), output: Cost(1), ..Rates::default() };
        assert_eq!(rates.price(&tokens(0, 0, 0, 0)), Cost(0));
        assert_eq!(rates.price(&tokens(1, 0, 1, 0)), Cost(1));
        assert_eq!(rates.price(&tokens(999_999, 0, 1, 0)), Cost(1));
        assert_eq!(rates.price(&tokens(999_999, 0, 2, 0)), Cost(2));
        let with_call = Rates { per_call: Cost(5), ..rates };
        assert_eq!(with_call.price(&tokens(1, 0, 0, 0)), Cost(6));
    }

    #[test]
    fn cached_and_reasoning_tokens_are_parts_of_the_others() {
        let rates = Rates {
            input: Cost(10_000_000),
            output: Cost(20_000_000),
            cached: Some(Cost(1_000_000)),
            reasoning: Some(Cost(30_000_000)),
            ..Rates::default()
        };
        assert_eq!(rates.price(&tokens(10, 4, 10, 3)), Cost(60 + 4 + 140 + 90));
        // More cached than sent tokens: the price must not go below zero.
        assert_eq!(rates.price(&tokens(1, 4, 1, 3)), Cost(1 + 30));
    }

    #[test]
    fn the_bound_takes_the_highest_rates() {
        let rates = Rates {
            input: Cost(10_000_000),
            output: Cost(20_000_000),
            cached: Some(Cost(12_500_000)),
            reasoning: Some(Cost(30_000_000)),
            per_call: Cost(7),
            ..Rates::default()
        };
        let bound = rates.bound(&tokens(10, 0, 10, 0));
        assert_eq!(bound, Cost(125 + 300 + 7));
        for cached in 0..=10 {
            for reasoning in 0..=10 {
                assert!(rates.price(&tokens(10, cached, 10, reasoning)) <= bound);
            }
        }
        assert_eq!(rates.bound(&tokens(u64::MAX, 0, u64::MAX, 0)), Cost(u64::MAX));
    }

    #[test]
    fn what_is_written_to_the_cache_has_its_own_price_and_the_bound_covers_it() {
        let rates = Rates {
            input: Cost(10_000_000),
            cached: Some(Cost(1_000_000)),
            cache_write: Some(Cost(12_500_000)),
            cache_write_1h: Some(Cost(20_000_000)),
            ..Rates::default()
        };
        let used = Tokens::new(10, 0).cached(2).cache_write(3, 4);
        // Halves are rounded up once.
        assert_eq!(rates.price(&used), Cost(10 + 2 + 38 + 80));
        // What may be written counts in the bound, and only then.
        assert_eq!(rates.bound(&Tokens::new(10, 0)), Cost(100));
        assert_eq!(rates.bound(&Tokens::new(10, 0).cache_write(10, 0)), Cost(125));
        assert_eq!(rates.bound(&Tokens::new(10, 0).cache_write(10, 10)), Cost(200));
        for (cached, write, write_1h) in
            (0..=10).flat_map(|a| (0..=10 - a).flat_map(move |b| (0..=10 - a - b).map(move |c| (a, b, c))))
        {
            let used = Tokens::new(10, 0).cached(cached).cache_write(write, write_1h);
            assert!(
                rates.price(&used) <= rates.bound(&Tokens::new(10, 0).cache_write(write, write_1h)),
                "{used:?}"
            );
        }
        // More than was sent is not charged twice.
        assert_eq!(rates.price(&Tokens::new(1, 0).cached(5).cache_write(5, 5)), Cost(1));
        // Without prices of its own it is input.
        let plain = Rates { input: Cost(10_000_000), ..Rates::default() };
        assert_eq!(plain.price(&used), Cost(100));
    }
}
