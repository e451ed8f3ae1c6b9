//! The commands, one file each.

mod cancel;
#[cfg(feature = "server")]
mod compare;
mod completions;
mod explain;
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
#[cfg(feature = "server")]
mod serve;
mod show;
mod start;
mod usage;
mod validate;
mod watch;
mod watch_all;
mod watched;
mod worker;

use crate::args::Command;
use crate::console::Console;
use crate::host::Host;
use crate::place::Place;
use crate::stop::{CliResult, Stop};

/// Executes a command.
pub(crate) async fn execute(
    host: &Host,
    grammar: clap::Command,
    command: &Command,
    console: &mut Console<'_>,
) -> CliResult {
    allowed(command, host.place)?;
    let runs = host.runs.as_ref();
    match command {
        Command::Pipelines => pipelines::execute(runs, console).await,
        Command::Start(args) => start::execute(runs, args, console).await,
        Command::List(args) => list::execute(runs, args, console).await,
        Command::Show(args) => show::execute(runs, args, console).await,
        #[cfg(feature = "server")]
        Command::Compare(args) => compare::execute(runs, args, console).await,
        #[cfg(not(feature = "server"))]
        Command::Compare(_) => Err(Stop::feature("`compare`", "server")),
        Command::Watch(args) if args.id.is_none() => watch_all::execute(runs, args, console).await,
        Command::Watch(args) => watch::execute(runs, args, console).await,
        Command::Questions(args) => questions::execute(runs, args, console).await,
        Command::Reply(args) => reply::execute(runs, args, console).await,
        Command::Cancel(args) => cancel::execute(runs, args, console).await,
        Command::Retry(args) => retry::execute(runs, args, console).await,
        Command::Fork(args) => fork::execute(runs, args, console).await,
        Command::Replay(args) => replay::execute(runs, args, console).await,
        Command::Export(args) => export::execute(runs, args, console).await,
        Command::Prune(args) => prune::execute(runs, args, console).await,
        Command::Usage(args) => usage::execute(runs, args, console).await,
        Command::Worker(args) => worker::execute(host, args, console).await,
        #[cfg(feature = "server")]
        Command::Serve(args) => serve::execute(host, args, console).await,
        #[cfg(not(feature = "server"))]
        Command::Serve(_) => Err(Stop::feature("`serve`", "server")),
        Command::Graph(args) => graph::execute(runs, args, console).await,
        Command::Validate(args) => validate::execute(runs, args, console).await,
        Command::Explain(args) => explain::execute(args, console),
        Command::Completions(args) => completions::execute(grammar, args, console),
    }
}

/// Refuses what cannot be done where the runs are.
fn allowed(command: &Command, place: Place) -> CliResult<()> {
    match place {
        Place::Binary => Ok(()),
        Place::Database => needs_code(command).map_or(Ok(()), |word| {
            let what = format!("`{word}` needs the code of the pipelines, which a database does not have");
            let next =
                "run it with the binary that has them: its `main` ends with `flujo_cli::run(flujo).await`";
            Err(Stop::usage(what).next(next))
        }),
        Place::Server => match command {
            Command::Worker(_) | Command::Serve(_) => {
                let what = "a server is asked, and does not work or serve by such a command";
                Err(Stop::usage(what).next("run it where the pipelines are: `serve --work` does both"))
            }
            _ if command.by().is_some() => {
                Err(Stop::usage("`--by` is not for a server: it records the name that the token has"))
            }
            _ => Ok(()),
        },
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
        Command::Serve(args) if args.work => "serve --work",
        Command::Show(args) if args.inputs => "show --inputs",
        _ => return None,
    })
}
