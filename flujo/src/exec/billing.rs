//! How an attempt pays: it reserves on the account of the run, and on the budget that runs share.

use crate::engine::{Account, Key, Kind, LimitScope, Refusal, Reservation};
use crate::error::StepError;
use crate::step::RunInfo;
use crate::usage::{Hold, LimitExceeded, LimitOf, Refused, Usage, UsageLimits};
use std::sync::Arc;

/// Where an attempt reserves, and on whose limits it counts. Only model steps, and steps under a limit, have
/// one.
pub(crate) struct Billing {
    pub(crate) account: Arc<dyn Account>,
    pub(crate) within: LimitScope,
    pub(crate) kind: Kind,
}

impl RunInfo {
    pub(crate) fn pays_from(&mut self, billing: Option<Box<Billing>>) {
        self.state.billing = billing;
    }

    pub(crate) fn pays(&self) -> bool {
        self.state.billing.is_some()
    }

    fn key(&self, billing: &Billing) -> Key {
        Key { path: self.path(), kind: billing.kind, n: self.attempt() }
    }

    /// All limits around this attempt, for each unit the tightest.
    pub(crate) fn limited_by(&self) -> UsageLimits {
        let mut limits = self.env.limits;
        if let Some(budget) = &self.env.budget {
            limits = limits.tightest(budget.limits());
        }
        let innermost = self.state.billing.as_ref().and_then(|billing| billing.within.as_deref());
        let nodes = std::iter::successors(innermost, |node| node.outer.as_deref());
        nodes.fold(limits, |limits, node| limits.tightest(node.limits))
    }

    /// Looks whether the attempt may begin: something may have cost more than was allowed.
    pub(crate) async fn check(&self) -> Result<(), StepError> {
        let Some(billing) = &self.state.billing else { return Ok(()) };
        if let Some(refused) = self.env.budget.as_ref().and_then(crate::usage::SharedBudget::exceeded) {
            return Err(self.over_budget(refused));
        }
        billing.account.check(&self.key(billing), &billing.within).await.map_err(StepError::from)
    }

    /// Reserves what a call may use at most.
    pub(crate) async fn reserve(&self, amount: Usage) -> Result<Option<Hold>, StepError> {
        let budget = self.env.budget.as_ref().map(|budget| budget.reserve(amount));
        let mut hold = budget.transpose().map_err(|refused| self.over_budget(refused))?;
        if let Some(billing) = &self.state.billing {
            let reservation = Reservation { key: self.key(billing), amount, within: billing.within.clone() };
            billing.account.reserve(reservation).await.map_err(StepError::from)?;
        }
        if let Some(hold) = &mut hold {
            hold.leaves();
        }
        Ok(hold)
    }

    fn over_budget(&self, refused: Refused) -> StepError {
        let Refused { limit, spent, reserved, needed } = refused;
        let (path, of) = (self.path(), LimitOf::Budget);
        StepError::from(Refusal::Limit(Box::new(LimitExceeded { path, of, limit, spent, reserved, needed })))
    }

    /// Settles an attempt of which there is no record.
    pub(crate) async fn settle(&self) {
        let used = self.used();
        if let Some(billing) = self.state.billing.as_ref().filter(|_| used != Usage::default()) {
            // An ephemeral run is never taken over, so this cannot fail.
            let _ = billing.account.settle(&self.key(billing), used, &billing.within).await;
        }
    }
}

/// An attempt that may be given up at any time: dropped, it is charged with what it has used so far, and with
/// all that was reserved for a call under way.
pub(crate) struct UnderWay<'i>(Option<&'i RunInfo>);

impl<'i> UnderWay<'i> {
    pub(crate) fn begin(info: &'i RunInfo) -> Self {
        Self(info.state.billing.is_some().then_some(info))
    }

    /// Ends the billing of an attempt that will be recorded.
    pub(crate) fn over(mut self) {
        self.0 = None;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(info) = self.0 else { return };
        if let Some(billing) = &info.state.billing {
            billing.account.forfeit(&info.key(billing), info.used(), &billing.within);
        }
    }
}
