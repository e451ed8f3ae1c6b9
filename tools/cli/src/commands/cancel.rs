//! `cancel`.

use crate::args::ChangeArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::run::StateAnswer;
use crate::runs::Runs;
use crate::stop::{CliResult, Stop};
use crate::text::state;
use flujo::engine::RunState;

pub(super) async fn execute(runs: &dyn Runs, args: &ChangeArgs, console: &mut Console<'_>) -> CliResult {
    let id = args.id.as_str();
    let before = RunState::from(&runs.inspect(&id.into()).await?.status);
    if before.has_ended() && before != RunState::Cancelled {
        let phrase = state::phrase(before);
        return Err(Stop::failed(format_args!("run `{id}` has ended already: it {phrase}, and stays so")));
    }
    runs.cancel(&id.into(), args.caller.name(console)).await?;
    let now = RunState::from(&runs.inspect(&id.into()).await?.status);
    if console.json {
        console.answer(&StateAnswer {
            id,
            state: now.word(),
            output: None,
            failure: None,
            mismatch: None,
        })?;
    } else {
        console.line(format!("cancelled {id}"))?;
        if now == RunState::Running {
            console.note("it ends at its next command");
        }
    }
    Ok(Exit::Ok)
}
