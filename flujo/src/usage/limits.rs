use super::{Cost, ParseCostError};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The limits of a run, or of a node of it. Equal to a limit is allowed, above is not.
///
/// ```
/// # use flujo::prelude::*;
/// # use std::time::Duration;
/// const EACH_RUN: UsageLimits = UsageLimits::usd("0.50").model_calls(20);
/// let this_one = EACH_RUN.total_tokens(50_000).active_time(Duration::from_secs(90));
/// assert_eq!(this_one.cost, EACH_RUN.cost);
/// ```
///
/// Before a model is called, an upper bound of the call is reserved; a call that could exceed a limit is not
/// made. What code steps report has happened already: it counts, and what comes next is refused once a limit
/// is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageLimits {
    /// Money, in nano-dollars.
    pub cost: Option<Cost>,
    /// Tokens in both directions.
    pub total_tokens: Option<u64>,
    /// Calls of models.
    pub model_calls: Option<u64>,
    /// The active time of the run. Time in which it is paused, or in which no process runs it, does not
    /// count; timers and waits between attempts do. Only runs have it: a node has `.timeout(..)`.
    pub active_time: Option<Duration>,
}

impl UsageLimits {
    /// The absence of limits.
    pub const NONE: Self = Self { cost: None, total_tokens: None, model_calls: None, active_time: None };

    /// A limit in US dollars, exactly as written: `"0.50"`; at most nine decimals.
    ///
    /// # Panics
    /// The text is not an amount in dollars. A constant of it does not compile then; for text that is not a
    /// literal there is [`try_usd`](UsageLimits::try_usd).
    #[must_use]
    #[track_caller]
    #[allow(clippy::panic, reason = "a wrong literal is a mistake in the code, found when it is compiled")]
    pub const fn usd(dollars: &str) -> Self {
        match Cost::parse(dollars) {
            Some(cost) => Self::NONE.cost(cost),
            None => {
                panic!(
                    "this is no amount of dollars: write digits, and up to nine decimals, like `0.50` [not_an_amount]"
                )
            }
        }
    }

    /// A limit in US dollars, parsed at run time.
    ///
    /// # Errors
    /// The text is not an amount in dollars.
    pub fn try_usd(dollars: &str) -> Result<Self, ParseCostError> {
        Cost::usd(dollars).map(|cost| Self::NONE.cost(cost))
    }

    /// Limits money.
    #[must_use]
    pub const fn cost(self, cost: Cost) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// Limits tokens, both directions together.
    #[must_use]
    pub const fn total_tokens(self, tokens: u64) -> Self {
        Self { total_tokens: Some(tokens), ..self }
    }

    /// Limits calls of models; every attempt, fallback and round is one.
    #[must_use]
    pub const fn model_calls(self, calls: u64) -> Self {
        Self { model_calls: Some(calls), ..self }
    }

    /// Limits the active time of the run.
    #[must_use]
    pub const fn active_time(self, time: Duration) -> Self {
        Self { active_time: Some(time), ..self }
    }

    /// Both: for each unit, the tighter of the two.
    ///
    /// ```
    /// use flujo::UsageLimits;
    /// let asked_for = UsageLimits::try_usd("9.00").unwrap_or(UsageLimits::NONE);
    /// let limits = asked_for.tightest(UsageLimits::usd("0.50").model_calls(20));
    /// assert_eq!(limits, UsageLimits::usd("0.50").model_calls(20));
    /// ```
    #[must_use]
    pub fn tightest(self, other: Self) -> Self {
        fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            }
        }
        Self {
            cost: least(self.cost, other.cost),
            total_tokens: least(self.total_tokens, other.total_tokens),
            model_calls: least(self.model_calls, other.model_calls),
            active_time: least(self.active_time, other.active_time),
        }
    }

    /// For each unit this limit, or that of `other` where there is none.
    ///
    /// ```
    /// use flujo::UsageLimits;
    /// let raised = UsageLimits::usd("9.00").or(UsageLimits::usd("0.50").model_calls(20));
    /// assert_eq!(raised, UsageLimits::usd("9.00").model_calls(20));
    /// ```
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            cost: self.cost.or(other.cost),
            total_tokens: self.total_tokens.or(other.total_tokens),
            model_calls: self.model_calls.or(other.model_calls),
            active_time: self.active_time.or(other.active_time),
        }
    }

    /// Returns true if there is no limit.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_put_together_unit_by_unit() {
        const CHEAP: UsageLimits = UsageLimits::usd("0.10").model_calls(5);
        assert_eq!(CHEAP.cost, Some(Cost(100_000_000)));
        let both = CHEAP.tightest(UsageLimits::usd("0.20").model_calls(3).total_tokens(7));
        assert_eq!(both, UsageLimits::usd("0.10").model_calls(3).total_tokens(7));
        assert_eq!(UsageLimits::NONE.tightest(CHEAP), CHEAP);
        assert!(UsageLimits::default().is_none() && !both.is_none());
        assert_eq!(UsageLimits::try_usd("0.10"), Ok(UsageLimits::usd("0.10")));
        let error = UsageLimits::try_usd("ten").unwrap_err().to_string();
        assert!(error.starts_with("`ten` is not an amount in dollars"), "{error}");
    }
}
