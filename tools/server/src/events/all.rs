use super::feed::{Feed, newest};
use super::past::Past;
use super::stream_event::StreamEvent;
use super::watched::{Place, Watching};
use crate::data::RunBody;
use crate::places::place;
use crate::problem::Problem;
use flujo::clock::Timestamp;
use flujo::engine::{RunCursor, RunId, RunOrder, RunSummary};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// A viewer of all runs.
pub(crate) struct AllViewer {
    watching: Watching,
    feed: Arc<Feed>,
    /// The change of the feed that is next.
    next: u64,
    /// The change that was sent last.
    at: RunCursor,
    /// The changes that are read for this viewer alone, and are sent first.
    past: Past,
    /// The changes that were read so and may come by the feed too.
    sent: HashMap<RunId, Timestamp>,
    /// Older changes than this do not come by the feed any more.
    horizon: Timestamp,
    /// True until `ready` was sent.
    is_new: bool,
    count: watch::Receiver<u64>,
    ends: watch::Receiver<bool>,
    _place: Place,
}

impl AllViewer {
    /// Begins behind a place, or with what changes from now on.
    pub(crate) async fn begin(watching: &Watching, after: Option<RunCursor>) -> Result<Self, Problem> {
        let place = watching.place()?;
        // Before the feed is waited for: if the engine fails, the viewer gets the error at once.
        let last = newest(&**watching.control()).await?;
        let feed = watching.all();
        feed.begun().await;
        let is_new = after.is_none();
        let before_all = || RunCursor { at: Timestamp::default(), id: RunId::from("") };
        let now = || last.map_or_else(before_all, |run| RunOrder::Changed.cursor(&run));
        let mut viewer = Self {
            watching: watching.clone(),
            next: 0,
            at: after.unwrap_or_else(now),
            past: Past::default(),
            sent: HashMap::new(),
            horizon: Timestamp::default(),
            is_new,
            count: feed.count.subscribe(),
            feed,
            ends: watching.ends(),
            _place: place,
        };
        viewer.read_on().await?;
        Ok(viewer)
    }

    /// Reads what changed behind the viewer's place, in place of what the feed has not kept.
    async fn read_on(&mut self) -> Result<(), Problem> {
        (self.next, self.horizon) = self.feed.end();
        self.sent.clear();
        self.past = Past::since(&**self.watching.control(), self.at.at).await?;
        Ok(())
    }

    fn event(&mut self, run: &RunSummary) -> StreamEvent {
        self.at = self.at.clone().max_of(RunOrder::Changed.cursor(run));
        StreamEvent::at("run", place(&self.at), &RunBody::of(run))
    }

    /// The next event; `None` at the end of the stream. Without the engine the stream ends, and the viewer comes back to
    /// the place where it is.
    pub(crate) async fn next(&mut self) -> Option<StreamEvent> {
        if std::mem::take(&mut self.is_new) {
            return Some(StreamEvent::at("ready", place(&self.at), &serde_json::Value::Null));
        }
        loop {
            if let Some(run) = self.past.next(&**self.watching.control(), &self.at).await.ok()? {
                if run.changed >= self.horizon {
                    self.sent.insert(run.id.clone(), run.changed);
                }
                return Some(self.event(&run));
            }
            match self.feed.get(self.next) {
                Ok(Some(run)) => {
                    self.next += 1;
                    if self.sent.get(&run.id).is_none_or(|sent| run.changed > *sent) {
                        return Some(self.event(&run));
                    }
                }
                Ok(None) => tokio::select! {
                    biased;
                    // A router that is not served never ends.
                    Ok(_) = self.ends.wait_for(|ends| *ends) => return None,
                    changed = self.count.changed() => changed.ok()?,
                },
                Err(()) => self.read_on().await.ok()?,
            }
        }
    }
}

/// The later of two places, in the order of changes.
trait Later {
    fn max_of(self, other: Self) -> Self;
}
impl Later for RunCursor {
    fn max_of(self, other: Self) -> Self {
        if (self.at, &self.id) < (other.at, &other.id) { other } else { self }
    }
}
