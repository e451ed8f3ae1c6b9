//! The processes that share the file, and how dead ones are distinguished from live ones.

use crate::StorageError;
use crate::process_identity::ProcessIdentity;
use crate::row::{VerifiedRow, optional, text_cell, time_cell, with_checksum};
use crate::transaction::Transaction;
use flujo::clock::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A process that executes runs, as stored in its row.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    number: i64,
    identity: ProcessIdentity,
    heartbeat: i64,
    /// The time of its last heartbeat, on its own clock: the working time of a dead process ends there.
    pub(crate) seen: Timestamp,
}

impl Owner {
    pub(crate) fn read(db: &Connection, owner: i64) -> Result<Option<Self>, StorageError> {
        let mut statement = db.prepare_cached(
            "SELECT owner, pid, started, boot, space, beat, seen, sum FROM owners WHERE owner = ?1",
        )?;
        let mut rows = statement.query([owner])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let row = VerifiedRow::<7>::verify("owners", row, 0)?;
        let identity = ProcessIdentity {
            pid: row.int(1)?,
            started: row.optional_int(2)?,
            boot: row.optional_text(3)?.map(str::to_owned),
            space: row.optional_text(4)?.map(str::to_owned),
        };
        Ok(Some(Self { number: row.int(0)?, identity, heartbeat: row.int(5)?, seen: row.time(6)? }))
    }

    /// Writes the row.
    fn write(&self, db: &Connection) -> Result<(), StorageError> {
        let Self { number, identity, heartbeat, seen } = self;
        let text = |text: &Option<String>| optional(text.as_deref().map(text_cell));
        let cells = vec![
            Value::Integer(*number),
            Value::Integer(identity.pid),
            optional(identity.started.map(Value::Integer)),
            text(&identity.boot),
            text(&identity.space),
            Value::Integer(*heartbeat),
            time_cell(*seen),
        ];
        let write = "INSERT INTO owners (owner, pid, started, boot, space, beat, seen, sum) VALUES (?,?,?,?,?,?,?,?) \
                     ON CONFLICT (owner) DO UPDATE SET pid = excluded.pid, started = excluded.started, \
                     boot = excluded.boot, space = excluded.space, beat = excluded.beat, seen = excluded.seen, \
                     sum = excluded.sum";
        db.prepare_cached(write)?.execute(params_from_iter(with_checksum("owners", cells)))?;
        Ok(())
    }

    /// Inserts this process, and deletes dead ones that own no run; returns the number of this process.
    ///
    /// In one transaction: in between, a process could claim a run and die, and would own something.
    pub(crate) fn register(
        db: &Connection,
        me: &ProcessIdentity,
        now: Timestamp,
    ) -> Result<i64, StorageError> {
        let transaction = Transaction::begin(db)?;
        for owner in Self::idle(&transaction)? {
            // An unreadable row has nothing to lose.
            if !matches!(Self::read(&transaction, owner), Ok(Some(owner)) if !owner.identity.is_gone(me)) {
                Self::forget(&transaction, owner)?;
            }
        }
        // Never reuses the number of a deleted process: if that one was only suspended, it still uses it.
        let next = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'owners'), 0) + 1";
        let number = transaction.query_row(next, [], |row| row.get(0))?;
        Self { number, identity: me.clone(), heartbeat: 0, seen: now }.write(&transaction)?;
        transaction.commit()?;
        Ok(number)
    }

    /// Reads the numbers of processes that own no run.
    fn idle(db: &Connection) -> Result<Vec<i64>, StorageError> {
        let mut idle = db.prepare(
            "SELECT owner FROM owners WHERE owner NOT IN (SELECT owner FROM standings WHERE owner IS NOT NULL)",
        )?;
        let idle = idle.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(idle)
    }

    fn forget(db: &Connection, owner: i64) -> Result<(), StorageError> {
        db.execute("DELETE FROM inbox WHERE owner = ?1", [owner])?;
        db.execute("DELETE FROM owners WHERE owner = ?1", [owner])?;
        Ok(())
    }

    /// Writes a heartbeat of this process, within the caller's transaction.
    pub(crate) fn heartbeat(
        db: &Connection,
        number: i64,
        me: &ProcessIdentity,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        // A missing or damaged row is written again.
        let heartbeat = Self::read(db, number).ok().flatten().map_or(0, |owner| owner.heartbeat) + 1;
        Self { number, identity: me.clone(), heartbeat, seen: now }.write(db)
    }

    /// Deletes this process. If it still owns a run its row stays, since the next owner counts its working
    /// time.
    pub(crate) fn leave(db: &Connection, me: i64) -> Result<(), StorageError> {
        let transaction = Transaction::begin(db)?;
        transaction.execute("DELETE FROM inbox WHERE owner = ?1", [me])?;
        let left: i64 =
            transaction
                .query_row("SELECT count(*) FROM standings WHERE owner = ?1", [me], |row| row.get(0))?;
        if left == 0 {
            Self::forget(&transaction, me)?;
        }
        transaction.commit()
    }
}

