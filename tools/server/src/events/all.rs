use super::feed::{Feed, newest, since};
use super::told::Told;
use super::watched::{Place, Watching};
use crate::change_place::place;
use crate::data::RunBody;
use crate::problem::Problem;
use flujo::clock::Timestamp;
use flujo::engine::{RunCursor, RunId, RunOrder, RunSummary};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::watch;

/// A viewer of all runs.
pub(crate) struct AllViewer {
    watching: Watching,
    feed: Arc<Feed>,
    /// The change of the feed that is next.
    next: u64,
    /// The change that was told last.
    at: RunCursor,
    /// What was read for this viewer alone, and is told first.
    read: VecDeque<RunSummary>,
    /// The changes that were read so, which come by the feed too.
    told: HashMap<RunId, Timestamp>,
    /// True until the viewer was told where the stream begins.
    is_new: bool,
    count: watch::Receiver<u64>,
    ends: watch::Receiver<bool>,
    _place: Place,
}

impl AllViewer {
    /// Begins behind a place, or with what changes from now on.
    pub(crate) async fn begin(watching: &Watching, after: Option<RunCursor>) -> Result<Self, Problem> {
        let place = watching.place()?;
        let feed = watching.all();
        let (next, count) = (feed.end(), feed.count.subscribe());
        let is_new = after.is_none();
        let at = match after {
            Some(after) => after,
            None => match newest(&**watching.control()).await? {
                Some(run) => RunOrder::Changed.cursor(&run),
                None => RunCursor { at: Timestamp::default(), id: RunId::from("") },
            },
        };
        let (read, told) = (VecDeque::new(), HashMap::new());
        let ends = watching.ends();
        let watching = watching.clone();
        let mut viewer = Self { watching, feed, next, at, read, told, is_new, count, ends, _place: place };
        viewer.read_on().await?;
        Ok(viewer)
    }

    /// Reads what changed behind the viewer's place, in place of what the feed has not kept.
    async fn read_on(&mut self) -> Result<(), Problem> {
        self.next = self.feed.end();
        let is_behind = |run: &RunSummary| (run.changed, &run.id) > (self.at.at, &self.at.id);
        let found = since(&**self.watching.control(), self.at.at).await?;
        self.read = found.into_iter().filter(is_behind).collect();
        self.told = self.read.iter().map(|run| (run.id.clone(), run.changed)).collect();
        Ok(())
    }

    fn tell(&mut self, run: &RunSummary) -> Told {
        self.at = self.at.clone().max_of(RunOrder::Changed.cursor(run));
        Told::at("run", place(&self.at), &RunBody::of(run))
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        if std::mem::take(&mut self.is_new) {
            return Some(Told::at("ready", place(&self.at), &serde_json::Value::Null));
        }
        loop {
            if let Some(run) = self.read.pop_front() {
                return Some(self.tell(&run));
            }
            match self.feed.get(self.next) {
                Ok(Some(run)) => {
                    self.next += 1;
                    if self.told.get(&run.id).is_none_or(|told| run.changed > *told) {
                        return Some(self.tell(&run));
                    }
                }
                Ok(None) => tokio::select! {
                    biased;
                    // A router that is not served never ends.
                Ok(_) = self.ends.wait_for(|ends| *ends) => return None,
                    changed = self.count.changed() => changed.ok()?,
                },
                // Without the engine, the viewer comes back later, to the place where it is.
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
