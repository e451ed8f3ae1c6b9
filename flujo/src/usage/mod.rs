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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens sent, cached ones included.
    pub input_tokens: u64,
    /// Tokens received, reasoning included.
    pub output_tokens: u64,
    /// The sent tokens that the provider had cached.
    pub cached_tokens: u64,
    /// The received tokens that were spent on reasoning.
    pub reasoning_tokens: u64,
    /// Calls of models.
    pub model_calls: u64,
    /// Money, rounded up once per call.
    pub cost: Cost,
    /// The number of calls without a known price: their cost is missing in `cost`, not zero.
    pub unpriced_calls: u64,
    /// Calls that ended without a reported usage and are charged at what was reserved.
    pub estimated_calls: u64,
}

impl Usage {
    /// The money.
    pub fn cost(&self) -> Cost {
        self.cost
    }
    /// A cost without tokens: the price of a call to a service that bills by the call.
    #[must_use]
    pub fn of_cost(cost: Cost) -> Self {
        Self { cost, ..Self::default() }
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

impl Add for Usage {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cached_tokens: self.cached_tokens.saturating_add(other.cached_tokens),
            reasoning_tokens: self.reasoning_tokens.saturating_add(other.reasoning_tokens),
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
