//! `compare`.

use crate::args::CompareArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::compare::{CompareAnswer, ComparedDoc};
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::state;
use crate::text::table::{Cell, Column, Table};
use crate::text::time::Span;
use flujo::engine::{NodeView, RecordOutcome, RunState, RunView};
use flujo_server::comparison::{Compared, Standing, compare};

pub(super) async fn execute(runs: &dyn Runs, args: &CompareArgs, console: &mut Console<'_>) -> CliResult {
    let first = runs.inspect(&args.first.as_str().into()).await?;
    let second = runs.inspect(&args.second.as_str().into()).await?;
    let found = compare(&first, &second);
    if console.json {
        console.answer(&CompareAnswer {
            first: first.run.id.as_str(),
            second: second.run.id.as_str(),
            nodes: found.iter().map(ComparedDoc::of).collect(),
        })?;
        return Ok(Exit::Ok);
    }
    let state = |view: &RunView| state::phrase(RunState::from(&view.status));
    console.line(format!("{} {}, {} {}", first.run.id, state(&first), second.run.id, state(&second)))?;
    console.line("")?;
    if !found.is_empty() {
        console.table(&table(&found, [first.run.id.as_str(), second.run.id.as_str()]))?;
    }
    Ok(Exit::Ok)
}

fn table(found: &[Compared], ids: [&str; 2]) -> Table {
    let [first, second] = ids;
    let columns = [
        Column::whole("node"),
        Column::whole("compared"),
        Column::optional("first", 1),
        Column::optional("second", 1),
    ];
    let mut table = Table::new(columns);
    for one in found {
        let (word, colour) = match one.standing() {
            Standing::Same => ("same".to_owned(), None),
            Standing::First => (format!("only {first}"), Some(Colour::Yellow)),
            Standing::Second => (format!("only {second}"), Some(Colour::Yellow)),
            _ => ("differs".to_owned(), Some(Colour::Red)),
        };
        table.row([
            Cell::new(one.path()),
            Cell::new(word).colour(colour),
            Cell::new(one.first().map(side).unwrap_or_default()),
            Cell::new(one.second().map(side).unwrap_or_default()),
        ]);
    }
    table
}

/// What came of a node, in a few words: `done in 1.20s, $0.0021`.
fn side(node: &NodeView) -> String {
    let word = match node.last.outcome {
        RecordOutcome::Output(_) => "done",
        RecordOutcome::Failure(_) => "failed",
    };
    let took = Span(node.last.ended.since(node.last.started));
    match node.last.usage.cost().0 {
        0 => format!("{word} in {took}"),
        _ => format!("{word} in {took}, {}", node.last.usage.cost()),
    }
}
