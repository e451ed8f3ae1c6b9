//! `completions`.

use crate::args::CompletionsArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::stop::CliResult;

pub(super) fn execute(
    mut grammar: clap::Command,
    args: &CompletionsArgs,
    console: &mut Console<'_>,
) -> CliResult {
    // The name of the program, without what comes after it: `flujo --db runs.db`.
    let name = console.command.split(' ').next().unwrap_or_default().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut grammar, name, &mut script);
    console.out.write_all(&script)?;
    Ok(Exit::Ok)
}
