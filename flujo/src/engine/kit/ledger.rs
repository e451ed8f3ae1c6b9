use crate::engine::{Key, LimitScope, Reservation, outward};
use crate::path::Path;
use crate::usage::{LimitExceeded, LimitOf, Meter, Refused, Usage, UsageLimits};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The usage and the reservations of a run and of the limited nodes in it, against their limits.
///
/// An engine that loads a run rebuilds the ledger: [`settle`](Self::settle) for each record that the run made itself,
/// [`hold`](Self::hold) for each open reservation, and [`forfeit`](Self::forfeit) for usage without a record. One that stores
/// a run as a whole stores the ledger as it is.
///
/// ```
/// use flujo::engine::kit::Ledger;
/// use flujo::engine::{Key, Kind, Reservation};
/// use flujo::{Usage, UsageLimits};
///
/// let calls = |n| Usage::default().model_calls(n);
/// let key = |n| Key { path: "moderate/label".into(), kind: Kind::Model, n };
/// let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(3));
///
/// // A call is reserved, made, and settled with what it used.
/// assert_eq!(ledger.reserve(&Reservation { key: key(1), amount: calls(2), within: None }), Ok(true));
/// assert_eq!(ledger.held(&key(1)), calls(2));
/// assert!(ledger.settle(&key(1), calls(1), &None));
/// assert_eq!(ledger.spent(), calls(1));
///
/// // One that could exceed the limit is refused.
/// let too_much = Reservation { key: key(2), amount: calls(3), within: None };
/// assert!(ledger.reserve(&too_much).is_err());
///
/// // An attempt that is abandoned is charged; one that a dead process held is charged in full.
/// ledger.hold(&key(2), calls(1), &None);
/// ledger.forfeit(&key(2), calls(1), &None);
/// ledger.hold(&key(2), calls(1), &None);
/// assert_eq!(ledger.reserved().model_calls, 1);
/// ledger.charge_open();
/// assert_eq!(ledger.spent().model_calls, 3);
/// assert_eq!(ledger.lost().collect::<Vec<_>>(), [(&key(2), calls(2).estimated_calls(1))]);
/// assert!(ledger.check(&key(3), &None).is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    run: Meter,
    nodes: BTreeMap<Path, Meter>,
    #[serde(with = "pairs")]
    open: BTreeMap<Key, Open>,
    settled: BTreeSet<Key>,
    /// The usage of attempts without a record.
    #[serde(default, with = "pairs")]
    lost: BTreeMap<Key, Usage>,
}

/// A map as a list: the keys of a JSON object are texts.
mod pairs {
    use super::{BTreeMap, Deserialize, Deserializer, Key, Serialize, Serializer};

    pub(super) fn serialize<V: Serialize, S: Serializer>(
        map: &BTreeMap<Key, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, V: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Key, V>, D::Error> {
        Ok(Vec::deserialize(from)?.into_iter().collect())
    }
}

/// The open reservation of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    amount: Usage,
    within: LimitScope,
}

impl Ledger {
    /// Creates the ledger of a run without usage; `limits` are those of the run.
    pub fn new(limits: UsageLimits) -> Self {
        Self { run: Meter::new(limits), ..Self::default() }
    }

    /// Returns the usage so far.
    pub fn spent(&self) -> Usage {
        self.run.spent()
    }

    /// Returns the open reservations: the estimated usage that is charged if the calls in flight are never settled.
    pub fn reserved(&self) -> Usage {
        self.open.values().map(|open| open.amount.estimated()).sum()
    }

    /// Returns the open reservation of an attempt.
    pub fn held(&self, key: &Key) -> Usage {
        self.open.get(key).map(|open| open.amount).unwrap_or_default()
    }

    /// Returns the usage of attempts without a record, in the order of their keys: they were abandoned, or their process
    /// died while they had an open reservation.
    pub fn lost(&self) -> impl Iterator<Item = (&Key, Usage)> {
        self.lost.iter().map(|(key, used)| (key, *used))
    }

    /// Visits the meters that a usage counts against: those of the limited nodes that enclose it, and the run's.
    fn meters(&mut self, within: &LimitScope, mut each: impl FnMut(&mut Meter)) {
        for node in outward(within) {
            let meter = self.nodes.entry(node.path.clone()).or_default();
            meter.limits = node.limits;
            each(meter);
        }
        each(&mut self.run);
    }