/// Refuses a migration while a process uses the older version: it would keep writing that.
pub(crate) fn refuse_live_owners(db: &Connection) -> Result<(), StorageError> {
    let me = ProcessIdentity::mine();
    // These columns exist in every version; the checksum differs between versions.
    let mut all = db.prepare("SELECT pid, started, boot, space FROM owners")?;
    let all = all.query_map([], |row| {
        Ok(ProcessIdentity { pid: row.get(0)?, started: row.get(1)?, boot: row.get(2)?, space: row.get(3)? })
    })?;
    for identity in all {
        let identity = identity?;
        if identity.is_here(&me) {
            let what = "the file has an older version, and process";
            let then = "still works with it: stop that, and open the file again; nothing was changed";
            return Err(StorageError::failed(format!("{what} {} {then}", identity.pid)));
        }
    }
    Ok(())
}

/// Decides whether an owner is dead: by its process if that is visible here, else by its heartbeat, measured
/// on the monotonic clock of this process. Wall clocks are not used.
#[derive(Debug)]
pub(crate) struct LeaseMonitor {
    me: ProcessIdentity,
    lease: Duration,
    seen: Mutex<HashMap<i64, (i64, Instant)>>,
}

impl LeaseMonitor {
    pub(crate) fn new(me: ProcessIdentity, lease: Duration) -> Self {
        Self { me, lease, seen: Mutex::default() }
    }

    /// Returns the identity of this process.
    pub(crate) fn me(&self) -> &ProcessIdentity {
        &self.me
    }

    /// True if this owner is dead, or had no heartbeat for the duration of a lease.
    pub(crate) fn is_gone(&self, owner: &Owner) -> bool {
        if owner.identity.is_gone(&self.me) {
            return true;
        }
        let now = Instant::now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (heartbeat, since) = seen.entry(owner.number).or_insert((owner.heartbeat, now));
        if *heartbeat != owner.heartbeat {
            (*heartbeat, *since) = (owner.heartbeat, now);
        }
        now.duration_since(*since) >= self.lease
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(heartbeat: i64) -> Owner {
        let identity = ProcessIdentity { boot: None, ..ProcessIdentity::mine() };
        Owner { number: 7, identity, heartbeat, seen: Timestamp(0) }
    }

    #[test]
    fn a_heart_that_stands_still_for_a_lease_is_gone_and_one_that_beats_is_not() {
        let monitor = LeaseMonitor::new(ProcessIdentity::mine(), Duration::from_millis(50));
        assert!(!monitor.is_gone(&owner(1)));
        std::thread::sleep(Duration::from_millis(60));
        // A heartbeat arrived meanwhile: the lease starts again.
        assert!(!monitor.is_gone(&owner(2)));
        assert!(!monitor.is_gone(&owner(2)));
        std::thread::sleep(Duration::from_millis(60));
        assert!(monitor.is_gone(&owner(2)));
    }

    #[test]
    fn nobody_is_gone_at_first_sight() {
        let monitor = LeaseMonitor::new(ProcessIdentity::mine(), Duration::from_millis(1));
        assert!(!monitor.is_gone(&owner(1)));
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
        crate::migrations::migrate(&db).unwrap();
        let gone = ProcessIdentity { pid: 0, started: Some(1), ..ProcessIdentity::mine() };
        assert!(gone.is_gone(&ProcessIdentity::mine()));
        let gone = Owner::register(&db, &gone, Timestamp(0)).unwrap();
        let run = "INSERT INTO graphs VALUES (1, 'f', '[]', 0);
            INSERT INTO runs VALUES (1, 'r', 'p', 0, NULL, NULL, NULL, 1, x'', NULL, 0, NULL, '0', '0', 0)";
        db.execute_batch(run).unwrap();
        let taking = Transaction::begin(&db).unwrap();
        let taken = "INSERT INTO standings (run, status, owner, token, pipeline, changed, cancelled, replied, takeovers, \
                     active, sum) VALUES (1, 'begun', ?1, 1, 'p', 0, 0, 0, 0, 0, 0)";
        taking.execute(taken, [gone]).unwrap();
        let other = open();
        let enrols =
            std::thread::spawn(move || Owner::register(&other, &ProcessIdentity::mine(), Timestamp(0)));
        std::thread::sleep(Duration::from_millis(50));
        taking.commit().unwrap();
        assert_eq!(enrols.join().unwrap().unwrap(), gone + 1);
        assert!(Owner::read(&db, gone).unwrap().is_some(), "it owns a run");
        drop(db);
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(crate::open::beside(&path, suffix));
        }
    }
}
