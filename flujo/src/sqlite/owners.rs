//! The processes that share the file, and whether they still live.

use super::Fault;
use super::identity::Identity;
use crate::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
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
    ///
    /// One transaction: between two, another process may take a run and die, and then it owns something.
    pub(super) fn enrol(db: &mut Connection, me: &Identity, now: Timestamp) -> Result<i64, Fault> {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for owner in Self::idle(&step)? {
            if Self::read(&step, owner)?.is_some_and(|owner| owner.identity.is_gone(me)) {
                Self::forget(&step, owner)?;
            }
        }
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        step.execute(
            "INSERT INTO owners (pid, started, boot, space, beat, seen) VALUES (?1, ?2, ?3, ?4, 0, ?5)",
            params![me.pid, me.started, me.boot, me.space, now],
        )?;
        let me = step.last_insert_rowid();
        step.commit()?;
        Ok(me)
    }

    /// Those that have no run.
    fn idle(db: &Connection) -> Result<Vec<i64>, Fault> {
        let mut idle = db.prepare(
            "SELECT owner FROM owners WHERE owner NOT IN (SELECT owner FROM standings WHERE owner IS NOT NULL)",
        )?;
        let idle = idle.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(idle)
    }

    fn forget(db: &Connection, owner: i64) -> Result<(), Fault> {
        db.execute("DELETE FROM inbox WHERE owner = ?1", [owner])?;
        db.execute("DELETE FROM owners WHERE owner = ?1", [owner])?;
        Ok(())
    }

    /// One heartbeat.
    pub(super) fn beat(db: &Connection, me: i64, now: Timestamp) -> Result<(), Fault> {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX);
        db.prepare_cached("UPDATE owners SET beat = beat + 1, seen = ?2 WHERE owner = ?1")?
            .execute([me, now])?;
        Ok(())
    }

    /// This process leaves. One that still has a run stays written down: whoever takes the run counts its work.
    pub(super) fn leave(db: &mut Connection, me: i64) -> Result<(), Fault> {
        let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute("DELETE FROM inbox WHERE owner = ?1", [me])?;
        let left: i64 =
            step.query_row("SELECT count(*) FROM standings WHERE owner = ?1", [me], |row| row.get(0))?;
        if left == 0 {
            Self::forget(&step, me)?;
        }
        Ok(step.commit()?)
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

    #[test]
    #[cfg(target_os = "linux")]
    fn an_owner_that_takes_a_run_and_dies_meanwhile_is_not_forgotten() {
        let path = std::env::temp_dir().join(format!("flujo-owners-{}.db", std::process::id()));
        let open = || {
            let db = Connection::open(&path).unwrap();
            db.busy_timeout(Duration::from_secs(20)).unwrap();
            db
        };
        let mut db = open();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        super::super::schema::migrate(&db).unwrap();
        let gone = Identity { pid: 0, started: Some(1), ..Identity::mine() };
        assert!(gone.is_gone(&Identity::mine()));
        let gone = Owner::enrol(&mut db, &gone, Timestamp(0)).unwrap();
        let run = "INSERT INTO graphs VALUES (1, 'f', '[]', 0);
            INSERT INTO runs VALUES (1, 'r', 'p', 1, '0', x'', '0', NULL, 0, NULL, 0, 0)";
        db.execute_batch(run).unwrap();
        let taking = db.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let taken = "INSERT INTO standings (run, status, owner, token, changed, cancelled, replied, takeovers, active, \
                     sum) VALUES (1, 'begun', ?1, 1, 0, 0, 0, 0, 0, 0)";
        taking.execute(taken, [gone]).unwrap();
        let mut other = open();
        let enrols = std::thread::spawn(move || Owner::enrol(&mut other, &Identity::mine(), Timestamp(0)));
        std::thread::sleep(Duration::from_millis(50));
        taking.commit().unwrap();
        assert_eq!(enrols.join().unwrap().unwrap(), gone + 1);
        assert!(Owner::read(&db, gone).unwrap().is_some(), "it owns a run");
        drop(db);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(super::super::open::beside(&path, suffix));
        }
    }
}