    /// Reserves an upper bound. False if the attempt has already been settled, and nothing was reserved.
    ///
    /// # Errors
    /// The limit that would be exceeded, the innermost first: the limit of a node is a failure that a fallback may
    /// handle.
    pub fn reserve(&mut self, reservation: &Reservation) -> Result<bool, Box<LimitExceeded>> {
        let Reservation { key, amount, within } = reservation;
        if self.settled.contains(key) {
            return Ok(false);
        }
        self.judge(key, within, |meter| meter.refuses(amount))?;
        self.hold(key, *amount, within);
        Ok(true)
    }

    /// Adds a reservation without a check against limits: it was allowed before.
    pub fn hold(&mut self, key: &Key, amount: Usage, within: &LimitScope) {
        self.meters(within, |meter| meter.reserve(&amount));
        match self.open.get_mut(key) {
            Some(open) => open.amount += amount,
            None => {
                self.open.insert(key.clone(), Open { amount, within: within.clone() });
            }
        }
    }

    /// Checks the limits against the usage so far.
    ///
    /// # Errors
    /// The limit that is exceeded, the innermost first.
    pub fn check(&mut self, key: &Key, within: &LimitScope) -> Result<(), Box<LimitExceeded>> {
        self.judge(key, within, Meter::exceeded)
    }

    fn judge(
        &mut self,
        key: &Key,
        within: &LimitScope,
        refuses: impl Fn(&Meter) -> Option<Refused>,
    ) -> Result<(), Box<LimitExceeded>> {
        let because = |of: LimitOf, refused: Refused| {
            let Refused { limit, spent, reserved, needed } = refused;
            Err(Box::new(LimitExceeded { path: key.path.clone(), of, limit, spent, reserved, needed }))
        };
        for node in outward(within) {
            let meter = self.nodes.entry(node.path.clone()).or_default();
            meter.limits = node.limits;
            if let Some(why) = refuses(meter) {
                return because(LimitOf::Node(node.path.clone()), why);
            }
        }
        refuses(&self.run).map_or(Ok(()), |why| because(LimitOf::Run, why))
    }

    fn close(&mut self, key: &Key) -> Option<Open> {
        let open = self.open.remove(key)?;
        self.meters(&open.within, |meter| meter.release(&open.amount));
        Some(open)
    }

    /// Replaces a reservation by the actual usage; true if there was a reservation. Idempotent by key.
    pub fn settle(&mut self, key: &Key, used: Usage, within: &LimitScope) -> bool {
        // Most attempts reserve nothing and use nothing.
        if self.open.is_empty() && used == Usage::default() {
            return false;
        }
        let reserved = self.close(key).is_some();
        if (reserved || used != Usage::default()) && self.settled.insert(key.clone()) {
            self.meters(within, |meter| meter.spend(used));
        }
        reserved
    }

    /// Charges the usage of an attempt that will have no record. The key can be reserved again: the attempt is made
    /// again.
    pub fn forfeit(&mut self, key: &Key, used: Usage, within: &LimitScope) {
        self.close(key);
        if used != Usage::default() {
            *self.lost.entry(key.clone()).or_default() += used;
        }
        self.meters(within, |meter| meter.spend(used));
    }

