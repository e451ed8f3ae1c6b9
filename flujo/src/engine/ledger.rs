use super::{Key, Reservation};
use crate::usage::{Usage, UsageLimits};
use std::collections::{BTreeMap, BTreeSet};

/// The account of one run: what is spent, what is reserved, what may be spent.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    limits: UsageLimits,
    spent: Usage,
    reserved: BTreeMap<Key, Usage>,
    settled: BTreeSet<Key>,
}

impl Ledger {
    pub(super) fn new(limits: UsageLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Reserves, or says which limit stands against it.
    pub(super) fn reserve(&mut self, reservation: Reservation) -> Result<(), String> {
        if self.settled.contains(&reservation.key) {
            return Ok(());
        }
        let open: Usage = self.reserved.values().copied().sum();
        if let Some(why) = self.limits.exceeded_by(&(self.spent + open + reservation.amount)) {
            return Err(why);
        }
        self.reserved.insert(reservation.key, reservation.amount);
        Ok(())
    }

    /// Replaces a reservation by what was used; a second time it changes nothing.
    pub(super) fn settle(&mut self, key: &Key, used: Usage) {
        let reserved = self.reserved.remove(key).is_some();
        if (reserved || used != Usage::default()) && self.settled.insert(key.clone()) {
            self.spent += used;
        }
    }

    /// Charges in full what was reserved by calls that never came back.
    pub(super) fn charge_open(&mut self) {
        for amount in std::mem::take(&mut self.reserved).into_values() {
            self.spent += Usage { estimated_calls: amount.model_calls, ..amount };
        }
    }

    pub(super) fn spent(&self) -> Usage {
        self.spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Kind;

    fn key(n: u32) -> Key {
        Key { path: "p/ask".into(), kind: Kind::Model, n }
    }
    fn calls(n: u64) -> Usage {
        Usage { model_calls: n, ..Usage::default() }
    }

    #[test]
    fn reservations_count_until_they_are_settled_once() {
        let limits = UsageLimits { model_calls: Some(3), ..UsageLimits::default() };
        let mut ledger = Ledger::new(limits);
        assert_eq!(ledger.reserve(Reservation { key: key(1), amount: calls(2) }), Ok(()));
        assert!(ledger.reserve(Reservation { key: key(2), amount: calls(2) }).is_err());
        ledger.settle(&key(1), calls(1));
        ledger.settle(&key(1), calls(1));
        assert_eq!(ledger.spent(), calls(1));
        assert_eq!(ledger.reserve(Reservation { key: key(2), amount: calls(2) }), Ok(()));
        ledger.charge_open();
        assert_eq!(ledger.spent(), Usage { model_calls: 3, estimated_calls: 2, ..Usage::default() });
    }
}
