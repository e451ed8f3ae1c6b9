use crate::args::{Cli, Command, Common};
use crate::backend::Backend;
use crate::commands;
use crate::console::Console;
use crate::exit::Exit;
use crate::signals::Interrupts;
use crate::stop::{Done, Stop};
use clap::{CommandFactory, Parser};
use flujo::Flujo;
use flujo::clock::BoxFuture;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the command line of this process on the pipelines and the engine of a [`Flujo`], and returns the exit code.
///
/// It needs a runtime with all drivers, as `#[tokio::main]` makes it: Ctrl-C is heard.
///
/// ```no_run
/// use flujo::Flujo;
/// use std::process::ExitCode;
///
/// #[tokio::main]
/// async fn main() -> Result<ExitCode, flujo::Error> {
///     Ok(flujo_cli::run(Flujo::builder().build()?).await)
/// }
/// ```
pub async fn run<R: Send + Sync + 'static>(flujo: Flujo<R>) -> ExitCode {
    let backend = Backend::new(flujo);
    run_from(&backend, std::env::args_os(), Console::of_process()).await.into()
}

/// Returns true if this is the word of a command, for a binary that has other arguments too.
///
/// ```
/// assert!(flujo_cli::is_command("list"));
/// assert!(!flujo_cli::is_command("posts.jsonl"));
/// ```
pub fn is_command(word: &str) -> bool {
    Cli::command().find_subcommand(word).is_some()
}

/// Runs a command line, whose first word is the name of the program, and returns its exit code. Errors are printed to
/// the console.
///
/// [`Console`] has an example.
pub fn run_from<'a, A: Into<OsString>>(
    backend: &'a Backend,
    args: impl IntoIterator<Item = A>,
    mut console: Console<'a>,
) -> BoxFuture<'a, Exit> {
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    Box::pin(async move {
        console.command = program(&args);
        match parse::<Cli>(&args, &mut console) {
            Ok(Cli { common, command }) => {
                execute(backend, Cli::command(), &common, &command, &mut console).await
            }
            Err(stop) => ended(Err(stop), &mut console),
        }
    })
}

/// Executes a command, and prints its error.
pub(crate) async fn execute(
    backend: &Backend,
    grammar: clap::Command,
    common: &Common,
    command: &Command,
    console: &mut Console<'_>,
) -> Exit {
    console.json = common.json;
    // A worker listens itself, because it ends its work first.
    let hears = console.signals && !matches!(command, Command::Worker(_));
    let mut interrupts = hears.then(|| Interrupts::listen(false).ok()).flatten();
    let done = {
        let working = Box::pin(commands::execute(backend, grammar, command, console));
        match &mut interrupts {
            Some(interrupts) => tokio::select! {
                done = working => Some(done),
                () = interrupts.next() => None,
            },
            None => Some(working.await),
        }
    };
    match done {
        Some(done) => ended(done, console),
        None => {
            console.note("interrupted; what is recorded stays");
            Exit::Interrupted
        }
    }
}

/// Prints what is left to print, and returns the exit code.
pub(crate) fn ended(done: Done, console: &mut Console<'_>) -> Exit {
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
pub(crate) fn parse<P: Parser>(args: &[OsString], console: &mut Console<'_>) -> Done<P> {
    let named = P::command().bin_name(program(args));
    let wide = console.width.unwrap_or(100).clamp(20, 100);
    let parsed = named.term_width(wide).try_get_matches_from(args);
    match parsed.and_then(|found| P::from_arg_matches(&found)) {
        Ok(cli) => Ok(cli),
        Err(error) if error.use_stderr() => Err(refused(&error, args)),
        Err(help) => {
            console.print(help.render())?;
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
    let text = error.render().to_string();
    let is_said = |text: &&str| !text.starts_with("Usage:") && !text.starts_with("For more information");
    let paragraphs = text.split("\n\n").take_while(is_said);
    let first = paragraphs.flat_map(str::lines).map(str::trim).collect::<Vec<_>>().join(" ");
    let first = first.strip_prefix("error: ").unwrap_or(&first);
    Stop::usage(first).next(help)
}

/// Returns the name of the program.
pub(crate) fn program(args: &[OsString]) -> String {
    let name = args.first().map(std::path::Path::new).and_then(std::path::Path::file_stem);
    name.map_or_else(|| "flujo".to_owned(), |name| name.to_string_lossy().into_owned())
}
