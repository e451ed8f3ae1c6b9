use crate::args::Binary;
use crate::cli::Cli;
use clap::CommandFactory;
use flujo::Flujo;
use std::process::ExitCode;

/// Runs the command line of this process on the pipelines and the engine of a [`Flujo`], and returns the exit code.
///
/// It needs a runtime with all drivers, as `#[tokio::main]` makes it: Ctrl-C is heard. [`Cli`] takes settings too.
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
    Cli::new(flujo).run().await
}

/// Returns true if this is the word of a command, for a binary that has other arguments too.
///
/// ```
/// assert!(flujo_cli::is_command("list"));
/// assert!(!flujo_cli::is_command("posts.jsonl"));
/// ```
pub fn is_command(word: &str) -> bool {
    Binary::command().find_subcommand(word).is_some()
}
