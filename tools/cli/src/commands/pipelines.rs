//! `pipelines`.

use super::given::signature;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::pipeline::{PipelineDoc, PipelinesAnswer};
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::table::{Cell, Column, Table};

pub(super) async fn execute(runs: &dyn Runs, console: &mut Console<'_>) -> CliResult {
    let all = runs.pipelines().await?;
    if console.json {
        console.answer(&PipelinesAnswer { pipelines: all.iter().map(PipelineDoc::of).collect() })?;
    } else {
        let columns = [
            Column::whole("pipeline"),
            Column::optional("output", 2),
            Column::optional("steps", 0).right(),
            Column::optional("model calls", 1).right(),
            Column::optional("questions", 1).right(),
            Column::cut("inputs"),
        ];
        let mut table = Table::new(columns);
        let bound = |n: Option<u64>| n.map_or_else(|| "any".to_owned(), |n| format!("≤ {n}"));
        for known in &all {
            let inputs = signature(known);
            let (steps, calls) = (bound(known.bounds.step_runs), bound(known.bounds.model_calls));
            let questions = bound(known.bounds.questions);
            table.row(
                [&known.name, &known.output.type_name, &steps, &calls, &questions, &inputs].map(Cell::new),
            );
        }
        if !all.is_empty() {
            console.table(&table)?;
        }
    }
    if all.is_empty() {
        console.note("no pipeline is registered: call `.pipeline::<..>()` on the builder");
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Ok)
}
