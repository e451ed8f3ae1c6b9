//! Runs by their ids.

use crate::runs::Runs;
use crate::stop::CliResult;
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunFilter, RunSummary, RunView};

/// Returns the summary of a run: where it is under way is not in its view.
pub(super) async fn summary(runs: &dyn Runs, view: &RunView) -> CliResult<Option<RunSummary>> {
    let created = view.run.created;
    // Hardly another run was created in the same nanosecond.
    let at_once = Period::new(Some(created), Some(Timestamp(created.0.saturating_add(1))));
    let filter = RunFilter::default().created(at_once).text(view.run.id.as_str());
    let found = runs.list(&filter).await?;
    Ok(found.into_iter().find(|run| run.id == view.run.id))
}
