//! What model calls cost, and what they may cost: integers throughout.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign};

/// Money in nano-dollars: a billionth of a US dollar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cost(pub u64);

impl Cost {
    /// Reads an amount of dollars such as `"0.50"`, exactly; at most nine decimals.
    ///
    /// # Errors
    /// The text is no such amount, or too large; the message says so.
    pub fn usd(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("`{text}` is no amount of dollars: write digits, and up to nine decimals, like `0.50`")
        };
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 9 {
            return Err(bad());
        }
        let whole: u64 = whole.parse().map_err(|_| bad())?;
        let nanos: u64 = format!("{decimals:0<9}").parse().map_err(|_| bad())?;
        whole.checked_mul(1_000_000_000).and_then(|n| n.checked_add(nanos)).map(Self).ok_or_else(bad)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let cut = text.trim_end_matches('0');
        let shortest = text.len().min(cut.len().max(text.find('.').unwrap_or(0) + 3));
        write!(f, "${}", text.get(..shortest).unwrap_or(&text))
    }
}
impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What was used: tokens, calls, money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens sent, cached ones included.
    pub input_tokens: u64,
    /// Tokens received, reasoning included.
    pub output_tokens: u64,
    /// Of the tokens sent, those that the provider had cached.
    pub cached_tokens: u64,
    /// Of the tokens received, those spent on reasoning.
    pub reasoning_tokens: u64,
    /// Calls of models.
    pub model_calls: u64,
    /// Money, rounded up once per call.
    pub cost: Cost,
    /// Calls whose price nobody knows: their cost is missing in `cost`, not zero.
    pub unpriced_calls: u64,
    /// Calls that ended without a reported usage and are charged at what was reserved.
    pub estimated_calls: u64,
}

impl Usage {
    /// The money.
    pub fn cost(&self) -> Cost {
        self.cost
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

/// What a run may use. Equal to the limit is allowed, above is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UsageLimits {
    /// Money.
    pub cost: Option<Cost>,
    /// Tokens in both directions.
    pub total_tokens: Option<u64>,
    /// Calls of models.
    pub model_calls: Option<u64>,
}

impl UsageLimits {
    /// What `used` exceeds, in words.
    pub fn exceeded_by(&self, used: &Usage) -> Option<String> {
        let over = |name: &str, limit: Option<u64>, used: u64| {
            limit
                .filter(|l| used > *l)
                .map(|l| format!("the run's limit of {l} {name} would be exceeded: {used}"))
        };
        if let Some(limit) = self.cost.filter(|l| used.cost > *l) {
            return Some(format!("the run's limit of {limit} would be exceeded: {}", used.cost));
        }
        over("tokens", self.total_tokens, used.total_tokens())
            .or_else(|| over("model calls", self.model_calls, used.model_calls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_shown_exactly() {
        assert_eq!(Cost::usd("0.50"), Ok(Cost(500_000_000)));
        assert_eq!(Cost::usd("12"), Ok(Cost(12_000_000_000)));
        assert_eq!(Cost::usd("0.000000001"), Ok(Cost(1)));
        for bad in ["", ".5", "1.", "-1", "1,5", "1e3", "0.0000000001", "99999999999999"] {
            assert!(Cost::usd(bad).is_err(), "{bad}");
        }
        assert_eq!(Cost(500_000_000).to_string(), "$0.50");
        assert_eq!(Cost(1).to_string(), "$0.000000001");
        assert_eq!(Cost(0).to_string(), "$0.00");
        assert_eq!(Cost(12_345_000_000).to_string(), "$12.345");
    }

    #[test]
    fn equal_to_the_limit_is_allowed() {
        let limits = UsageLimits { model_calls: Some(2), ..UsageLimits::default() };
        let used = |n| Usage { model_calls: n, ..Usage::default() };
        assert_eq!(limits.exceeded_by(&used(2)), None);
        assert_eq!(
            limits.exceeded_by(&used(3)).as_deref(),
            Some("the run's limit of 2 model calls would be exceeded: 3")
        );
    }
}
