//! The state of a run after a command that waited for it.

use crate::console::Console;
use crate::exit::Exit;
use crate::json::raw::Raw;
use crate::json::run::StateAnswer;
use crate::place::Place;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::{misfit, shell, state};
use flujo::Cost;
use flujo::engine::{FinalOutcome, RunState, RunView, Status};
use flujo::usage::{Amount, LimitOf};

/// Prints how a run stands, and returns the exit code: a failed run is a failed command.
pub(super) fn print(view: &RunView, console: &mut Console<'_>) -> CliResult {
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
        RunState::Failed => {
            let (can, words) = match raised(view) {
                // Its limit is recorded: a retry would be refused at the same call.
                Some(words) => {
                    ("its limit stays as it was; a fork with a larger one goes on where it failed", words)
                }
                None => ("it can go on where it failed", ["retry", id].map(str::to_owned).to_vec()),
            };
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match console.place {
                Place::Database => {
                    let words: Vec<_> = words.iter().map(|word| shell::quoted(word)).collect();
                    format!("{can}: `{}` of the binary with its pipelines", words.join(" "))
                }
                _ => format!("{can}: `{}`", console.command(&words)),
            }
        }
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

/// Returns the command that goes on with a run whose own limit ended it and would end it again: a fork from the node whose
/// call was refused, with the limit that the run would have needed.
fn raised(view: &RunView) -> Option<Vec<String>> {
    let Status::Ended(FinalOutcome::Failed(failure)) = &view.status else { return None };
    let exceeded = failure.exceeded.as_deref().filter(|exceeded| exceeded.of == LimitOf::Run)?;
    let number = |amount: Amount| match amount {
        Amount::Cost(Cost(n)) | Amount::Tokens(n) | Amount::ModelCalls(n) => n,
        _ => 0,
    };
    let spent = match exceeded.limit {
        Amount::Cost(_) => view.usage.cost().0,
        Amount::Tokens(_) => view.usage.total_tokens(),
        _ => view.usage.model_calls,
    };
    let needed = spent.saturating_add(number(exceeded.needed));
    // A reply within a conversation is made again with its step.
    let node = exceeded.path.as_str().split('~').next().unwrap_or_default();
    let (from, limit) = match exceeded.limit {
        // Calls under way had reserved what was left: now it is there.
        Amount::Cost(_) | Amount::Tokens(_) | Amount::ModelCalls(_) if needed <= number(exceeded.limit) => {
            return None;
        }
        Amount::Cost(_) => (node, format!("usd={}", Cost(needed).to_string().trim_start_matches('$'))),
        Amount::Tokens(_) => (node, format!("tokens={needed}")),
        Amount::ModelCalls(_) => (node, format!("calls={needed}")),
        // The time is that of the whole run, and which node it ended is not known.
        Amount::Time(time) => ("NODE", format!("time={}s", time.as_secs().saturating_mul(2).max(1))),
        _ => return None,
    };
    let words = ["fork", view.run.id.as_str(), "--from", from, "--limit", &limit];
    Some(words.map(str::to_owned).to_vec())
}

pub(super) fn exit(state: RunState) -> Exit {
    match state {
        RunState::Failed | RunState::Cancelled | RunState::Crashed => Exit::Failed,
        _ => Exit::Ok,
    }
}
