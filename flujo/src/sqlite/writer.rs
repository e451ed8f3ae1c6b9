//! The one thread that writes: what several runs want to write at the same time becomes one transaction, and
//! so one wait for the disk.

use super::live::Live;
use super::log::Room;
use super::owners::{Judge, Owner};
use super::step::Step;
use super::told::{Tell, channel as tell_channel};
use super::{Fault, claim, inbox};
use crate::clock::Clock;
use rusqlite::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// At most so many writes in one transaction.
const BATCH: usize = 512;

/// So often a process that works on runs looks whether others have left a note.
const TICK: Duration = Duration::from_millis(50);

/// So long it stays awake after a commit.
const AWAKE: Duration = Duration::from_micros(60);

/// Something to be written.
pub(super) trait Job: Send {
    /// Does its part of a transaction. It is called again, alone, if what it was together with failed.
    fn apply(&mut self, db: &Connection) -> Result<(), Fault>;
    /// Hears how it ended, once that is durable.
    fn done(self: Box<Self>, ended: Result<(), Fault>);
    /// Whether it may concern a run that this process works on, without coming from that.
    fn is_control(&self) -> bool {
        false
    }
}

enum Message {
    Job(Box<dyn Job>),
    Flush(Tell<()>),
    Close,
}

/// Where jobs are handed in. They are done in this order.
#[derive(Clone)]
pub(super) struct Jobs {
    send: Sender<Message>,
    /// How many are not done.
    waiting: Arc<AtomicUsize>,
    /// Whether those who wait for one do so on their thread.
    pub(super) blocking: bool,
}

impl Jobs {
    pub(super) fn send(&self, job: Box<dyn Job>) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if let Err(refused) = self.send.send(Message::Job(job)) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            if let Message::Job(job) = refused.0 {
                job.done(Err(Fault::closed()));
            }
        }
    }

    /// Waits until everything that was handed in before is done.
    pub(super) async fn flush(&self) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return;
        }
        let (tell, told) = tell_channel(self.blocking);
        if self.send.send(Message::Flush(tell)).is_ok() {
            let _ = told.await;
        }
    }

    /// Does something in a transaction, and gives what it made once that is durable.
    pub(super) async fn call<T, F>(&self, control: bool, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (tell, told) = tell_channel(self.blocking);
        self.send(Box::new(Call { work, made: None, tell, control }));
        told.await
    }
}

impl Jobs {
    /// Does something in a transaction, some time.
    pub(super) fn hand_in(&self, work: impl FnMut(&Connection) -> Result<(), Fault> + Send + 'static) {
        let (tell, _) = tell_channel(false);
        self.send(Box::new(Call { work, made: None, tell, control: false }));
    }
}

struct Call<T, F> {
    work: F,
    made: Option<T>,
    tell: Tell<T>,
    control: bool,
}

impl<T: Send, F: FnMut(&Connection) -> Result<T, Fault> + Send> Job for Call<T, F> {
    fn apply(&mut self, db: &Connection) -> Result<(), Fault> {
        self.made = Some((self.work)(db)?);
        Ok(())
    }
    fn done(self: Box<Self>, ended: Result<(), Fault>) {
        let Self { made, tell, .. } = *self;
        let _ = tell.send(ended.and_then(|()| made.ok_or_else(Fault::closed)));
    }
    fn is_control(&self) -> bool {
        self.control
    }
}

/// The thread; dropping this writes what was handed in, and ends it.
pub(super) struct Writer {
    jobs: Jobs,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread works with.
pub(super) struct Desk {
    pub(super) db: Connection,
    pub(super) me: i64,
    pub(super) judge: Arc<Judge>,
    pub(super) live: Arc<Live>,
    pub(super) clock: Arc<dyn Clock>,
    /// So often its heart beats.
    pub(super) pulse: Duration,
    pub(super) room: Room,
}

impl Writer {
    pub(super) fn start(desk: Desk, blocking: bool) -> Result<Self, Fault> {
        let (send, receive) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let jobs = Jobs { send, waiting: Arc::clone(&waiting), blocking };
        let now = Instant::now();
        let work = move || Thread { desk, receive, waiting, beat: now, looked: now, version: 0 }.run();
        let thread = std::thread::Builder::new().name("flujo-sqlite".to_owned()).spawn(work);
        let thread = thread.map_err(|e| Fault::Storage(format!("no thread to write with: {e}")))?;
        Ok(Self { jobs, thread: Mutex::new(Some(thread)) })
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.jobs
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.jobs.send.send(Message::Close);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // On the thread itself nobody can wait for it.
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
            let _ = thread.join();
        }
    }
}

