//! The writer thread, with group commit: queued jobs are written in one transaction, so that several runs
//! share one wait for the disk.

use crate::active_runs::ActiveRuns;
use crate::job_queue::{Job, JobQueue, Message};
use crate::owners::{LeaseMonitor, Owner};
use crate::run_writer::RunEntry;
use crate::transaction::Transaction;
use crate::wal::WalPreallocation;
use crate::{StorageError, claim, inbox};
use flujo::clock::Clock;
use rusqlite::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The maximum number of jobs in one transaction.
const BATCH: usize = 512;

/// The interval at which a process with active runs looks for notes of others.
const TICK: Duration = Duration::from_millis(50);

/// The time that the thread spins for the next job after a commit.
const AWAKE: Duration = Duration::from_micros(60);

/// The handle of the writer thread. Dropping it writes the queued jobs, and stops the thread.
pub(crate) struct Writer {
    jobs: JobQueue,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// The state of the writer thread.
pub(crate) struct WriterState {
    pub(crate) db: Connection,
    pub(crate) me: i64,
    pub(crate) monitor: Arc<LeaseMonitor>,
    pub(crate) active: Arc<ActiveRuns<RunEntry>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// The time between two heartbeats.
    pub(crate) heartbeat: Duration,
    pub(crate) wal: WalPreallocation,
}

impl Writer {
    pub(crate) fn start(state: WriterState, blocking: bool) -> Result<Self, StorageError> {
        let (send, receive) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let jobs = JobQueue { send, waiting: Arc::clone(&waiting), blocking };
        let now = Instant::now();
        let work = move || {
            WriterThread { state, receive, waiting, last_heartbeat: now, looked: now, version: 0 }.run();
        };
        let thread = std::thread::Builder::new().name("flujo-sqlite".to_owned()).spawn(work);
        let thread = thread.map_err(|e| StorageError::io("cannot start the writer thread", e))?;
        Ok(Self { jobs, thread: Mutex::new(Some(thread)) })
    }

    pub(crate) fn jobs(&self) -> &JobQueue {
        &self.jobs
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.jobs.send.send(Message::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The last clone may be dropped on the writer thread, which cannot join itself.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

struct WriterThread {
    state: WriterState,
    receive: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    last_heartbeat: Instant,
    /// The last time that it looked for changes of other processes.
    looked: Instant,
    /// SQLite's `data_version`: it differs after another connection has written.
    version: i64,
}

impl WriterThread {
    fn run(mut self) {
        loop {
            let mut next = match self.next() {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Close),
            };
            let (mut batch, mut flushes, mut close) = (Vec::new(), Vec::new(), false);
            while let Some(message) = next {
                match message {
                    Message::Job(job) => batch.push(job),
                    Message::Flush(completer) => flushes.push(completer),
                    Message::Close => {
                        close = true;
                        break;
                    }
                }
                next = if batch.len() < BATCH { self.receive.try_recv().ok() } else { None };
            }
            let control = batch.iter().any(|job| job.is_control());
            let idle = batch.is_empty();
            self.commit(batch);
            for completer in flushes {
                let _ = completer.send(Ok(()));
            }
            self.tick(control);
            if !idle {
                self.state.wal.committed(&self.state.db);
            }
            if close {
                self.close();
                return;
            }
        }
    }

    /// Waits for the next message; `None` if it is time for a tick.
    fn next(&self) -> Result<Option<Message>, RecvTimeoutError> {
        if self.state.active.may_block() {
            return self.receive.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected);
        }
        // After its write is acknowledged, a run usually has the next one at once: waking up for it would
        // take a good part of the time of a commit.
        let awake = Instant::now();
        while awake.elapsed() < AWAKE {
            match self.receive.try_recv() {
                Ok(message) => return Ok(Some(message)),
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            }
        }
        self.receive.recv_timeout(TICK.saturating_sub(self.looked.elapsed())).map(Some)
    }

    fn commit(&mut self, mut batch: Vec<Box<dyn Job>>) {
        let Some(ended) = self.together(&mut batch) else {
            // A job failed: retry each alone, so that the others do not fail with it.
            for mut job in batch {
                let ended = self.alone(job.as_mut());
                self.waiting.fetch_sub(1, Ordering::SeqCst);
                job.done(ended);
            }
            return;
        };
        for (job, ended) in batch.into_iter().zip(ended) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            job.done(ended);
        }
    }

    /// Applies all jobs in one transaction; `None` if it was rolled back.
    fn together(&mut self, batch: &mut [Box<dyn Job>]) -> Option<Vec<Result<(), StorageError>>> {
        match batch {
            [] => return Some(Vec::new()),
            [only] => return Some(vec![self.alone(only.as_mut())]),
            _ => {}
        }
        let transaction = Transaction::begin(&self.state.db).ok()?;
        let mut ended = Vec::with_capacity(batch.len());
        for job in batch {
            match job.apply(&transaction) {
                Err(StorageError::OwnershipLost) => ended.push(Err(StorageError::OwnershipLost)),
                Err(_) => return None,
                done => ended.push(done),
            }
        }
        transaction.commit().ok()?;
        Some(ended)
    }

    fn alone(&mut self, job: &mut dyn Job) -> Result<(), StorageError> {
        let transaction = Transaction::begin(&self.state.db)?;
        job.apply(&transaction)?;
        transaction.commit()
    }

    /// Looks for changes of other processes, and writes a heartbeat when it is time.
    fn tick(&mut self, control: bool) {
        // Between ticks the thread only commits, since callers wait for that.
        if self.state.active.may_block() || (!control && self.looked.elapsed() < TICK) {
            return;
        }
        self.looked = Instant::now();
        let version = self.state.db.prepare_cached("PRAGMA data_version");
        let version = version.and_then(|mut now| now.query_row([], |row| row.get(0))).unwrap_or(0);
        if (version != self.version || control) && self.deliver_notes().is_ok() {
            self.version = version;
        }
        if self.last_heartbeat.elapsed() >= self.state.heartbeat {
            let unreleased = self.state.active.unreleased();
            // A process that cannot write its heartbeat counts as dead: it cannot write anything else either.
            if self.write_heartbeat(&unreleased).is_ok() {
                self.last_heartbeat = Instant::now();
            } else {
                for (run, token) in unreleased {
                    self.state.active.release_later(run, token);
                }
            }
        }
        self.state.active.changed.notify_waiters();
    }

    fn deliver_notes(&self) -> Result<(), StorageError> {
        inbox::deliver(&self.state.db, self.state.me, &self.state.active)
    }

    /// Writes a heartbeat, and releases the runs that could not be released before.
    fn write_heartbeat(&self, unreleased: &[(i64, i64)]) -> Result<(), StorageError> {
        let WriterState { db, me, monitor, clock, .. } = &self.state;
        let transaction = Transaction::begin(db)?;
        for (run, token) in unreleased {
            claim::release(&transaction, *run, *me, *token)?;
        }
        Owner::heartbeat(&transaction, *me, monitor.me(), clock.now())?;
        transaction.commit()
    }

    /// Fails the remaining jobs, and deletes this process from `owners`.
    fn close(&mut self) {
        while let Ok(message) = self.receive.try_recv() {
            if let Message::Job(job) = message {
                self.waiting.fetch_sub(1, Ordering::SeqCst);
                job.done(Err(StorageError::closed()));
            }
        }
        let _ = Owner::leave(&self.state.db, self.state.me);
    }
}
