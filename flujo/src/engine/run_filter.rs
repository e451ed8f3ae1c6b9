use super::{RunId, RunState, RunSummary};
use crate::clock::Timestamp;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A filter of runs. The default takes all of them, in the order of their ids.
///
/// ```
/// use flujo::engine::{RunFilter, RunOrder, RunState};
///
/// let failed = RunFilter::default()
///     .pipeline("moderate")
///     .label("tenant", "acme")
///     .state(RunState::Failed)
///     .order(RunOrder::Changed)
///     .limit(20);
/// # drop(failed);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFilter {
    /// Only runs of this pipeline.
    pub pipeline: Option<String>,
    /// Only runs in one of these states; all if there are none.
    pub states: Vec<RunState>,
    /// Only runs with all of these labels, by name and value.
    pub labels: Vec<(String, String)>,
    /// Only runs that were created in this period.
    pub created: Period,
    /// Only runs whose last change was in this period.
    pub changed: Period,
    /// Only runs whose id contains this text; upper and lower case of ASCII letters are one.
    pub text: Option<String>,
    /// The order of the list.
    pub order: RunOrder,
    /// Only runs behind this place of the order.
    pub after: Option<RunCursor>,
    /// The most runs that are listed.
    pub limit: Option<usize>,
}

/// A period of time. The default has no bounds.
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::engine::{Period, RunFilter};
///
/// let monday = Period::new(Some(Timestamp(100)), Some(Timestamp(200)));
/// assert!(monday.contains(Timestamp(100)) && !monday.contains(Timestamp(200)));
/// let of_monday = RunFilter::default().created(monday);
/// let changed_since = RunFilter::default().changed(Period::new(monday.until, None));
/// # assert_ne!(of_monday, changed_since);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Period {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment after the period.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Creates a period from its first moment to the first moment after it.
    pub const fn new(from: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self { from, until }
    }

    /// Returns true if the moment is in the period.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at < until)
    }
}

/// The order of a list of runs.
///
/// A long list is read in pages. Each page begins behind the last run of the page before:
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::engine::{RunCount, RunFilter, RunOrder, RunState, RunSummary};
///
/// let run = |id: &str, at: u64| {
///     let mut run = RunSummary::new(id.into(), "moderate".to_owned(), RunState::Failed);
///     run.changed = Timestamp(at);
///     run
/// };
/// let all = vec![run("post-1", 10), run("post-2", 20), run("POST-3", 30), run("page-4", 40)];
///
/// let newest = RunFilter::default().text("post").order(RunOrder::Changed);
/// let page = newest.clone().limit(2).list(all.clone());
/// assert_eq!(page.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["POST-3", "post-2"]);
///
/// let last = RunOrder::Changed.cursor(&page[1]);
/// let next = newest.clone().after(last.clone()).limit(2).list(all.clone());
/// assert_eq!(next[0].id.as_str(), "post-1");
/// assert!(RunOrder::Changed.compare(&last, &RunOrder::Changed.cursor(&next[0])).is_lt());
///
/// // Whatever the page: how many runs there are.
/// assert!(newest.takes(&all[0]) && !newest.takes(&all[3]));
/// assert_eq!(newest.count(all), [RunCount::new("moderate".to_owned(), RunState::Failed, 3)]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunOrder {
    /// By id, in the order of its bytes.
    #[default]
    Id,
    /// By the time of creation, the newest first.
    Created,
    /// By the time of the last change, the newest first.
    Changed,
}

/// A place in a list of runs: behind the run with this id, which stood at this time of the order. It stays right while
/// runs are added in front of it.
///
/// ```
/// use flujo::engine::RunCursor;
///
/// let cursor: RunCursor = "1700000000000000000.r-7".parse()?;
/// assert_eq!((cursor.at.0, cursor.id.as_str()), (1_700_000_000_000_000_000, "r-7"));
/// assert_eq!(cursor.to_string(), "1700000000000000000.r-7");
/// # Ok::<(), flujo::engine::CursorError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RunCursor {
    /// The time by which the list is ordered; zero in a list that is ordered by id.
    pub at: Timestamp,
    /// The id.
    pub id: RunId,
}

impl From<&str> for RunCursor {
    /// The place behind an id, in a list that is ordered by id.
    fn from(id: &str) -> Self {
        Self { at: Timestamp::default(), id: id.into() }
    }
}
impl From<RunId> for RunCursor {
    fn from(id: RunId) -> Self {
        Self { at: Timestamp::default(), id }
    }
}
impl From<&RunId> for RunCursor {
    fn from(id: &RunId) -> Self {
        Self::from(id.clone())
    }
}

impl fmt::Display for RunCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.0, self.id)
    }
}

impl FromStr for RunCursor {
    type Err = CursorError;
    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (at, id) = text.split_once('.').ok_or(CursorError)?;
        Ok(Self { at: Timestamp(at.parse().map_err(|_| CursorError)?), id: RunId::from(id) })
    }
}

