//! Runs and pipelines by their names.

use crate::stop::{Done, Stop};
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunFilter, RunSummary, RunView};
use flujo::run::{Control, PipelineDescription};

/// Returns a registered pipeline.
pub(super) fn pipeline(control: &dyn Control, name: &str) -> Done<PipelineDescription> {
    let mut all = control.pipelines();
    match all.iter().position(|known| known.name == name) {
        Some(at) => Ok(all.swap_remove(at)),
        None if all.is_empty() => Err(Stop::nothing(format_args!(
            "there is no pipeline `{name}`: this binary has none; register it with `.pipeline::<..>()`"
        ))),
        None => {
            let names = all.iter().map(|known| format!("`{}`", known.name)).collect::<Vec<_>>().join(", ");
            Err(Stop::nothing(format_args!("there is no pipeline `{name}`; there is {names}")))
        }
    }
}

/// Returns the summary of a run: where it is under way is not in its view.
pub(super) async fn summary(control: &dyn Control, view: &RunView) -> Done<Option<RunSummary>> {
    let created = view.run.created;
    // Hardly another run was created in the same nanosecond.
    let at_once = Period::new(Some(created), Some(Timestamp(created.0.saturating_add(1))));
    let filter = RunFilter::default().created(at_once).text(view.run.id.as_str());
    let found = control.list(&filter).await?;
    Ok(found.into_iter().find(|run| run.id == view.run.id))
}
