//! `prune`.

use crate::args::PruneArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::raw::time;
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::time::short;
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    deleted: u64,
    before: String,
}

pub(super) async fn execute(runs: &dyn Runs, args: &PruneArgs, console: &mut Console<'_>) -> CliResult {
    let before = console.now().before(args.older_than);
    let deleted = runs.prune(before, args.caller.name(console)).await?;
    if console.json {
        console.answer(&Answer { deleted, before: time(before) })?;
    } else {
        let runs = if deleted == 1 { "run" } else { "runs" };
        console.line(format!("deleted {deleted} {runs} that ended before {} UTC", short(before)))?;
    }
    Ok(Exit::Ok)
}
