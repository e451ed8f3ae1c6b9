//! Spent and reserved amounts, against limits: the one implementation behind the ledger of a run, its nodes
//! and shared budgets.

use super::{Amount, Cost, Usage, UsageLimits};
use serde::{Deserialize, Serialize};

/// Sums that cannot overflow: a comparison with a limit is exact whatever is added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Sum {
    cost: u128,
    tokens: u128,
    calls: u128,
}

impl Sum {
    fn of(usage: &Usage) -> Self {
        Self {
            cost: u128::from(usage.cost.0),
            tokens: u128::from(usage.input_tokens) + u128::from(usage.output_tokens),
            calls: u128::from(usage.model_calls),
        }
    }
    fn plus(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_add(other.cost),
            tokens: self.tokens.saturating_add(other.tokens),
            calls: self.calls.saturating_add(other.calls),
        }
    }
    fn minus(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_sub(other.cost),
            tokens: self.tokens.saturating_sub(other.tokens),
            calls: self.calls.saturating_sub(other.calls),
        }
    }
}

/// Why something may not be reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) limit: Amount,
    pub(crate) spent: Amount,
    pub(crate) reserved: Amount,
    pub(crate) needed: Amount,
}

/// An account: what may be spent, what is, and what may be on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meter {
    pub(crate) limits: UsageLimits,
    spent: Usage,
    sum: Sum,
    reserved: Sum,
}

impl Meter {
    pub(crate) fn new(limits: UsageLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    pub(crate) fn spent(&self) -> Usage {
        self.spent
    }

    /// The limit that `more` would exceed, together with the spent and the reserved amounts.
    pub(crate) fn refuses(&self, more: &Usage) -> Option<Refused> {
        self.over(self.reserved, Sum::of(more))
    }

    /// Which limit is exceeded by what is spent alone: code steps report what has happened already.
    pub(crate) fn exceeded(&self) -> Option<Refused> {
        self.over(Sum::default(), Sum::default())
    }

    fn over(&self, reserved: Sum, more: Sum) -> Option<Refused> {
        let over = |limit: Option<u64>, part: fn(&Sum) -> u128, unit: fn(u64) -> Amount| -> Option<Refused> {
            let limit = limit?;
            let all = self.sum.plus(reserved).plus(more);
            let shown = |sum: &Sum| unit(u64::try_from(part(sum)).unwrap_or(u64::MAX));
            (part(&all) > u128::from(limit)).then(|| Refused {
                limit: unit(limit),
                spent: shown(&self.sum),
                reserved: shown(&reserved),
                needed: shown(&more),
            })
        };
        let UsageLimits { cost, total_tokens, model_calls, .. } = self.limits;
        over(cost.map(|c| c.0), |s| s.cost, |n| Amount::Cost(Cost(n)))
            .or_else(|| over(total_tokens, |s| s.tokens, Amount::Tokens))
            .or_else(|| over(model_calls, |s| s.calls, Amount::ModelCalls))
    }

    pub(crate) fn reserve(&mut self, amount: &Usage) {
        self.reserved = self.reserved.plus(Sum::of(amount));
    }

    pub(crate) fn release(&mut self, amount: &Usage) {
        self.reserved = self.reserved.minus(Sum::of(amount));
    }

    /// Begins anew: nothing is spent. What is reserved stays so.
    pub(crate) fn reset(&mut self) {
        (self.spent, self.sum) = (Usage::default(), Sum::default());
    }

    pub(crate) fn spend(&mut self, used: Usage) {
        self.spent += used;
        self.sum = self.sum.plus(Sum::of(&used));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(nanos: u64) -> Usage {
        Usage { cost: Cost(nanos), ..Usage::default() }
    }

    #[test]
    fn equal_to_the_limit_is_allowed() {
        let mut meter = Meter::new(UsageLimits::NONE.cost(Cost(10)).model_calls(2));
        assert_eq!(meter.refuses(&cost(10)), None);
        let refused = meter.refuses(&cost(11)).unwrap();
        assert_eq!(refused.needed, Amount::Cost(Cost(11)));
        meter.spend(cost(4));
        meter.reserve(&cost(5));
        assert_eq!(meter.refuses(&cost(1)), None);
        let refused = meter.refuses(&cost(2)).unwrap();
        let amounts = (refused.limit, refused.spent, refused.reserved);
        assert_eq!(amounts, (Amount::Cost(Cost(10)), Amount::Cost(Cost(4)), Amount::Cost(Cost(5))));
        meter.release(&cost(5));
        meter.spend(cost(6));
        assert_eq!(meter.exceeded(), None);
        meter.spend(cost(1));
        assert_eq!(meter.exceeded().map(|r| r.spent), Some(Amount::Cost(Cost(11))));
    }

    #[test]
    fn enormous_sums_do_not_wrap() {
        let mut meter = Meter::new(UsageLimits::NONE.cost(Cost(u64::MAX)).total_tokens(u64::MAX));
        meter.spend(cost(u64::MAX));
        assert_eq!(meter.exceeded(), None);
        assert!(meter.refuses(&cost(1)).is_some());
        meter.spend(cost(1));
        // The displayed sum saturates; the comparison uses the exact one.
        assert_eq!(meter.spent().cost, Cost(u64::MAX));
        assert!(meter.exceeded().is_some());
        let tokens = Usage { input_tokens: u64::MAX, output_tokens: 1, ..Usage::default() };
        assert!(Meter::new(UsageLimits::NONE.total_tokens(u64::MAX)).refuses(&tokens).is_some());
    }
}
