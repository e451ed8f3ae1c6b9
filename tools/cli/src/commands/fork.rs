//! `fork`.

use super::{given, start};
use crate::args::ForkArgs;
use crate::console::Console;
use crate::runs::Runs;
use crate::stop::CliResult;
use flujo::run::ForkRun;

pub(super) async fn execute(runs: &dyn Runs, args: &ForkArgs, console: &mut Console<'_>) -> CliResult {
    let view = runs.inspect(&args.id.as_str().into()).await?;
    let id = args.new_id.clone().unwrap_or_else(|| start::fresh(&args.id));
    let mut fork = ForkRun::new(args.id.as_str(), args.from.as_str(), id.as_str());
    if let Some(text) = &args.input {
        let known = runs.pipeline(&view.run.pipeline).await?;
        let value = given::value("the input", text, console)?;
        fork = fork.input(given::inputs(&known, Some(value))?);
    }
    for (path, model) in &args.models {
        fork = fork.model(path.as_str(), model);
    }
    fork.limits = args.limit.limits();
    if let Some(by) = args.caller.name(console) {
        fork = fork.by(by);
    }
    let begun = runs.fork(&fork).await?;
    console.note(format!(
        "{id} has idempotency keys of its own: what steps from {} on do outside is done again",
        args.from
    ));
    start::finish(runs, (&id, begun), args.wait, "forked", console).await
}
