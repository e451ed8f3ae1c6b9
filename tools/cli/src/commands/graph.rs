//! `graph`.

use crate::args::GraphArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::runs::GraphFormat;
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::escape;

pub(super) async fn execute(runs: &dyn Runs, args: &GraphArgs, console: &mut Console<'_>) -> CliResult {
    let format = args.format.unwrap_or(if console.json { GraphFormat::Json } else { GraphFormat::Mermaid });
    let drawn = runs.drawn(&args.pipeline, format).await?;
    // That of a server may have anything in its texts. JSON has escapes of its own.
    match format {
        GraphFormat::Json => console.print(drawn.trim_end())?,
        _ => console.print(escape::lines(drawn.trim_end()))?,
    }
    console.print("\n")?;
    Ok(Exit::Ok)
}
