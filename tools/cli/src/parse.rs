//! From the words of a command line to a command, and from what it came to, to an exit code.

use crate::console::Console;
use crate::exit::Exit;
use crate::stop::{CliResult, Stop};
use crate::text::help;
use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use std::ffi::OsString;

/// Prints what is left to print, and returns the exit code.
pub(crate) fn ended(done: CliResult, console: &mut Console<'_>) -> Exit {
    let flushed = console.flush();
    match done.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => exit,
        Err(Stop::Closed) => Exit::Ok,
        Err(Stop::Error(exit, what, next)) => {
            console.error(&what, next.as_deref());
            exit
        }
    }
}

/// Parses a command line. Help goes to the output, and is no error.
pub(crate) fn parse<P: Parser>(args: &[OsString], console: &mut Console<'_>) -> CliResult<P> {
    let named = P::command().bin_name(program(args));
    match named.try_get_matches_from(args).and_then(|found| P::from_arg_matches(&found)) {
        Ok(cli) => Ok(cli),
        Err(error) if error.use_stderr() => Err(refused(&error, args)),
        Err(help) => {
            let wide = console.terminal.width.unwrap_or(100).clamp(20, 100);
            console.print(help::fitted(&help.render().to_string(), wide))?;
            console.flush()?;
            // What was asked for is printed.
            Err(Stop::Closed)
        }
    }
}

/// The error of a command line in two lines: what is wrong, and where the right words are.
fn refused(error: &clap::Error, args: &[OsString]) -> Stop {
    use clap::error::ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
    let help = format!("`{} --help` says what can be given", program(args));
    if matches!(error.kind(), DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand) {
        return Stop::usage("a command is missing").next(help);
    }
    if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
        && let Some(meant) = meant(word)
    {
        return Stop::usage(format_args!("there is no command `{word}`: {meant}")).next(help);
    }
    let text = error.render().to_string();
    let is_said = |text: &&str| !text.starts_with("Usage:") && !text.starts_with("For more information");
    let paragraphs = text.split("\n\n").take_while(is_said);
    let first = paragraphs.flat_map(str::lines).map(str::trim).collect::<Vec<_>>().join(" ");
    let first = first.strip_prefix("error: ").unwrap_or(&first);
    Stop::usage(first).next(help)
}

/// What has another name in the library, or elsewhere. The nearest spelling of `resume` is `prune`, which deletes runs.
fn meant(word: &str) -> Option<&'static str> {
    Some(match word {
        "resume" | "continue" | "recover" => {
            "`retry` continues a failed run, `reply` one that waits, and `worker` or `serve --work` all others"
        }
        "events" | "log" | "logs" | "trace" => {
            "`watch` follows a run, and `show` and `export` print what is recorded of it"
        }
        "attach" => "`watch` follows a run",
        "inspect" | "status" => "`show` prints a run, and `list` the runs",
        "run" => "`start` starts a run",
        "answer" => "`reply` answers a question",
        "delete" => "`prune` deletes runs that ended long ago",
        _ => return None,
    })
}

/// Returns the name of the program.
pub(crate) fn program(args: &[OsString]) -> String {
    let name = args.first().map(std::path::Path::new).and_then(std::path::Path::file_stem);
    name.map_or_else(|| "flujo".to_owned(), |name| name.to_string_lossy().into_owned())
}
