//! `replay`.

use super::find;
use crate::args::RunArg;
use crate::console::Console;
use crate::exit::Exit;
use crate::stop::Done;
use crate::text::colour::Colour;
use flujo::error::Mismatch;
use flujo::run::Control;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    fits: bool,
    mismatch: Option<&'a Mismatch>,
}

pub(super) async fn execute(control: &dyn Control, args: &RunArg, console: &mut Console<'_>) -> Done {
    let id = args.id.as_str();
    let view = control.inspect(&id.into()).await?;
    find::pipeline(control, &view.run.pipeline)?;
    let mismatch = control.replay(&id.into()).await?;
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
