//! Usage, cost and limits of model calls (budget): integers throughout.
//!
//! ```
//! use flujo::{Cost, SharedBudget, UsageLimits};
//!
//! let limits = UsageLimits::usd("0.50");
//! assert_eq!(limits.cost, Some(Cost(500_000_000)));
//! assert_eq!(Cost(500_000_000).to_string(), "$0.50");
//!
//! // One account for all runs of a process: `Flujo::builder().budget(budget.clone())`.
//! let budget = SharedBudget::new(limits);
//! assert_eq!(budget.spent().cost(), Cost(0));
//! ```

mod budget;
mod cost;
mod costed;
mod exceeded;
mod limits;
mod meter;

pub(crate) use budget::Hold;
pub use budget::SharedBudget;
pub use cost::{Cost, ParseCostError};
pub use costed::Costed;
pub use exceeded::{Amount, LimitExceeded, LimitOf};
pub use limits::UsageLimits;
pub(crate) use meter::{Meter, Refused};

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Usage: tokens, calls, money.
///
/// Sums are exact. One that is past what a `u64` holds stays at the most that there is, in what is shown; limits
/// are compared with the exact sum all the same, so that nothing wraps around and nothing slips through.
///
/// ```
/// use flujo::{Cost, Usage};
/// let usage = Usage::of_cost(Cost(2_000_000)).model_calls(1).input_tokens(40).output_tokens(2);
/// assert_eq!((usage.cost(), usage.total_tokens()), (Cost(2_000_000), 42));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens sent, cached ones included.
    pub input_tokens: u64,
    /// Tokens received, reasoning included.
    pub output_tokens: u64,
    /// The sent tokens that the provider had cached.
    pub cached_tokens: u64,
    /// The received tokens that were spent on reasoning.
    pub reasoning_tokens: u64,
    /// The sent tokens that the provider wrote to its cache, at a price of their own.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_tokens: u64,
    /// Calls of models.
    pub model_calls: u64,
    /// Money, rounded up once per call.
    pub cost: Cost,
    /// The number of calls without a known price: their cost is missing in `cost`, not zero.
    pub unpriced_calls: u64,
    /// Calls that ended without a reported usage and are charged at what was reserved.
    pub estimated_calls: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Usage {
    /// The money.
    pub fn cost(&self) -> Cost {
        self.cost
    }
    /// A cost without tokens: the price of a call to a service that bills by the call.
    #[must_use]
    pub const fn of_cost(cost: Cost) -> Self {
        Self {
            input_tokens: 0,
            output_tokens: 0,
            cached_tokens: 0,
            reasoning_tokens: 0,
            cache_write_tokens: 0,
            model_calls: 0,
            cost,
            unpriced_calls: 0,
            estimated_calls: 0,
        }
    }
    /// Sets the number of tokens sent, cached ones included.
    #[must_use]
    pub const fn input_tokens(self, input_tokens: u64) -> Self {
        Self { input_tokens, ..self }
    }
    /// Sets the number of tokens received, reasoning included.
    #[must_use]
    pub const fn output_tokens(self, output_tokens: u64) -> Self {
        Self { output_tokens, ..self }
    }
    /// Sets the number of sent tokens that the provider had cached.
    ///
    /// ```
    /// use flujo::Usage;
    /// let call = Usage::default().cached_tokens(200).reasoning_tokens(30).cache_write_tokens(50);
    /// assert_eq!((call.cached_tokens, call.reasoning_tokens, call.cache_write_tokens), (200, 30, 50));
    /// // A call whose price is unknown, and one whose usage was estimated.
    /// let unsure = Usage::default().unpriced_calls(1).estimated_calls(1);
    /// assert_eq!(unsure.unpriced_calls, 1);
    /// assert_eq!(Usage::default().model_calls(2).estimated().estimated_calls, 2);
    /// ```
    #[must_use]
    pub const fn cached_tokens(self, cached_tokens: u64) -> Self {
        Self { cached_tokens, ..self }
    }
    /// Sets the number of received tokens that were spent on reasoning.
    #[must_use]
    pub const fn reasoning_tokens(self, reasoning_tokens: u64) -> Self {
        Self { reasoning_tokens, ..self }
    }
    /// Sets the number of sent tokens that the provider wrote to its cache.
    #[must_use]
    pub const fn cache_write_tokens(self, cache_write_tokens: u64) -> Self {
        Self { cache_write_tokens, ..self }
    }
    /// Sets the number of calls of models.
    #[must_use]
    pub const fn model_calls(self, model_calls: u64) -> Self {
        Self { model_calls, ..self }
    }
    /// Sets the number of calls without a known price.
    #[must_use]
    pub const fn unpriced_calls(self, unpriced_calls: u64) -> Self {
        Self { unpriced_calls, ..self }
    }
    /// Sets the number of calls that are charged at what was reserved.
    #[must_use]
    pub const fn estimated_calls(self, estimated_calls: u64) -> Self {
        Self { estimated_calls, ..self }
    }
    /// Returns this usage as that of calls that never reported one: all of them are estimated.
    #[must_use]
    pub fn estimated(self) -> Self {
        Self { estimated_calls: self.model_calls, ..self }
    }
    /// Tokens in both directions.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl Usage {
    /// Returns what is left of this usage without a part of it.
    pub(crate) fn without(self, part: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(part.input_tokens),
            output_tokens: self.output_tokens.saturating_sub(part.output_tokens),
            cached_tokens: self.cached_tokens.saturating_sub(part.cached_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_sub(part.reasoning_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_sub(part.cache_write_tokens),
            model_calls: self.model_calls.saturating_sub(part.model_calls),
            cost: Cost(self.cost.0.saturating_sub(part.cost.0)),
            unpriced_calls: self.unpriced_calls.saturating_sub(part.unpriced_calls),
            estimated_calls: self.estimated_calls.saturating_sub(part.estimated_calls),
        }
    }
}

impl Add for Usage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
            cache_write_tokens: self.cache_write_tokens.saturating_add(other.cache_write_tokens),
            model_calls: self.model_calls.saturating_add(other.model_calls),
            cost: Cost(self.cost.0.saturating_add(other.cost.0)),
            unpriced_calls: self.unpriced_calls.saturating_add(other.unpriced_calls),
            estimated_calls: self.estimated_calls.saturating_add(other.estimated_calls),
        }
    }
}
impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), Add::add)
    }
}
