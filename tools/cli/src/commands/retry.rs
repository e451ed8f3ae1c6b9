//! `retry`.

use super::outcome;
use crate::args::ChangeArgs;
use crate::console::Console;
use crate::runs::Runs;
use crate::stop::CliResult;

pub(super) async fn execute(runs: &dyn Runs, args: &ChangeArgs, console: &mut Console<'_>) -> CliResult {
    let view = runs.retry(&args.id.as_str().into(), args.caller.name(console)).await?;
    outcome::print(&view, console)
}
