use super::{Meter, Refused, Usage, UsageLimits};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One account for all runs of a process: `Flujo::builder().budget(SharedBudget::usd("20"))`. Cloning it gives
/// the same account, which several engines may share.
///
/// It is kept in memory, and begins with nothing spent, or [`with_spent`](Self::with_spent); [`reset`](Self::reset) begins
/// it anew, for a budget for a day. A run that continues in another process counts there from then on; what it used before
/// is on its own ledger, and not on the new process's budget. Of a call that was under way when its run ended, was
/// cancelled or dropped, everything that was reserved for it is charged on the spot, marked as estimated: nothing
/// stays reserved for a run that is no longer there.
///
/// A call that the budget has no room for ends its run, as a limit of the run itself does.
#[derive(Clone)]
pub struct SharedBudget(Arc<Mutex<Meter>>);

impl SharedBudget {
    /// An account with these limits. It has no use for `active_time`: an engine with such a budget is not built.
    pub fn new(limits: UsageLimits) -> Self {
        Self(Arc::new(Mutex::new(Meter::new(limits))))
    }

    /// Creates a budget in US dollars, exactly as written.
    ///
    /// # Panics
    /// The text is not an amount in dollars.
    #[must_use]
    #[track_caller]
    pub fn usd(dollars: &str) -> Self {
        Self::new(UsageLimits::usd(dollars))
    }

    /// Creates a budget of which this usage is spent already: what [`Control::usage`](crate::run::Control::usage) says of the
    /// time that the budget is for. A process that is started in the middle of the day begins with what the day has cost.
    ///
    /// ```
    /// use flujo::{Cost, SharedBudget, Usage, UsageLimits};
    /// let so_far = Usage::of_cost(Cost::usd("3.20")?).model_calls(40);
    /// let budget = SharedBudget::with_spent(UsageLimits::usd("5.00"), so_far);
    /// assert_eq!(budget.spent(), so_far);
    ///
    /// // At midnight the next day begins.
    /// assert_eq!(budget.reset(), so_far);
    /// assert_eq!((budget.spent(), budget.limits()), (Usage::default(), UsageLimits::usd("5.00")));
    /// # Ok::<(), flujo::usage::ParseCostError>(())
    /// ```
    pub fn with_spent(limits: UsageLimits, spent: Usage) -> Self {
        let mut meter = Meter::new(limits);
        meter.spend(spent);
        Self(Arc::new(Mutex::new(meter)))
    }

    /// Begins anew, with nothing spent; returns what was. Reservations of calls that are under way stay: each of them counts
    /// once, in the new period, at what its call has used when it is back. It may be called in any thread at any moment:
    /// neither period is above its limit.
    pub fn reset(&self) -> Usage {
        let mut meter = self.meter();
        let spent = meter.spent();
        meter.reset();
        spent
    }

    /// Returns the usage of all runs since the budget began.
    pub fn spent(&self) -> Usage {
        self.meter().spent()
    }

    /// Returns the limits of the budget.
    ///
    /// ```
    /// use flujo::{SharedBudget, UsageLimits};
    /// let budget = SharedBudget::usd("5.00");
    /// assert_eq!(budget.limits(), UsageLimits::usd("5.00"));
    /// ```
    pub fn limits(&self) -> UsageLimits {
        self.meter().limits
    }

    fn meter(&self) -> MutexGuard<'_, Meter> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves an upper bound for a call that is about to leave.
    pub(crate) fn reserve(&self, amount: Usage) -> Result<Hold, Refused> {
        let mut meter = self.meter();
        if let Some(refused) = meter.refuses(&amount) {
            return Err(refused);
        }
        meter.reserve(&amount);
        drop(meter);
        Ok(Hold { budget: self.clone(), amount, left: false })
    }

    pub(crate) fn spend(&self, used: Usage) {
        self.meter().spend(used);
    }

    pub(crate) fn exceeded(&self) -> Option<Refused> {
        self.meter().exceeded()
    }
}

