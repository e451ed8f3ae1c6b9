//! Limits of nodes: what runs in one pays from the account of the run, and counts here too.

use super::Cx;
use super::billing::Billing;
use super::driver::Driver;
use super::ephemeral_journal::Memo;
use crate::context::Context;
use crate::engine::{Account, Kind, LimitScope, NodeLimits};
use crate::error::{Error, RunResult};
use crate::path::{NodeId, Path};
use crate::usage::UsageLimits;
use std::sync::Arc;

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// The driver of a form with limits: the same context, and what runs on it counts there.
    ///
    /// # Errors
    /// The limits have a unit that only runs have.
    pub fn limited(&mut self, id: impl Into<NodeId>, limits: UsageLimits) -> RunResult<Cx<'_, C, R>> {
        match self.driver.limited(id.into(), limits) {
            Ok(driver) => Ok(Self::with_driver(self.ctx, self.res, driver)),
            Err(error) => Err(error),
        }
    }
}

impl Driver<'_> {
    fn limited(&mut self, id: NodeId, limits: UsageLimits) -> RunResult<Driver<'_>> {
        let path = self.place(id).path();
        let within = self.limits_of(path, Some(limits))?;
        Ok(self.inside(within))
    }

    /// The driver of what pays from other accounts too.
    pub(crate) fn inside(&mut self, within: LimitScope) -> Driver<'_> {
        Driver { within, ..self.reborrow() }
    }

    /// The limited nodes around a node with these limits, itself included.
    pub(crate) fn limits_of(&self, path: Path, limits: Option<UsageLimits>) -> RunResult<LimitScope> {
        let Some(limits) = limits.filter(|limits| !limits.is_none()) else { return Ok(self.within.clone()) };
        if limits.active_time.is_some() {
            let what = "`active_time` limits a whole run; give a node `.timeout(..)` instead";
            return Err(Error::setup(what).at(path));
        }
        Ok(Some(Arc::new(NodeLimits { path, limits, outer: self.within.clone() })))
    }

    /// Whether steps have to look at limits.
    #[inline]
    pub(crate) fn is_limited(&self) -> bool {
        self.within.is_some() || self.env.is_limited()
    }

    /// The accounts that an attempt pays from; `None` if nothing is limited and it calls no model.
    pub(crate) fn billing(&self, within: &LimitScope, kind: Kind) -> Option<Box<Billing>> {
        let pays = kind == Kind::Model || within.is_some() || self.is_limited();
        pays.then(|| Box::new(Billing { account: self.account(), within: within.clone(), kind }))
    }

    pub(crate) fn account(&self) -> Arc<dyn Account> {
        match &self.handle {
            Some(handle) => handle.account(),
            None => Arc::clone(self.env.own_account()) as Arc<dyn Account>,
        }
    }

    /// A memory for a call that may restart, where nothing else is recorded.
    pub(super) fn memo(&self) -> Memo {
        Memo::new(Arc::clone(&self.env.clock), self.account())
    }
}
