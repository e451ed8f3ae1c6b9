//! The state of a run after a command that waited for it.

use crate::console::Console;
use crate::exit::Exit;
use crate::json::raw::Raw;
use crate::json::run::StateAnswer;
use crate::place::Place;
use crate::stop::Done;
use crate::text::colour::Colour;
use crate::text::{misfit, state};
use flujo::engine::{FinalOutcome, RunState, RunView, Status};

/// Prints how a run stands, and returns the exit code: a failed run is a failed command.
pub(super) fn print(view: &RunView, console: &mut Console<'_>) -> Done {
    let (id, state) = (view.run.id.as_str(), RunState::from(&view.status));
    let word = state.word();
    let output = match &view.status {
        Status::Ended(FinalOutcome::Done(output)) => Some(output),
        _ => None,
    };
    let mismatch = misfit::of(view);
    let failure = match &view.status {
        Status::Ended(outcome) => outcome.failure_line(),
        _ => None,
    };
    if console.json {
        console.answer(&StateAnswer { id, state: word, output: output.map(Raw), failure, mismatch })?;
        return Ok(exit(state));
    }
    let detail = output.map(ToString::to_string).or(failure);
    let detail = detail.or(mismatch.map(|mismatch| format!("it {}", misfit::phrase(mismatch))));
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    console.coloured(&format!("{id} {}{detail}", state::phrase(state)), Colour::of_state(state))?;
    next(view, console);
    Ok(exit(state))
}

/// Says what a person may do next.
pub(super) fn next(view: &RunView, console: &mut Console<'_>) {
    let id = view.run.id.as_str();
    let note = match RunState::from(&view.status) {
        _ if misfit::of(view).is_some() => misfit::UNCHANGED.to_owned(),
        RunState::Paused if !view.questions.is_empty() => {
            format!("it waits for a reply: `{}`", console.command(&["questions", id]))
        }
        RunState::Failed if console.place == Place::Database => {
            format!("it can go on where it failed: `retry {id}` of the binary with its pipelines")
        }
        RunState::Failed => format!("it can go on where it failed: `{}`", console.command(&["retry", id])),
        RunState::Created | RunState::Interrupted => {
            let worker = match console.place {
                Place::Binary => format!("`{}`", console.command(&["worker"])),
                Place::Database => "`worker` of the binary with its pipelines".to_owned(),
                Place::Server => "a server with `serve --work`".to_owned(),
            };
            format!("no process works on it: {worker} goes on with it")
        }
        _ => return,
    };
    console.note(note);
}

pub(super) fn exit(state: RunState) -> Exit {
    match state {
        RunState::Failed | RunState::Cancelled | RunState::Crashed => Exit::Failed,
        _ => Exit::Ok,
    }
}