struct Thread {
    desk: Desk,
    receive: Receiver<Message>,
    waiting: Arc<AtomicUsize>,
    /// When its heart beat last.
    beat: Instant,
    /// When it last looked what others have written.
    looked: Instant,
    /// What SQLite said about changes by others.
    version: i64,
}

impl Thread {
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
                    Message::Flush(tell) => flushes.push(tell),
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
            for tell in flushes {
                let _ = tell.send(Ok(()));
            }
            self.tick(control);
            if !idle {
                self.desk.room.committed(&self.desk.db);
            }
            if close {
                self.leave();
                return;
            }
        }
    }

    /// The next message; nothing if it is time to look around.
    fn next(&self) -> Result<Option<Message>, RecvTimeoutError> {
        if self.desk.live.is_quiet() {
            return self.receive.recv().map(Some).map_err(|_| RecvTimeoutError::Disconnected);
        }
        // Whoever has just been told that something is durable mostly has the next thing to write at once: to be
        // woken up for it would take a good part of the time that the disk takes.
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
            // One of them cannot be written; the others can do nothing for it.
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

    /// All in one transaction; `None` if it came to nothing.
    fn together(&mut self, batch: &mut [Box<dyn Job>]) -> Option<Vec<Result<(), Fault>>> {
        match batch {
            [] => return Some(Vec::new()),
            [only] => return Some(vec![self.alone(only.as_mut())]),
            _ => {}
        }
        let step = Step::begin(&self.desk.db).ok()?;
        let mut ended = Vec::with_capacity(batch.len());
        for job in batch {
            match job.apply(&step) {
                Err(Fault::Busy(_) | Fault::Storage(_)) => return None,
                done => ended.push(done),
            }
        }
        step.commit().ok()?;
        Some(ended)
    }

    fn alone(&mut self, job: &mut dyn Job) -> Result<(), Fault> {
        let step = Step::begin(&self.desk.db)?;
        job.apply(&step)?;
        step.commit()
    }

    /// Looks at what others have written, and shows that it lives.
    fn tick(&mut self, control: bool) {
        // Between two looks it only writes: that is what somebody waits for.
        if self.desk.live.is_quiet() || (!control && self.looked.elapsed() < TICK) {
            return;
        }
        self.looked = Instant::now();
        let version = self.desk.db.prepare_cached("PRAGMA data_version");
        let version = version.and_then(|mut now| now.query_row([], |row| row.get(0))).unwrap_or(0);
        if (version != self.version || control) && inbox::deliver(&self.desk).is_ok() {
            self.version = version;
        }
        if self.beat.elapsed() >= self.desk.pulse {
            let stuck = self.desk.live.stuck();
            // If it cannot be written, others will think that this process is gone, and they will be right.
            if self.pulse(&stuck).is_ok() {
                self.beat = Instant::now();
            } else {
                for (run, token) in stuck {
                    self.desk.live.leave_later(run, token);
                }
            }
        }
        self.desk.live.changed.notify_waiters();
    }

    /// A heartbeat; and runs are left that could not be left when their time came.
    fn pulse(&self, stuck: &[(i64, i64)]) -> Result<(), Fault> {
        let Desk { db, me, judge, clock, .. } = &self.desk;
        let step = Step::begin(db)?;
        for (run, token) in stuck {
            claim::leave(&step, *run, *me, *token)?;
        }
        Owner::beat(&step, *me, judge.me(), clock.now())?;
        step.commit()
    }

    /// Whatever is handed in from now on is told that nobody writes it any more.
    fn leave(&mut self) {
        while let Ok(message) = self.receive.try_recv() {
            if let Message::Job(job) = message {
                self.waiting.fetch_sub(1, Ordering::SeqCst);
                job.done(Err(Fault::closed()));
            }
        }
        let _ = Owner::leave(&self.desk.db, self.desk.me);
    }
}