    /// Charges all open reservations in full, as estimated: their calls were never settled.
    pub fn charge_open(&mut self) {
        for (key, Open { amount, within }) in std::mem::take(&mut self.open) {
            if amount != Usage::default() {
                *self.lost.entry(key).or_default() += amount.estimated();
            }
            self.meters(&within, |meter| {
                meter.release(&amount);
                meter.spend(amount.estimated());
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Kind, NodeLimits};
    use std::sync::Arc;

    fn key(n: u32) -> Key {
        Key { path: "p/ask".into(), kind: Kind::Model, n }
    }
    fn calls(n: u64) -> Usage {
        Usage { model_calls: n, ..Usage::default() }
    }
    fn reserve(
        ledger: &mut Ledger,
        n: u32,
        amount: u64,
        within: &LimitScope,
    ) -> Result<(), Box<LimitExceeded>> {
        let reservation = Reservation { key: key(n), amount: calls(amount), within: within.clone() };
        ledger.reserve(&reservation).map(drop)
    }
    fn node(path: &str, calls: u64, outer: LimitScope) -> Arc<NodeLimits> {
        Arc::new(NodeLimits { path: path.into(), limits: UsageLimits::NONE.model_calls(calls), outer })
    }

    #[test]
    fn reservations_count_until_they_are_settled_once() {
        let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(3));
        assert_eq!(reserve(&mut ledger, 1, 2, &None), Ok(()));
        assert!(reserve(&mut ledger, 2, 2, &None).is_err());
        ledger.settle(&key(1), calls(1), &None);
        ledger.settle(&key(1), calls(1), &None);
        assert_eq!(ledger.spent(), calls(1));
        assert_eq!(reserve(&mut ledger, 2, 2, &None), Ok(()));
        assert_eq!(ledger.reserved(), calls(2).estimated());
        ledger.charge_open();
        assert_eq!(ledger.reserved(), Usage::default());
        assert_eq!(ledger.spent(), Usage { model_calls: 3, estimated_calls: 2, ..Usage::default() });
        ledger.charge_open();
        assert_eq!(ledger.spent().model_calls, 3);
    }

    #[test]
    fn a_ledger_is_read_back_as_it_was_written() {
        let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(9));
        let node = Some(node("p", 3, None));
        assert_eq!(reserve(&mut ledger, 1, 2, &node), Ok(()));
        assert_eq!(reserve(&mut ledger, 2, 1, &None), Ok(()));
        ledger.settle(&key(2), calls(1), &None);
        ledger.forfeit(&key(3), calls(1), &None);
        let written = serde_json::to_string(&ledger).unwrap();
        assert_eq!(serde_json::from_str::<Ledger>(&written).unwrap(), ledger);
    }

    #[test]
    fn an_attempt_that_is_given_up_is_charged_and_may_be_made_again() {
        let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(3));
        assert_eq!(reserve(&mut ledger, 1, 1, &None), Ok(()));
        ledger.forfeit(&key(1), calls(1).estimated(), &None);
        assert_eq!(reserve(&mut ledger, 1, 1, &None), Ok(()));
        ledger.settle(&key(1), calls(1), &None);
        assert_eq!(ledger.spent(), Usage { model_calls: 2, estimated_calls: 1, ..Usage::default() });
    }

    #[test]
    fn the_innermost_limit_is_told_first_and_every_limit_counts() {
        let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(4));
        let outer = Some(node("p", 3, None));
        let inner = Some(node("p/ask", 1, outer.clone()));
        let of = |done: Result<(), Box<LimitExceeded>>| done.unwrap_err().of;
        assert_eq!(of(reserve(&mut ledger, 1, 9, &inner)), LimitOf::Node("p/ask".into()));
        assert_eq!(reserve(&mut ledger, 1, 1, &inner), Ok(()));
        assert_eq!(of(reserve(&mut ledger, 2, 1, &inner)), LimitOf::Node("p/ask".into()));
        ledger.settle(&key(1), calls(1), &inner);
        assert_eq!(of(reserve(&mut ledger, 2, 3, &outer)), LimitOf::Node("p".into()));
        assert_eq!(reserve(&mut ledger, 2, 2, &outer), Ok(()));
        assert_eq!(of(reserve(&mut ledger, 3, 2, &None)), LimitOf::Run);
        assert_eq!(reserve(&mut ledger, 3, 1, &None), Ok(()));
    }

    #[test]
    fn what_is_reported_may_exceed_a_limit_and_stops_what_comes_next() {
        let mut ledger = Ledger::new(UsageLimits::NONE.model_calls(9));
        let node = Some(node("p", 1, None));
        ledger.settle(&key(1), calls(1), &node);
        assert_eq!(ledger.check(&key(2), &node), Ok(()));
        ledger.settle(&key(2), calls(1), &node);
        assert_eq!(
            ledger.check(&key(3), &node).unwrap_err().to_string(),
            "the limit of `p` of 1 model call is exceeded: 2 spent"
        );
        assert_eq!(ledger.check(&key(3), &None), Ok(()));
    }
}
