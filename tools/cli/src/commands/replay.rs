//! `replay`.

use crate::args::RunArg;
use crate::console::Console;
use crate::exit::Exit;
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::misfit;
use flujo::path::Path;
use flujo::run::Replay;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    fits: bool,
    #[serde(flatten)]
    replay: &'a Replay,
}

pub(super) async fn execute(runs: &dyn Runs, args: &RunArg, console: &mut Console<'_>) -> CliResult {
    let id = args.id.as_str();
    let view = runs.inspect(&id.into()).await?;
    runs.pipeline(&view.run.pipeline).await?;
    let replay = runs.replay(&id.into()).await?;
    if console.json {
        console.answer(&Answer { id, fits: replay.mismatch.is_none(), replay: &replay })?;
    } else if let Some(mismatch) = &replay.mismatch {
        console.coloured(&format!("{id} {}", misfit::phrase(mismatch)), Some(Colour::Red))?;
        console.note(misfit::UNCHANGED);
    } else if replay.not_compared.is_empty() {
        console
            .coloured(&format!("{id} fits this code: {} records", view.records.len()), Some(Colour::Green))?;
    } else {
        let what = format!("{id} fits this code up to what is new: {}", list(&replay.ended_at));
        console.coloured(&what, Some(Colour::Yellow))?;
        console.note(format!("compared only when the run goes on: {}", list(&replay.not_compared)));
    }
    Ok(if replay.mismatch.is_some() { Exit::Findings } else { Exit::Ok })
}

fn list(paths: &[Path]) -> String {
    paths.iter().map(Path::as_str).collect::<Vec<_>>().join(", ")
}
