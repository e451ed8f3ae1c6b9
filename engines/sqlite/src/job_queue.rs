//! The queue of the writer thread, and its jobs.

use crate::StorageError;
use crate::completion::{self, Completer};
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;

/// A job of the writer thread.
pub(crate) trait Job: Send {
    /// Does the job's part of a transaction. If the transaction of several jobs fails, each is retried in its
    /// own.
    fn apply(&mut self, db: &Connection) -> Result<(), StorageError>;
    /// Reports the result, once it is durable.
    fn done(self: Box<Self>, ended: Result<(), StorageError>);
    /// True if the job may concern an active run and does not come from its execution.
    fn is_control(&self) -> bool {
        false
    }
}

/// A message to the writer thread.
pub(crate) enum Message {
    Job(Box<dyn Job>),
    Flush(Completer<()>),
    Close,
}

/// The queue of the writer thread; jobs are done in order.
#[derive(Clone)]
pub(crate) struct JobQueue {
    pub(crate) send: Sender<Message>,
    /// The number of unfinished jobs.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// True if callers block their threads while they wait.
    pub(crate) blocking: bool,
}

impl JobQueue {
    pub(crate) fn send(&self, job: Box<dyn Job>) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        if let Err(refused) = self.send.send(Message::Job(job)) {
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            if let Message::Job(job) = refused.0 {
                job.done(Err(StorageError::closed()));
            }
        }
    }

    /// Waits until all earlier jobs are done.
    pub(crate) async fn flush(&self) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return;
        }
        let (completer, flushed) = completion::channel(self.blocking);
        if self.send.send(Message::Flush(completer)).is_ok() {
            let _ = flushed.await;
        }
    }

    /// Runs `work` in a transaction, and returns its result once it is durable.
    pub(crate) async fn call<T, F>(&self, control: bool, work: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnMut(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        let (completer, done) = completion::channel(self.blocking);
        self.send(Box::new(Call { work, result: None, completer, control }));
        done.await
    }

    /// Runs `work` in a transaction, without waiting for it.
    pub(crate) fn submit(&self, work: impl FnMut(&Connection) -> Result<(), StorageError> + Send + 'static) {
        let (completer, _) = completion::channel(false);
        self.send(Box::new(Call { work, result: None, completer, control: false }));
    }
}

struct Call<T, F> {
    work: F,
    result: Option<T>,
    completer: Completer<T>,
    control: bool,
}

impl<T: Send, F: FnMut(&Connection) -> Result<T, StorageError> + Send> Job for Call<T, F> {
    fn apply(&mut self, db: &Connection) -> Result<(), StorageError> {
        self.result = Some((self.work)(db)?);
        Ok(())
    }
    fn done(self: Box<Self>, ended: Result<(), StorageError>) {
        let Self { result, completer, .. } = *self;
        let not_applied = || StorageError::Internal("a job was committed that was not applied".to_owned());
        let _ = completer.send(ended.and_then(|()| result.ok_or_else(not_applied)));
    }
    fn is_control(&self) -> bool {
        self.control
    }
}
