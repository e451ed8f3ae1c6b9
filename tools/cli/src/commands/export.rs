//! `export`.

use crate::args::ExportArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::export::Export;
use crate::runs::Runs;
use crate::stop::{CliResult, Stop};
use std::io::Write;

pub(super) async fn execute(runs: &dyn Runs, args: &ExportArgs, console: &mut Console<'_>) -> CliResult {
    let view = runs.inspect(&args.id.as_str().into()).await?;
    let export = Export::of(&view);
    let Some(path) = &args.output else {
        console.answer(&export)?;
        return Ok(Exit::Ok);
    };
    let text = serde_json::to_vec(&export)?;
    let shown = path.display();
    // Nothing that is there is overwritten.
    let written = std::fs::File::create_new(path).and_then(|mut file| {
        file.write_all(&text)?;
        file.write_all(b"\n")
    });
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Stop::failed(format_args!(
            "`{shown}` is there already, and is not overwritten: give another name"
        )),
        _ => Stop::failed(format_args!("`{shown}` cannot be written: {error}")),
    })?;
    console.note(format!("wrote {} bytes to {shown}", text.len() + 1));
    Ok(Exit::Ok)
}