/// The error of a text that is no cursor.
///
/// ```
/// use flujo::engine::{CursorError, RunCursor};
/// let refused: CursorError = "page 2".parse::<RunCursor>().unwrap_err();
/// assert_eq!(refused.to_string(), "not a cursor: take the one that came with the previous page");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CursorError;

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a cursor: take the one that came with the previous page")
    }
}
impl std::error::Error for CursorError {}

impl RunOrder {
    /// Returns the place of a run in this order.
    pub fn cursor(self, run: &RunSummary) -> RunCursor {
        RunCursor { at: self.at(run), id: run.id.clone() }
    }

    /// Compares two places of this order.
    pub fn compare(self, a: &RunCursor, b: &RunCursor) -> Ordering {
        self.compared((a.at, &a.id), (b.at, &b.id))
    }

    fn compared(self, a: (Timestamp, &RunId), b: (Timestamp, &RunId)) -> Ordering {
        match self {
            Self::Id => a.1.cmp(b.1),
            Self::Created | Self::Changed => b.cmp(&a),
        }
    }

    fn at(self, run: &RunSummary) -> Timestamp {
        match self {
            Self::Id => Timestamp::default(),
            Self::Created => run.created,
            Self::Changed => run.changed,
        }
    }
}

impl RunFilter {
    /// Takes only runs of this pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Takes only runs in this state; with several calls, in any of the states.
    #[must_use]
    pub fn state(mut self, state: RunState) -> Self {
        self.states.push(state);
        self
    }

    /// Takes only runs with this label; with several calls, with all of them.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Takes only runs that were created in this period.
    #[must_use]
    pub fn created(mut self, period: Period) -> Self {
        self.created = period;
        self
    }

    /// Takes only runs whose last change was in this period.
    #[must_use]
    pub fn changed(mut self, period: Period) -> Self {
        self.changed = period;
        self
    }

    /// Takes only runs whose id contains this text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Sets the order of the list.
    #[must_use]
    pub fn order(mut self, order: RunOrder) -> Self {
        self.order = order;
        self
    }

    /// Takes only runs behind a place of the order: the next page of a long list. [`RunOrder::cursor`] is the place
    /// of the last run of a page; in a list that is ordered by id, its id.
    #[must_use]
    pub fn after(mut self, place: impl Into<RunCursor>) -> Self {
        self.after = Some(place.into());
        self
    }

    /// Takes at most `n` runs.
    #[must_use]
    pub fn limit(mut self, n: usize) -> Self {
        self.limit = Some(n);
        self
    }

    /// Returns true if the filter takes a run, wherever it stands in the list.
    pub fn takes(&self, run: &RunSummary) -> bool {
        let has = |(name, value): &(String, String)| run.labels.get(name) == Some(value.as_str());
        self.pipeline.as_ref().is_none_or(|name| *name == run.pipeline)
            && (self.states.is_empty() || self.states.contains(&run.state))
            && self.labels.iter().all(has)
            && self.created.contains(run.created)
            && self.changed.contains(run.changed)
            && self.text.as_ref().is_none_or(|text| contains(run.id.as_str(), text))
    }

    /// Returns the list that this filter makes of all runs.
    pub fn list(&self, runs: impl IntoIterator<Item = RunSummary>) -> Vec<RunSummary> {
        let order = self.order;
        let behind = |run: &RunSummary| {
            let after = self.after.as_ref();
            after.is_none_or(|after| {
                order.compared((order.at(run), &run.id), (after.at, &after.id)) == Ordering::Greater
            })
        };
        let mut found: Vec<_> = runs.into_iter().filter(|run| self.takes(run) && behind(run)).collect();
        found.sort_by(|a, b| order.compared((order.at(a), &a.id), (order.at(b), &b.id)));
        found.truncate(self.limit.unwrap_or(usize::MAX));
        found
    }

    /// Returns the counts that this filter makes of all runs; order, place and limit do not matter.
    pub fn count(&self, runs: impl IntoIterator<Item = RunSummary>) -> Vec<RunCount> {
        let mut counts = std::collections::BTreeMap::new();
        for run in runs.into_iter().filter(|run| self.takes(run)) {
            *counts.entry((run.pipeline, run.state)).or_insert(0) += 1;
        }
        counts.into_iter().map(|((pipeline, state), runs)| RunCount { pipeline, state, runs }).collect()
    }
}

/// Returns true if `id` contains `text`; upper and lower case of ASCII letters are one.
fn contains(id: &str, text: &str) -> bool {
    id.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
}

/// The number of runs of one pipeline in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunCount {
    /// The pipeline's durable name.
    pub pipeline: String,
    /// The state.
    pub state: RunState,
    /// The number of runs.
    pub runs: u64,
}

impl RunCount {
    /// Creates a count.
    pub fn new(pipeline: String, state: RunState, runs: u64) -> Self {
        Self { pipeline, state, runs }
    }
}
