//! The processes that share the file, and whether they still live.

use super::Fault;
use super::identity::Identity;
use super::row::{Sound, optional, sealed, text_cell, time_cell};
use super::step::Step;
use crate::clock::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
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
        let mut statement = db.prepare_cached(
            "SELECT owner, pid, started, boot, space, beat, seen, sum FROM owners WHERE owner = ?1",
        )?;
        let mut rows = statement.query([owner])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let row = Sound::<7>::verify("owners", row, 0)?;
        let identity = Identity {
            pid: row.int(1)?,
            started: row.optional_int(2)?,
            boot: row.optional_text(3)?.map(str::to_owned),
            space: row.optional_text(4)?.map(str::to_owned),
        };
        Ok(Some(Self { number: row.int(0)?, identity, beat: row.int(5)?, seen: row.time(6)? }))
    }

    /// Its row.
    fn write(&self, db: &Connection) -> Result<(), Fault> {
        let Self { number, identity, beat, seen } = self;
        let text = |text: &Option<String>| optional(text.as_deref().map(text_cell));
        let cells = vec![
            Value::Integer(*number),
            Value::Integer(identity.pid),
            optional(identity.started.map(Value::Integer)),
            text(&identity.boot),
            text(&identity.space),
            Value::Integer(*beat),
            time_cell(*seen),
        ];
        let write = "INSERT INTO owners (owner, pid, started, boot, space, beat, seen, sum) VALUES (?,?,?,?,?,?,?,?) \
                     ON CONFLICT (owner) DO UPDATE SET pid = excluded.pid, started = excluded.started, \
                     boot = excluded.boot, space = excluded.space, beat = excluded.beat, seen = excluded.seen, \
                     sum = excluded.sum";
        db.prepare_cached(write)?.execute(params_from_iter(sealed("owners", cells)))?;
        Ok(())
    }

    /// Writes down that this process is here, and forgets those that are gone and own nothing.
    ///
    /// One transaction: between two, another process may take a run and die, and then it owns something.
    pub(super) fn enrol(db: &Connection, me: &Identity, now: Timestamp) -> Result<i64, Fault> {
        let step = Step::begin(db)?;
        for owner in Self::idle(&step)? {
            // Of one that cannot be read nothing would be lost either.
            if !matches!(Self::read(&step, owner), Ok(Some(owner)) if !owner.identity.is_gone(me)) {
                Self::forget(&step, owner)?;
            }
        }
        // Never one that was forgotten: a process that is asleep may still take itself for that.
        let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'owners'), 0) + 1";
        let number = step.query_row(next, [], |row| row.get(0))?;
        Self { number, identity: me.clone(), beat: 0, seen: now }.write(&step)?;
        step.commit()?;
        Ok(number)
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

    /// One heartbeat of this process, within the caller's transaction.
    pub(super) fn beat(db: &Connection, number: i64, me: &Identity, now: Timestamp) -> Result<(), Fault> {
        // If what is written of it is gone or damaged, it is written again.
        let beat = Self::read(db, number).ok().flatten().map_or(0, |owner| owner.beat) + 1;
        Self { number, identity: me.clone(), beat, seen: now }.write(db)
    }

    /// This process leaves. One that still has a run stays written down: whoever takes the run counts its work.
    pub(super) fn leave(db: &Connection, me: i64) -> Result<(), Fault> {
        let step = Step::begin(db)?;
        step.execute("DELETE FROM inbox WHERE owner = ?1", [me])?;
        let left: i64 =
            step.query_row("SELECT count(*) FROM standings WHERE owner = ?1", [me], |row| row.get(0))?;
        if left == 0 {
            Self::forget(&step, me)?;
        }
        step.commit()
    }
}

/// Before the file is brought to a newer version: a process that knows the older one only would go on writing
/// that.
pub(super) fn none_works(db: &Connection) -> Result<(), Fault> {
    let me = Identity::mine();
    // What every version has: their checksums are of one of them.
    let mut all = db.prepare("SELECT pid, started, boot, space FROM owners")?;
    let all = all.query_map([], |row| {
        Ok(Identity { pid: row.get(0)?, started: row.get(1)?, boot: row.get(2)?, space: row.get(3)? })
    })?;
    for identity in all {
        let identity = identity?;
        if identity.is_here(&me) {
            let what = "has an older version, and process";
            let then = "still works with that: stop it, and open the file again; nothing was changed";
            return Err(Fault::Storage(format!("{what} {} {then}", identity.pid)));
        }
    }
    Ok(())
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

    /// This process.
    pub(super) fn me(&self) -> &Identity {
        &self.me
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
        let db = open();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        super::super::schema::migrate(&db).unwrap();
        let gone = Identity { pid: 0, started: Some(1), ..Identity::mine() };
        assert!(gone.is_gone(&Identity::mine()));
        let gone = Owner::enrol(&db, &gone, Timestamp(0)).unwrap();
        let run = "INSERT INTO graphs VALUES (1, 'f', '[]', 0);
            INSERT INTO runs VALUES (1, 'r', 'p', 1, '0', x'', '0', NULL, 0, NULL, 0, 0)";
        db.execute_batch(run).unwrap();
        let taking = Step::begin(&db).unwrap();
        let taken = "INSERT INTO standings (run, status, owner, token, changed, cancelled, replied, takeovers, active, \
                     sum) VALUES (1, 'begun', ?1, 1, 0, 0, 0, 0, 0, 0)";
        taking.execute(taken, [gone]).unwrap();
        let other = open();
        let enrols = std::thread::spawn(move || Owner::enrol(&other, &Identity::mine(), Timestamp(0)));
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
