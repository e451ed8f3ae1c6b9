use super::watched::PAUSE;
use crate::live::Live;
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunFilter, RunId, RunOrder, RunSummary};
use flujo::error::RunResult;
use flujo::run::Control;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The capacity of the buffer of changes; a viewer that is further behind reads what it missed from the engine.
const KEPT: usize = 1024;
/// How far behind the newest change another one may still appear: two processes write at once, and their clocks differ.
const OVERLAP: Duration = Duration::from_secs(5);
/// The events that are sent to all viewers together in a second while runs change without end: of a run that changes faster
/// only the newest state is sent. So what viewers cost does not grow with their number, and runs keep the processor.
const RATE: u128 = 10_000;
/// The time between two looks while there is more to send than may be sent.
const BEHIND: Duration = Duration::from_millis(50);
/// The part of the time in which runs are looked at: one of so many.
const SHARE: u32 = 20;
/// The runs that are asked for at once.
pub(super) const PAGE: usize = 500;

/// The changes of all runs, polled while there are viewers.
pub(super) struct Feed {
    log: Mutex<ChangeLog>,
    /// The number of changes so far.
    pub(super) count: watch::Sender<u64>,
    /// True once the first look is over: what changes from then on is a change of the feed.
    begun: watch::Sender<bool>,
}

#[derive(Default)]
struct ChangeLog {
    /// The number of the first change that is kept.
    first: u64,
    changes: VecDeque<Arc<RunSummary>>,
    /// No further change is older than this.
    horizon: Timestamp,
}

impl Feed {
    pub(super) fn begin(control: Arc<dyn Control>, live: Live, poll: Duration) -> Arc<Self> {
        let feed = Arc::new(Self {
            log: Mutex::default(),
            count: watch::channel(0).0,
            begun: watch::channel(false).0,
        });
        drop(tokio::spawn(look(control, live, Arc::downgrade(&feed), poll)));
        feed
    }

    /// Completes once every further change is a change of the feed. Who asks the engine before that misses what changes
    /// between the two.
    pub(super) async fn begun(&self) {
        // The sender is in `self`.
        let _ = self.begun.subscribe().wait_for(|begun| *begun).await;
    }

    fn log(&self) -> MutexGuard<'_, ChangeLog> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, runs: Vec<RunSummary>, horizon: Timestamp) {
        let mut log = self.log();
        log.horizon = horizon;
        for run in runs {
            if log.changes.len() == KEPT {
                log.changes.pop_front();
                log.first += 1;
            }
            log.changes.push_back(Arc::new(run));
        }
        let count = log.first + log.changes.len() as u64;
        drop(log);
        self.count.send_replace(count);
    }

    /// The change with this number; `Err` if it is not kept any more, `Ok(None)` if there is none yet.
    pub(super) fn get(&self, n: u64) -> Result<Option<Arc<RunSummary>>, ()> {
        let log = self.log();
        let at = n.checked_sub(log.first).ok_or(())?;
        Ok(usize::try_from(at).ok().and_then(|at| log.changes.get(at).cloned()))
    }

    /// The number of the next change, and a time that neither it nor a later one is older than.
    pub(super) fn end(&self) -> (u64, Timestamp) {
        let log = self.log();
        (log.first + log.changes.len() as u64, log.horizon)
    }
}

/// The runs that changed at a moment or after it, in the order of their changes.
async fn since(control: &dyn Control, from: Timestamp) -> RunResult<Vec<RunSummary>> {
    let mut filter =
        RunFilter::default().order(RunOrder::Changed).limit(PAGE).changed(Period::new(Some(from), None));
    let mut all: Vec<RunSummary> = Vec::new();
    loop {
        let page = control.list(&filter).await?;
        let last = page.last().map(|run| RunOrder::Changed.cursor(run));
        let is_full = page.len() == PAGE;
        all.extend(page);
        match last {
            Some(last) if is_full => filter = filter.after(last),
            _ => break,
        }
    }
    // A run that changed while the pages were read is on two of them: the first is the newer.
    let mut known = std::collections::HashSet::new();
    all.retain(|run| known.insert(run.id.clone()));
    all.reverse();
    Ok(all)
}

