//! `replay`.

use crate::args::RunArg;
use crate::console::Console;
use crate::exit::Exit;
use crate::runs::Runs;
use crate::stop::Done;
use crate::text::colour::Colour;
use flujo::error::Mismatch;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    fits: bool,
    mismatch: Option<&'a Mismatch>,
}

pub(super) async fn execute(runs: &dyn Runs, args: &RunArg, console: &mut Console<'_>) -> Done {
    let id = args.id.as_str();
    let view = runs.inspect(&id.into()).await?;
    runs.pipeline(&view.run.pipeline).await?;
    let mismatch = runs.replay(&id.into()).await?;
    if console.json {
        console.answer(&Answer { id, fits: mismatch.is_none(), mismatch: mismatch.as_ref() })?;
    } else if let Some(Mismatch { path, what }) = &mismatch {
        console.coloured(&format!("{id} does not fit this code: {path}: {what}"), Some(Colour::Red))?;
        console.note("nothing was changed; the run goes on with the code that it knows");
    } else {
        console
            .coloured(&format!("{id} fits this code: {} records", view.records.len()), Some(Colour::Green))?;
    }
    Ok(if mismatch.is_some() { Exit::Findings } else { Exit::Ok })
}
