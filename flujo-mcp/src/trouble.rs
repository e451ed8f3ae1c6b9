//! Notes on a connection besides its answers: lines on the standard error of a process, and how it ended.

use crate::config::{Config, Reach};
use crate::failure::Failure;
use crate::secrets::Secrets;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How many lines of the standard error are kept.
const LAST_LINES: usize = 3;

/// How long a lost connection waits for the end of its process, which says why.
const FAREWELL: Duration = Duration::from_millis(500);

/// The notes of one connection.
pub(crate) struct Trouble {
    server: Arc<Config>,
    notes: Mutex<Notes>,
    ended: Notify,
}

#[derive(Default)]
struct Notes {
    /// Why this side gave up.
    cause: Option<String>,
    /// How the process ended.
    end: Option<String>,
    /// Lines of the standard output that are no JSON, and the first of them.
    garbage: usize,
    first: String,
    last_words: VecDeque<String>,
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trouble").finish_non_exhaustive()
    }
}

impl Trouble {
    pub(crate) fn new(server: &Arc<Config>) -> Arc<Self> {
        let (notes, ended) = (Mutex::default(), Notify::new());
        Arc::new(Self { server: Arc::clone(server), notes, ended })
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn secrets(&self) -> &Secrets {
        &self.server.secrets
    }

    /// Notes why this side ends the connection.
    pub(crate) fn gave_up(&self, cause: String) {
        self.notes().cause.get_or_insert(cause);
    }

    /// Notes how the process ended.
    pub(crate) fn ended(&self, end: String) {
        self.notes().end.get_or_insert(end);
        self.ended.notify_waiters();
    }

    /// Notes a line of the standard output that is no message.
    pub(crate) fn garbage(&self, line: &[u8]) {
        let mut notes = self.notes();
        if notes.garbage == 0 {
            notes.first = self.secrets().quoted(&String::from_utf8_lossy(line));
        }
        notes.garbage += 1;
    }

    /// Notes a line of the standard error.
    pub(crate) fn said(&self, line: &[u8]) {
        let line = self.secrets().quoted(&String::from_utf8_lossy(line));
        if line.is_empty() {
            return;
        }
        let mut notes = self.notes();
        if notes.last_words.len() == LAST_LINES {
            notes.last_words.pop_front();
        }
        notes.last_words.push_back(line);
    }

    /// Returns what may explain a server that does not answer; empty if nothing does.
    pub(crate) fn hints(&self) -> String {
        let notes = self.notes();
        let mut hints = Vec::new();
        match notes.garbage {
            0 => {}
            1 => hints.push(format!(
                "it wrote a line to its standard output that is no JSON-RPC: `{}`",
                notes.first
            )),
            n => hints.push(format!(
                "it wrote {n} lines to its standard output that are no JSON-RPC, the first: `{}`",
                notes.first
            )),
        }
        if !notes.last_words.is_empty() {
            let words: Vec<_> = notes.last_words.iter().map(String::as_str).collect();
            hints.push(format!("the end of its standard error: `{}`", words.join(" | ")));
        }
        hints.join("; ")
    }

    /// Returns the failure of a connection that was lost.
    pub(crate) async fn lost(&self) -> Failure {
        let known = || {
            let notes = self.notes();
            notes.cause.clone().or_else(|| notes.end.clone())
        };
        let waiting = async {
            loop {
                let notified = self.ended.notified();
                if known().is_some() {
                    return;
                }
                notified.await;
            }
        };
        if matches!(self.server.reach, Reach::Process(_)) {
            let _ = timeout(FAREWELL, waiting).await;
        }
        let cause = known().unwrap_or_else(|| "the server closed the connection".to_owned());
        Failure::passing(cause).and("it is connected to again at the next use").and(&self.hints())
    }
}