/// The time of the last change of all.
pub(super) async fn newest(control: &dyn Control) -> RunResult<Option<RunSummary>> {
    let filter = RunFilter::default().order(RunOrder::Changed).limit(1);
    Ok(control.list(&filter).await?.into_iter().next())
}

async fn look(control: Arc<dyn Control>, live: Live, feed: Weak<Feed>, poll: Duration) {
    let mut known: Option<LastSeen> = None;
    let mut last = Instant::now();
    loop {
        let start = Instant::now();
        let found = match &known {
            None => newest(&*control).await.map(|run| run.map_or_else(Timestamp::default, |run| run.changed)),
            Some(known) => Ok(known.newest),
        };
        let found = match found {
            Ok(newest) => since(&*control, newest.before(OVERLAP)).await.map(|runs| (newest, runs)),
            Err(error) => Err(error),
        };
        let Some(feed) = feed.upgrade() else { return };
        let pause = start.elapsed() * (SHARE - 1);
        // After a failure of the engine, the next look finds what changed meanwhile.
        if let Ok((newest, runs)) = found {
            if let Some(known) = &mut known {
                let news = known.news(runs, most(last.elapsed(), feed.count.receiver_count()));
                last = start;
                feed.add(news, known.horizon());
            } else {
                let mut first = LastSeen { newest, runs: HashMap::new(), is_behind: false };
                first.news(runs, usize::MAX);
                feed.add(Vec::new(), first.horizon());
                known = Some(first);
                feed.begun.send_replace(true);
            }
        }
        drop(feed);
        tokio::time::sleep(pause).await;
        if known.as_ref().is_some_and(|known| known.is_behind) {
            tokio::time::sleep(BEHIND).await;
            continue;
        }
        tokio::select! {
            () = live.any() => tokio::time::sleep(PAUSE).await,
            () = tokio::time::sleep(poll) => {}
        }
    }
}

/// What was seen of the last changes.
struct LastSeen {
    newest: Timestamp,
    runs: HashMap<RunId, RunSummary>,
    /// There is more than was taken.
    is_behind: bool,
}

/// The most changes that may be sent to so many viewers after some time.
fn most(time: Duration, viewers: usize) -> usize {
    let all = time.as_millis().saturating_mul(RATE) / 1000;
    usize::try_from(all).unwrap_or(KEPT).checked_div(viewers).unwrap_or(KEPT).clamp(1, KEPT)
}

impl LastSeen {
    /// The next look finds nothing that is older.
    fn horizon(&self) -> Timestamp {
        self.newest.before(OVERLAP)
    }

    /// The first runs that are not known like this yet. What is left is found by the next look, as it is then.
    fn news(&mut self, found: Vec<RunSummary>, most: usize) -> Vec<RunSummary> {
        let mut new = Vec::new();
        self.is_behind = false;
        for run in found {
            let is_new = self.runs.get(&run.id) != Some(&run);
            if is_new && new.len() == most {
                self.is_behind = true;
                break;
            }
            self.newest = self.newest.max(run.changed);
            if is_new {
                self.runs.insert(run.id.clone(), run.clone());
                new.push(run);
            }
        }
        let from = self.horizon();
        self.runs.retain(|_, run| run.changed >= from);
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_viewers_together_have_a_rate() {
        let second = Duration::from_secs(1);
        assert_eq!((most(second, 100), most(second / 10, 100), most(second, 10_000)), (100, 10, 1));
        assert_eq!((most(second, 1), most(second, 0), most(Duration::ZERO, 1)), (KEPT, KEPT, 1));
        assert_eq!(most(Duration::MAX, usize::MAX), 1);
    }
}
