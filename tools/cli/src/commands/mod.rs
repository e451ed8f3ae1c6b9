//! The commands, one file each.

mod cancel;
mod completions;
mod export;
mod find;
mod fork;
mod given;
mod graph;
mod list;
mod node;
mod outcome;
mod pipelines;
mod prune;
mod questions;
mod replay;
mod reply;
mod retry;
mod show;
mod start;
mod usage;
mod validate;
mod watch;
mod watched;
mod worker;

use crate::args::Command;
use crate::backend::Backend;
use crate::console::Console;
use crate::stop::{Done, Stop};

/// Executes a command.
pub(crate) async fn execute(
    backend: &Backend,
    grammar: clap::Command,
    command: &Command,
    console: &mut Console<'_>,
) -> Done {
    if let Some(word) = needs_code(command).filter(|_| !backend.has_code()) {
        let what = format_args!("`{word}` needs the code of the pipelines, which a database does not have");
        let next = "run it with the binary that has them: its `main` ends with `flujo_cli::run(flujo).await`";
        return Err(Stop::usage(what).next(next));
    }
    let control = backend.control.as_ref();
    match command {
        Command::Pipelines => pipelines::execute(control, console),
        Command::Start(args) => start::execute(control, args, console).await,
        Command::List(args) => list::execute(control, args, console).await,
        Command::Show(args) => show::execute(control, args, console).await,
        Command::Watch(args) => watch::execute(control, args, console).await,
        Command::Questions(args) => questions::execute(control, args, console).await,
        Command::Reply(args) => reply::execute(control, args, console).await,
        Command::Cancel(args) => cancel::execute(control, args, console).await,
        Command::Retry(args) => retry::execute(control, args, console).await,
        Command::Fork(args) => fork::execute(control, args, console).await,
        Command::Replay(args) => replay::execute(control, args, console).await,
        Command::Export(args) => export::execute(control, args, console).await,
        Command::Prune(args) => prune::execute(control, args, console).await,
        Command::Usage(args) => usage::execute(control, args, console).await,
        Command::Worker(args) => worker::execute(backend, args, console).await,
        Command::Graph(args) => graph::execute(control, args, console),
        Command::Validate(args) => validate::execute(control, args, console),
        Command::Completions(args) => completions::execute(grammar, args, console),
    }
}

/// Returns the word of a command that needs the code of the pipelines.
fn needs_code(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Pipelines => "pipelines",
        Command::Start(_) => "start",
        Command::Retry(_) => "retry",
        Command::Fork(_) => "fork",
        Command::Replay(_) => "replay",
        Command::Graph(_) => "graph",
        Command::Validate(_) => "validate",
        Command::Worker(_) => "worker",
        Command::Show(args) if args.inputs => "show --inputs",
        _ => return None,
    })
}
