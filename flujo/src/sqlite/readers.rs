//! Threads that read, beside the one that writes: a write-ahead log lets them.

use super::told::{self, Told};
use super::{Fault, open};
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// So many read at the same time.
const READERS: usize = 2;

type Look = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    /// Nothing once they are told to end.
    send: Option<Sender<Look>>,
    threads: Vec<JoinHandle<()>>,
    blocking: bool,
}

impl Readers {
    pub(super) fn start(path: &Path, blocking: bool) -> Result<Self, Fault> {
        let (send, receive) = channel::<Look>();
        let receive = Arc::new(Mutex::new(receive));
        let mut readers = Self { send: Some(send), threads: Vec::new(), blocking };
        for _ in 0..READERS {
            let (db, receive) = (open::reader(path)?, Arc::clone(&receive));
            let thread = std::thread::Builder::new().name("flujo-sqlite-reader".to_owned());
            let thread = thread.spawn(move || read(&db, &receive));
            let thread = thread.map_err(|e| Fault::Storage(format!("no thread to read with: {e}")))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    pub(super) async fn read<T, F>(&self, look: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.send(look).await
    }

    /// The same, begun at once.
    pub(super) fn send<T, F>(&self, look: F) -> Told<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (tell, told) = told::channel(self.blocking);
        let look: Look = Box::new(move |db| {
            let _ = tell.send(look(db));
        });
        if let Some(send) = &self.send {
            // Where nobody reads any more, `told` hears of it, because `tell` is dropped.
            let _ = send.send(look);
        }
        told
    }
}

/// Closes their connections: the one that writes is the last, and tidies up.
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

fn read(db: &Connection, receive: &Mutex<Receiver<Look>>) {
    loop {
        let look = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match look {
            Ok(look) => look(db),
            // Nobody asks any more.
            Err(_) => return,
        }
    }
}
