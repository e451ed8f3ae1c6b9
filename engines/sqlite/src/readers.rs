//! The reader threads: with a write-ahead log they read while the writer thread writes.

use crate::completion::{self, Completion};
use crate::{StorageError, open};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The number of reader threads.
const READERS: usize = 2;

type Query = Box<dyn FnOnce(&Connection) + Send>;

pub(crate) struct Readers {
    /// `None` once the threads have to stop.
    send: Option<Sender<Query>>,
    threads: Vec<JoinHandle<()>>,
    blocking: bool,
}

impl Readers {
    pub(crate) fn start(path: &Path, blocking: bool) -> Result<Self, StorageError> {
        let (send, receive) = channel::<Query>();
        let receive = Arc::new(Mutex::new(receive));
        let mut readers = Self { send: Some(send), threads: Vec::new(), blocking };
        for _ in 0..READERS {
            let (db, receive) = (open::reader(path)?, Arc::clone(&receive));
            let thread = std::thread::Builder::new().name("flujo-sqlite-reader".to_owned());
            let thread = thread.spawn(move || read(&db, &receive));
            let thread = thread.map_err(|e| StorageError::io("cannot start a reader thread", e))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StorageError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        self.send(query).await
    }

    /// Hands a query to a thread; the result may be awaited later.
    pub(crate) fn send<T, F>(&self, query: F) -> Completion<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    {
        let (completer, completion) = completion::channel(self.blocking);
        let query: Query = Box::new(move |db| {
            let _ = completer.send(query(db));
        });
        if let Some(send) = &self.send {
            // If the threads have stopped the completer is dropped, and the completion reports that.
            let _ = send.send(query);
        }
        completion
    }
}

/// Closes their connections first: the writer's connection is the last, and checkpoints the log.
impl Drop for Readers {
    fn drop(&mut self) {
        self.send = None;
        for thread in self.threads.drain(..) {
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn read(db: &Connection, receive: &Mutex<Receiver<Query>>) {
    loop {
        let query = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match query {
            Ok(query) => query(db),
            Err(_) => return,
        }
    }
}
