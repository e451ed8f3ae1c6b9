//! The processes that share the file, and whether they still live.

use super::Fault;
use super::identity::Identity;
use crate::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// One that works on runs.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    number: i64,
    identity: Identity,
    beat: i64,
    /// When its heart beat last, on its own clock: that much of its work counts if it is gone.
    pub(super) seen: Timestamp,
}

impl Owner {
    pub(super) fn read(db: &Connection, owner: i64) -> Result<Option<Self>, Fault> {
        let mut statement =
            db.prepare_cached("SELECT pid, started, boot, space, beat, seen FROM owners WHERE owner = ?1")?;
        let found = statement.query_row([owner], |row| {
            let identity =
                Identity { pid: row.get(0)?, started: row.get(1)?, boot: row.get(2)?, space: row.get(3)? };
            let seen = Timestamp(u64::try_from(row.get::<_, i64>(5)?).unwrap_or_default());
            Ok(Self { number: owner, identity, beat: row.get(4)?, seen })
        });
        Ok(found.optional()?)
    }

    /// Writes down that this process is here, and forgets those that are gone and own nothing.
    pub(super) fn enrol(db: &Connection, me: &Identity, now: Timestamp) -> Result<i64, Fault> {
        let idle = "SELECT owner FROM owners WHERE owner NOT IN \
                    (SELECT owner FROM standings WHERE owner IS NOT NULL)";
        let idle: Vec<i64> = db.prepare(idle)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for owner in idle {
            if Self::read(db, owner)?.is_some_and(|owner| owner.identity.is_gone(me)) {
                db.execute("DELETE FROM inbox WHERE owner = ?1", [owner])?;
                db.execute("DELETE FROM owners WHERE owner = ?1", [owner])?;
            }
        }
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        db.execute(
            "INSERT INTO owners (pid, started, boot, space, beat, seen) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
            params![me.pid, me.started, me.boot, me.space, now],
        )?;
        Ok(db.last_insert_rowid())
    }

    /// One heartbeat.
    pub(super) fn beat(db: &Connection, me: i64, now: Timestamp) -> Result<(), Fault> {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        db.prepare_cached("UPDATE owners SET beat = beat + 1, seen = ?2 WHERE owner = ?1")?
            .execute([me, now])?;
        Ok(())
    }

    /// This process leaves: what it had is free.
    pub(super) fn leave(db: &Connection, me: i64) -> Result<(), Fault> {
        db.execute("DELETE FROM inbox WHERE owner = ?1", [me])?;
        let left: i64 =
            db.query_row("SELECT count(*) FROM standings WHERE owner = ?1", [me], |row| row.get(0))?;
        if left == 0 {
            db.execute("DELETE FROM owners WHERE owner = ?1", [me])?;
        }
        Ok(())
    }
}

/// Tells whether an owner lives: by its process where that can be seen, else by its heartbeat, watched on a
/// clock of our own. Wall clocks do not matter.
#[derive(Debug)]
pub(super) struct Judge {
    me: Identity,
    lease: Duration,
    seen: Mutex<HashMap<i64, (i64, Instant)>>,
}

impl Judge {
    pub(super) fn new(me: Identity, lease: Duration) -> Self {
        Self { me, lease, seen: Mutex::default() }
    }

    /// Whether this owner is gone, or its heart has not beaten for the time of a lease.
    pub(super) fn is_gone(&self, owner: &Owner) -> bool {
        if owner.identity.is_gone(&self.me) {
            return true;
        }
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (beat, since) = seen.entry(owner.number).or_insert((owner.beat, now));
        if *beat != owner.beat {
            (*beat, *since) = (owner.beat, now);
        }
        now.duration_since(*since) >= self.lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(beat: i64) -> Owner {
        let identity = Identity { boot: None, ..Identity::mine() };
        Owner { number: 7, identity, beat, seen: Timestamp(0) }
    }

    #[test]
    fn a_heart_that_stands_still_for_a_lease_is_gone_and_one_that_beats_is_not() {
        let judge = Judge::new(Identity::mine(), Duration::from_millis(50));
        assert!(!judge.is_gone(&owner(1)));
        std::thread::sleep(Duration::from_millis(60));
        // It beat meanwhile: the lease begins again.
        assert!(!judge.is_gone(&owner(2)));
        assert!(!judge.is_gone(&owner(2)));
        std::thread::sleep(Duration::from_millis(60));
        assert!(judge.is_gone(&owner(2)));
    }

    #[test]
    fn nobody_is_gone_at_first_sight() {
        let judge = Judge::new(Identity::mine(), Duration::from_millis(1));
        assert!(!judge.is_gone(&owner(1)));
    }
}