impl fmt::Debug for SharedBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meter = self.meter();
        f.debug_struct("SharedBudget")
            .field("limits", &meter.limits)
            .field("spent", &meter.spent())
            .finish_non_exhaustive()
    }
}

/// The reservation of one call on a budget, until it is settled or dropped.
#[derive(Debug)]
pub(crate) struct Hold {
    budget: SharedBudget,
    amount: Usage,
    /// Whether the call was made: dropped before, it costs nothing.
    left: bool,
}

impl Hold {
    /// The call leaves.
    pub(crate) fn leaves(&mut self) {
        self.left = true;
    }

    /// The call has come back; without a reported usage it is charged in full.
    pub(crate) fn settle(mut self, used: Option<Usage>) {
        if let Some(used) = used {
            self.left = false;
            self.budget.spend(used);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut meter = self.budget.meter();
        meter.release(&self.amount);
        if self.left {
            meter.spend(self.amount.estimated());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(n: u64) -> Usage {
        Usage { model_calls: n, ..Usage::default() }
    }

    #[test]
    fn what_is_reserved_across_a_reset_counts_once_afterwards() {
        let budget = SharedBudget::with_spent(UsageLimits::NONE.model_calls(3), calls(2));
        assert!(budget.reserve(calls(2)).is_err());
        let mut returns = budget.reserve(calls(1)).unwrap();
        returns.leaves();
        assert_eq!((budget.reset(), budget.spent()), (calls(2), calls(0)));
        // It is under way, and counts in the new period: two more fit.
        assert!(budget.reserve(calls(3)).is_err());
        let unsent = budget.reserve(calls(2)).unwrap();
        assert_eq!((budget.reset(), budget.reserve(calls(1)).is_err()), (calls(0), true));
        drop(unsent);
        returns.settle(Some(calls(1)));
        assert_eq!((budget.reset(), budget.spent()), (calls(1), calls(0)));
        let mut lost = budget.reserve(calls(3)).unwrap();
        lost.leaves();
        budget.reset();
        drop(lost);
        assert_eq!(budget.spent(), calls(3).estimated());
    }

    #[test]
    fn resets_in_one_thread_and_calls_in_others_lose_nothing() {
        let budget = SharedBudget::new(UsageLimits::NONE.model_calls(8));
        let (made, ended) = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut made = 0;
                        for _ in 0..1_000 {
                            let Ok(mut hold) = budget.reserve(calls(2)) else { continue };
                            hold.leaves();
                            std::thread::yield_now();
                            hold.settle(Some(calls(1)));
                            made += 1;
                        }
                        made
                    })
                })
                .collect();
            let days = scope.spawn(|| {
                let mut ended = 0;
                for _ in 0..1_000 {
                    let day = budget.reset().model_calls;
                    assert!(day <= 8, "{day}");
                    ended += day;
                    std::thread::yield_now();
                }
                ended
            });
            (callers.into_iter().map(|caller| caller.join().unwrap()).sum::<u64>(), days.join().unwrap())
        });
        assert_eq!(ended + budget.spent().model_calls, made);
        assert_eq!(budget.reserve(calls(8)).is_ok(), budget.spent() == calls(0));
    }

    #[test]
    fn a_hold_is_released_settled_or_charged_in_full() {
        let budget = SharedBudget::new(UsageLimits::NONE.model_calls(3));
        drop(budget.reserve(calls(3)).unwrap());
        assert_eq!(budget.spent(), calls(0));
        let mut first = budget.reserve(calls(2)).unwrap();
        first.leaves();
        assert!(budget.reserve(calls(2)).is_err());
        first.settle(Some(calls(1)));
        assert_eq!(budget.spent(), calls(1));
        let mut second = budget.reserve(calls(1)).unwrap();
        second.leaves();
        drop(second);
        let mut third = budget.reserve(calls(1)).unwrap();
        third.leaves();
        third.settle(None);
        assert_eq!(budget.spent(), Usage { model_calls: 3, estimated_calls: 2, ..Usage::default() });
        assert!(budget.reserve(calls(1)).is_err());
        assert_eq!(budget.reserve(calls(0)).map(drop), Ok(()));
    }
}
