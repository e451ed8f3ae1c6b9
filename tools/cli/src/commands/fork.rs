//! `fork`.

use super::{given, start};
use crate::args::ForkArgs;
use crate::console::Console;
use crate::runs::Runs;
use crate::stop::{Done, Stop};
use flujo::engine::Status;
use flujo::run::ForkRun;

pub(super) async fn execute(runs: &dyn Runs, args: &ForkArgs, console: &mut Console<'_>) -> Done {
    let view = runs.inspect(&args.id.as_str().into()).await?;
    let begins = |path: &str| {
        let rest = path.strip_prefix(args.from.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '[']))
    };
    // A run that has not ended is refused for that, whatever is recorded of it.
    let has_ended = matches!(view.status, Status::Ended(_));
    let asked = view.answered.iter().map(|answered| answered.question.path.as_str());
    let mut recorded = view.records.iter().map(|record| record.key.path.as_str()).chain(asked);
    if has_ended && !recorded.any(begins) {
        let next = console.command(&["show", &args.id]);
        return Err(Stop::nothing(format_args!(
            "run `{}` has nothing recorded at `{}`; `{next}` lists its nodes",
            args.id, args.from
        )));
    }
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
    if let Some(by) = args.caller.name(console) {
        fork = fork.by(by);
    }
    let begun = runs.fork(&fork).await?;
    start::finish(runs, (&id, begun), args.wait, "forked", console).await
}
