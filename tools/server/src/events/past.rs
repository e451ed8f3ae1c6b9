use super::feed::PAGE;
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunCursor, RunFilter, RunOrder, RunSummary};
use flujo::error::RunResult;
use flujo::run::Control;
use std::collections::VecDeque;

/// The changes behind a place, in their order: however many there are, a viewer holds one page of them.
///
/// Engines list the newest first. So the pages are walked once for the places where they begin, and read from the last
/// one to the first. A run that changes meanwhile leaves them: its change comes by the feed.
#[derive(Default)]
pub(super) struct Past {
    period: Period,
    /// Where the pages begin that were not read yet; the first one is that of the newest changes.
    pages: Vec<Option<RunCursor>>,
    read: VecDeque<RunSummary>,
}

impl Past {
    /// The changes at a moment or after it, up to now.
    pub(super) async fn since(control: &dyn Control, from: Timestamp) -> RunResult<Self> {
        let mut past = Self { period: Period::new(Some(from), None), ..Self::default() };
        let mut after = None;
        loop {
            let page = control.list(&past.filter(after.clone())).await?;
            if let (None, Some(newest)) = (&after, page.first()) {
                past.period = Period::new(Some(from), Some(Timestamp(newest.changed.0.saturating_add(1))));
            }
            past.pages.push(after);
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(RunOrder::Changed.cursor(last)),
                _ => return Ok(past),
            }
        }
    }

    fn filter(&self, after: Option<RunCursor>) -> RunFilter {
        let filter = RunFilter::default().order(RunOrder::Changed).limit(PAGE).changed(self.period);
        match after {
            Some(after) => filter.after(after),
            None => filter,
        }
    }

    /// The next change behind a place; `None` at the end.
    pub(super) async fn next(
        &mut self,
        control: &dyn Control,
        at: &RunCursor,
    ) -> RunResult<Option<RunSummary>> {
        loop {
            if let Some(run) = self.read.pop_front() {
                return Ok(Some(run));
            }
            let Some(page) = self.pages.pop() else { return Ok(None) };
            let found = control.list(&self.filter(page)).await?;
            // A page from which runs have gone ends with some that were sent before.
            let is_behind = |run: &RunSummary| (run.changed, &run.id) > (at.at, &at.id);
            self.read = found.into_iter().rev().filter(is_behind).collect();
        }
    }
}
