use super::feed::Feed;
use crate::live::{Live, RunSignals};
use crate::problem::{Kind, Problem};
use crate::settings::Settings;
use flujo::ErrorKind;
use flujo::engine::{RunId, RunState, RunView};
use flujo::run::Control;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The pause after a signal, in which further signals come together.
pub(super) const PAUSE: Duration = Duration::from_millis(10);

/// The looks at single runs in a second, however many of them are watched: the runs keep the processor.
const LOOKS: u32 = 200;

/// The runs that somebody watches: each is looked at once, for all of its viewers.
#[derive(Clone)]
pub(crate) struct Watching(Arc<Inner>);

struct Inner {
    control: Arc<dyn Control>,
    live: Live,
    settings: Settings,
    runs: Mutex<HashMap<RunId, Weak<Watched>>>,
    feed: Mutex<Weak<Feed>>,
    viewers: Arc<Semaphore>,
    /// The number of runs that somebody watches.
    watched: Arc<AtomicUsize>,
    ends: watch::Receiver<bool>,
}

/// What was seen of a run last.
#[derive(Clone)]
pub(crate) enum Seen {
    /// Everything that is recorded.
    View(Arc<RunView>),
    /// The run was deleted.
    Gone,
}

/// A run with at least one viewer.
pub(crate) struct Watched {
    pub(crate) seen: watch::Sender<Seen>,
    pub(crate) signals: Arc<RunSignals>,
    /// The number of runs that somebody watches.
    count: Arc<AtomicUsize>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Watched {
    fn new(view: Arc<RunView>, signals: Arc<RunSignals>, count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self { seen: watch::channel(Seen::View(view)).0, signals, count }
    }

    /// The pause after a signal, in which further signals come together: the more runs are watched, the longer.
    fn pause(&self) -> Duration {
        let watched = u32::try_from(self.count.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        PAUSE.max(Duration::from_secs(1) * watched / LOOKS)
    }
}

/// The place of a viewer among the most that there may be.
pub(crate) type Place = OwnedSemaphorePermit;

impl Watching {
    pub(crate) fn new(
        control: Arc<dyn Control>,
        live: Live,
        settings: Settings,
        ends: watch::Receiver<bool>,
    ) -> Self {
        let viewers = Arc::new(Semaphore::new(settings.viewers.min(Semaphore::MAX_PERMITS)));
        let (runs, feed) = (Mutex::default(), Mutex::new(Weak::new()));
        Self(Arc::new(Inner { control, live, settings, runs, feed, viewers, watched: Arc::default(), ends }))
    }

    /// Takes the place of a viewer.
    pub(crate) fn place(&self) -> Result<Place, Problem> {
        let place = Arc::clone(&self.0.viewers).try_acquire_owned();
        place.map_err(|_| Problem::new(Kind::TooMany, "too many streams of events are open: try again later"))
    }

    /// Becomes true when the server ends.
    pub(crate) fn ends(&self) -> watch::Receiver<bool> {
        self.0.ends.clone()
    }

    /// Everything that is recorded of a run now.
    pub(super) async fn view(&self, id: &RunId) -> Result<RunView, Problem> {
        Ok(self.0.control.inspect(id).await?)
    }

    pub(super) fn control(&self) -> &Arc<dyn Control> {
        &self.0.control
    }

    /// The time between two signs of life.
    pub(super) fn heartbeat(&self) -> Duration {
        self.0.settings.heartbeat
    }

    /// Watches a run.
    pub(crate) async fn run(&self, id: &RunId) -> Result<Arc<Watched>, Problem> {
        let runs = || self.0.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let known = runs().get(id).and_then(Weak::upgrade);
        if let Some(known) = known {
            return Ok(known);
        }
        let signals = self.0.live.of_run(id);
        let view = Arc::new(self.0.control.inspect(id).await?);
        let mut runs = runs();
        // Another viewer may have come in the meantime.
        if let Some(known) = runs.get(id).and_then(Weak::upgrade) {
            return Ok(known);
        }
        runs.retain(|_, run| run.strong_count() > 0);
        let run = Arc::new(Watched::new(view, signals, Arc::clone(&self.0.watched)));
        runs.insert(id.clone(), Arc::downgrade(&run));
        drop(runs);
        let (control, poll) = (Arc::clone(&self.0.control), self.0.settings.poll);
        drop(tokio::spawn(look(control, id.clone(), Arc::downgrade(&run), poll)));
        Ok(run)
    }

    /// Watches all runs.
    pub(super) fn all(&self) -> Arc<Feed> {
        let mut feed = self.0.feed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = feed.upgrade() {
            return known;
        }
        let new = Feed::begin(Arc::clone(&self.0.control), self.0.live.clone(), self.0.settings.poll);
        *feed = Arc::downgrade(&new);
        new
    }
}

/// Polls a run while it has viewers and exists.
async fn look(control: Arc<dyn Control>, id: RunId, run: Weak<Watched>, poll: Duration) {
    loop {
        let known = run.upgrade().map(|run| (Arc::clone(&run.signals), run.pause()));
        let Some((signals, pause)) = known else { return };
        tokio::select! {
            () = signals.changed.notified() => tokio::time::sleep(pause).await,
            () = tokio::time::sleep(poll) => {}
        }
        drop(signals);
        let Some(run) = run.upgrade() else { return };
        match control.inspect(&id).await {
            Ok(now) => {
                run.seen.send_if_modified(|seen| {
                    let differs = matches!(seen, Seen::View(before) if differs(before, &now));
                    if differs {
                        *seen = Seen::View(Arc::new(now));
                    }
                    differs
                });
            }
            Err(error) if matches!(error.kind(), ErrorKind::UnknownRun(_)) => {
                run.seen.send_replace(Seen::Gone);
                return;
            }
            // The engine will be back, and the next look says what happened meanwhile.
            Err(_) => {}
        }
    }
}

fn differs(before: &RunView, now: &RunView) -> bool {
    let sizes = |view: &RunView| {
        let lists = (view.records.len(), view.questions.len(), view.answered.len(), view.acted.len());
        (lists, RunState::from(&view.status), view.changed, view.run.created)
    };
    sizes(before) != sizes(now)
}
