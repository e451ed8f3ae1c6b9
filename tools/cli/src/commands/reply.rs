//! `reply`.

use super::given;
use crate::args::ReplyArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::runs::Runs;
use crate::stop::{CliResult, Stop};
use crate::text::misfit;
use flujo::path::Path;
use serde::Serialize;

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a str,
    path: &'a str,
    replied: bool,
}

pub(super) async fn execute(runs: &dyn Runs, args: &ReplyArgs, console: &mut Console<'_>) -> CliResult {
    let (id, path) = (args.id.as_str(), Path::from(args.path.as_str()));
    let value = given::value("the reply", &args.value, console)?;
    let view = runs.inspect(&id.into()).await?;
    let open = &view.questions;
    if let Some(answered) = view.answered.iter().find(|answered| answered.question.path == path) {
        let by = answered.reply.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
        let first = format!("was answered before{by} at {}", answered.reply.at);
        return Err(Stop::nothing(format_args!("the question of run `{id}` at `{path}` {first}"))
            .next("that reply counts, and this one is not recorded"));
    }
    if !open.iter().any(|question| question.path == path) {
        let others: Vec<_> = open.iter().map(|question| format!("`{}`", question.path)).collect();
        let next = match others.as_slice() {
            [] => "it has no open question".to_owned(),
            _ => format!("open: {}", others.join(", ")),
        };
        return Err(Stop::nothing(format_args!("run `{id}` has no open question at `{path}`; {next}")));
    }
    runs.reply(&id.into(), &path, &value, args.caller.name(console)).await?;
    if console.json {
        console.answer(&Answer { id, path: path.as_str(), replied: true })?;
    } else {
        console.line(format!("replied to {path} of {id}"))?;
        let note = match misfit::of(&view) {
            Some(mismatch) => format!("{id} {}; {}", misfit::phrase(mismatch), misfit::UNCHANGED),
            None => "a worker, or the process that runs it, goes on with the run".to_owned(),
        };
        console.note(note);
    }
    Ok(Exit::Ok)
}
