//! `start`.

use super::{given, outcome};
use crate::args::StartArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::run::StateAnswer;
use crate::place::Place;
use crate::runs::Runs;
use crate::stop::{CliResult, Stop};
use crate::text::state;
use flujo::engine::{Labels, RunState};
use flujo::run::StartRun;
use std::hash::{BuildHasher, Hasher};

pub(super) async fn execute(runs: &dyn Runs, args: &StartArgs, console: &mut Console<'_>) -> CliResult {
    let known = runs.pipeline(&args.pipeline).await?;
    let input = args.input.as_deref().map(|text| given::value("the input", text, console)).transpose()?;
    let input = given::inputs(&known, input)?;
    let id = args.id.clone().unwrap_or_else(|| fresh(&args.pipeline));
    if id.is_empty() {
        return Err(Stop::usage("an id has at least one character; without `--id` a new one is made"));
    }
    let mut run = StartRun::new(&args.pipeline, id.as_str(), input);
    if let Some(context) = &args.context {
        run = run.context(given::value("the context", context, console)?);
    }
    let mut labels = Labels::default();
    for (name, value) in &args.labels {
        labels.set(name, value).map_err(Stop::usage)?;
    }
    run = run.labels(labels);
    run.limits = args.limit.limits();
    if let Some(by) = args.caller.name(console) {
        run = run.by(by);
    }
    let begun = runs.start(&run).await?;
    finish(runs, (&id, begun), args.wait, "started", console).await
}

/// Waits for a run that was begun, or says that it was.
pub(super) async fn finish(
    runs: &dyn Runs,
    (id, begun): (&str, RunState),
    wait: bool,
    word: &str,
    console: &mut Console<'_>,
) -> CliResult {
    if wait {
        let view = runs.attach(&id.into()).await?;
        return outcome::print(&view, console);
    }
    if console.json {
        console.answer(&StateAnswer {
            id,
            state: begun.word(),
            output: None,
            failure: None,
            mismatch: None,
        })?;
    } else if begun.has_ended() {
        console.line(format!("{id} is there already, and {}", state::phrase(begun)))?;
    } else {
        console.line(format!("{word} {id}"))?;
        let goes_on = match console.place {
            Place::Server => format!("it goes on in the server: `{}`", console.command(&["watch", id])),
            _ => format!("it goes on in a worker: `{}`", console.command(&["worker"])),
        };
        console.note(format!("{goes_on}; with `--wait` this command stays with it"));
    }
    Ok(Exit::Ok)
}

/// Makes an id that no other run has.
pub(super) fn fresh(of: &str) -> String {
    // The keys of this hasher are the random numbers of the standard library.
    let mut random = std::collections::hash_map::RandomState::new().build_hasher();
    random.write_u32(std::process::id());
    format!("{of}-{:016x}", random.finish())
}
