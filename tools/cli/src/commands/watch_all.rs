//! `watch` without a run: all runs, a line for each change.

use super::list::note;
use crate::args::WatchArgs;
use crate::console::Console;
use crate::json::run::RunDoc;
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::state;
use crate::text::time::short;
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunFilter, RunId, RunOrder, RunState, RunSummary};
use std::collections::HashMap;

pub(super) async fn execute(runs: &dyn Runs, args: &WatchArgs, console: &mut Console<'_>) -> CliResult {
    let mut seen = Seen::begin(runs).await?;
    // Not before: whoever reads this may change something, and is to see it.
    console.note("watching all runs; Ctrl-C ends it");
    loop {
        tokio::time::sleep(args.every).await;
        for run in seen.news(runs).await? {
            if console.json {
                console.answer(&RunDoc::of(&run))?;
            } else {
                let note = match note(&run) {
                    note if note.is_empty() => note,
                    note => format!(": {note}"),
                };
                let line = format!("{}  {} {}{note}", short(run.changed), run.id, state::phrase(run.state));
                console.coloured(&line, Colour::of_state(run.state))?;
            }
        }
        console.flush()?;
    }
}

/// The last change that was seen, and those at the same time.
struct Seen {
    at: Timestamp,
    runs: HashMap<RunId, Look>,
}

/// How a run looked. Two changes may have one time, where clocks are coarse.
type Look = (Timestamp, RunState, bool, usize);

fn look(run: &RunSummary) -> Look {
    (run.changed, run.state, run.replied, run.questions)
}

impl Seen {
    async fn begin(runs: &dyn Runs) -> CliResult<Self> {
        let newest = RunFilter::default().order(RunOrder::Changed).limit(1);
        let at = runs.list(&newest).await?.first().map(|run| run.changed).unwrap_or_default();
        let mut seen = Self { at, runs: HashMap::new() };
        seen.news(runs).await?;
        Ok(seen)
    }

    /// Returns the runs that changed, the oldest change first.
    async fn news(&mut self, runs: &dyn Runs) -> CliResult<Vec<RunSummary>> {
        let since = RunFilter::default().order(RunOrder::Changed).changed(Period::new(Some(self.at), None));
        let mut found = runs.list(&since).await?;
        found.reverse();
        found.retain(|run| self.runs.get(&run.id) != Some(&look(run)));
        if let Some(last) = found.last() {
            self.at = last.changed;
            let at = self.at;
            self.runs.retain(|_, (changed, ..)| *changed == at);
        }
        let latest = found.iter().filter(|run| run.changed == self.at);
        self.runs.extend(latest.map(|run| (run.id.clone(), look(run))));
        Ok(found)
    }
}
