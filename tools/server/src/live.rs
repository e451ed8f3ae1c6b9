//! The observer that tells the server at once.

use flujo::engine::RunId;
use flujo::events::{Chunks, Event, EventKind, Observer, Values};
use flujo::path::Path;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::{Notify, broadcast};

/// The capacity of the buffer of texts of a run; where a viewer is slower than a model the oldest are dropped, and the event
/// `dropped` says so.
const TEXTS: usize = 256;
/// The longest of them, in bytes; longer ones are several. With the number this bounds what is kept of a run.
const LONGEST: usize = 16 * 1024;

/// An observer of the runs of this process, for those who watch them through a server.
///
/// What is recorded is seen without it too, a moment later. With it, changes are seen at once, and so are the texts of
/// models while they are written, which are never recorded. It is cheap to clone: one clone observes, and the other is
/// handed to [`Server::live`](crate::Server::live).
///
/// ```
/// use flujo::Flujo;
/// use flujo_server::{Live, Server};
///
/// # fn main() -> Result<(), flujo::Error> {
/// let live = Live::new();
/// let flujo = Flujo::builder().observer(live.clone()).build()?;
/// let server = Server::new(flujo).live(live);
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Live {
    signals: Arc<Signals>,
    chunks: Chunks,
}

#[derive(Default)]
struct Signals {
    runs: Mutex<HashMap<RunId, Weak<RunSignals>>>,
    /// Some run changed.
    any: Notify,
}

/// The signals of one run that somebody watches.
pub(crate) struct RunSignals {
    /// Something was recorded.
    pub(crate) changed: Notify,
    pub(crate) texts: broadcast::Sender<Text>,
}

/// A thing that happens and is not recorded.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) kind: TextKind,
    pub(crate) path: Path,
    pub(crate) attempt: u32,
    pub(crate) said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextKind {
    Began,
    Chunk,
    Reasoning,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("watched", &self.runs().len()).finish_non_exhaustive()
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Live {
    /// Creates an observer that shows the texts of the last steps.
    pub fn new() -> Self {
        Self { signals: Arc::default(), chunks: Chunks::default() }
    }

    /// Sets the steps whose texts are shown while they are written.
    ///
    /// ```
    /// use flujo::events::Chunks;
    /// use flujo_server::Live;
    /// // For pages that show whole answers only.
    /// let live = Live::new().chunks(Chunks::None);
    /// # drop(live);
    /// ```
    #[must_use]
    pub fn chunks(mut self, chunks: Chunks) -> Self {
        self.chunks = chunks;
        self
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<RunId, Weak<RunSignals>>> {
        self.signals.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The signals of a run, for as long as somebody holds them.
    pub(crate) fn of_run(&self, id: &RunId) -> Arc<RunSignals> {
        let mut runs = self.runs();
        if let Some(known) = runs.get(id).and_then(Weak::upgrade) {
            return known;
        }
        runs.retain(|_, signals| signals.strong_count() > 0);
        let signals = Arc::new(RunSignals { changed: Notify::new(), texts: broadcast::channel(TEXTS).0 });
        runs.insert(id.clone(), Arc::downgrade(&signals));
        signals
    }

    /// Completes once some run has changed.
    pub(crate) async fn any(&self) {
        self.signals.any.notified().await;
    }
}

#[flujo::async_trait]
impl Observer for Live {
    async fn event(&self, event: &Event) {
        let signals = self.runs().get(&event.run_id).and_then(Weak::upgrade);
        let said = match &event.kind {
            EventKind::Chunk { attempt, text } => Some((TextKind::Chunk, *attempt, text.as_str())),
            EventKind::Reasoning { attempt, text } => Some((TextKind::Reasoning, *attempt, text.as_str())),
            EventKind::AttemptStarted { attempt, .. } => Some((TextKind::Began, *attempt, "")),
            _ => None,
        };
        match (said, signals) {
            (Some((kind, attempt, text)), Some(signals)) => {
                for part in parts(text) {
                    let text = Text { kind, path: event.path.clone(), attempt, said: part.to_owned() };
                    // An error says that there is no receiver.
                    let _ = signals.texts.send(text);
                }
            }
            (Some(_), None) => {}
            (None, signals) => {
                if let Some(signals) = signals {
                    signals.changed.notify_one();
                }
                self.signals.any.notify_one();
            }
        }
    }

    fn wants(&self) -> Values {
        Values { chunks: self.chunks, ..Values::default() }
    }
}

/// A text in parts of at most [`LONGEST`] bytes; one part if there is nothing in it.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut left = Some(text);
    std::iter::from_fn(move || {
        let text = left?;
        if text.len() <= LONGEST {
            return left.take();
        }
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let (part, rest) = text.split_at_checked(end)?;
        left = Some(rest);
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(parts("").collect::<Vec<_>>(), [""]);
        let long = format!("a{}", "\u{1f600}".repeat(LONGEST / 2));
        let all: Vec<_> = parts(&long).collect();
        assert_eq!(all.concat(), long);
        assert_eq!(all.iter().map(|part| part.len()).collect::<Vec<_>>(), [LONGEST - 3, LONGEST, 4]);
    }
}
