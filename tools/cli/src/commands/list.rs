//! `list`.

use crate::args::ListArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::run::{CountDoc, CountsAnswer, ListAnswer, RunDoc};
use crate::runs::Runs;
use crate::stop::{CliResult, Stop};
use crate::text::colour::Colour;
use crate::text::misfit;
use crate::text::table::{Cell, Column, Table};
use crate::text::time;
use flujo::engine::{RunFilter, RunState, RunSummary};

pub(super) async fn execute(source: &dyn Runs, args: &ListArgs, console: &mut Console<'_>) -> CliResult {
    let filter = args.filter(console.now()).map_err(Stop::usage)?;
    if args.count {
        return counts(source, &filter, console).await;
    }
    let mut runs = source.list(&filter).await?;
    let more = runs.len() > args.limit;
    runs.truncate(args.limit);
    let next = runs.last().filter(|_| more).map(|last| args.order().cursor(last).to_string());
    if console.json {
        console.answer(&ListAnswer { runs: runs.iter().map(RunDoc::of).collect(), next })?;
    } else if !runs.is_empty() {
        console.table(&table(&runs))?;
        if let Some(next) = next {
            let after = crate::text::shell::quoted(&next);
            console.note(format!("there are more: the same command with `--after {after}`"));
        }
    }
    if runs.is_empty() {
        console.note("no run matches");
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Ok)
}

/// The numbers of runs, in place of the runs.
async fn counts(source: &dyn Runs, filter: &RunFilter, console: &mut Console<'_>) -> CliResult {
    let counts = source.count(filter).await?;
    if console.json {
        console.answer(&CountsAnswer { counts: counts.iter().map(CountDoc::of).collect() })?;
    } else if !counts.is_empty() {
        let columns = [Column::whole("pipeline"), Column::whole("state"), Column::whole("runs").right()];
        let mut table = Table::new(columns);
        for count in &counts {
            table.row([
                Cell::new(&count.pipeline),
                Cell::new(count.state.word()).colour(Colour::of_state(count.state)),
                Cell::new(count.runs.to_string()),
            ]);
        }
        console.table(&table)?;
    }
    if counts.is_empty() {
        console.note("no run matches");
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Ok)
}

fn table(runs: &[RunSummary]) -> Table {
    let columns = [
        Column::whole("run"),
        Column::whole("state"),
        Column::optional("pipeline", 4),
        Column::optional("created (UTC)", 3),
        Column::optional("cost", 2).right(),
        Column::optional("tokens", 1).right(),
        Column::optional("labels", 0),
        Column::cut("note"),
    ];
    let mut table = Table::new(columns);
    for run in runs {
        let labels = run.labels.iter().map(|(name, value)| format!("{name}={value}"));
        let used = run.usage != flujo::Usage::default();
        let labels = labels.collect::<Vec<_>>().join(" ");
        table.row([
            Cell::new(run.id.as_str()),
            Cell::new(run.state.word()).colour(Colour::of_state(run.state)),
            Cell::new(&run.pipeline),
            Cell::new(time::short(run.created)),
            Cell::new(if used { run.usage.cost().to_string() } else { String::new() }),
            Cell::new(if used { run.usage.total_tokens().to_string() } else { String::new() }),
            Cell::new(labels),
            Cell::new(note(run)),
        ]);
    }
    table
}

/// Returns the one thing that is worth knowing of a run beside its state.
pub(super) fn note(run: &RunSummary) -> String {
    if let Some(mismatch) = &run.mismatch {
        return misfit::phrase(mismatch);
    }
    match run.state {
        RunState::Failed | RunState::Crashed => run.failure.clone().unwrap_or_default(),
        RunState::Paused if run.replied => "replied; a worker goes on with it".to_owned(),
        RunState::Paused => match run.questions {
            1 => "1 open question".to_owned(),
            n => format!("{n} open questions"),
        },
        RunState::Running | RunState::Interrupted => {
            run.under_way.iter().map(flujo::path::Path::as_str).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}
