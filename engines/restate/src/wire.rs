//! The messages between the services: their names, and the input of an invocation.

use crate::arm::{Chain, Commands};
use crate::state::RunState;
use flujo::engine::RunRecord;
use flujo::error::Signal;
use flujo::path::Path;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The name of the service of the objects of runs.
pub(crate) const OBJECT: &str = "flujo.Run";

/// Its handler that applies a [`Request`](crate::request::Request).
pub(crate) const APPLY: &str = "apply";

/// Its handler that returns a run and its state.
pub(crate) const VIEW: &str = "view";

/// The state of an object that is the run as it was created.
pub(crate) const RUN_RECORD: &str = "run";

/// The state of an object that changes.
pub(crate) const RUN_STATE: &str = "state";

/// The name of the service of the objects that keep graphs.
pub(crate) const GRAPHS: &str = "flujo.Graph";

/// Its handler that stores a graph.
pub(crate) const PUT: &str = "put";

/// Its handler that returns a graph.
pub(crate) const GET: &str = "get";

/// The state of such an object.
pub(crate) const GRAPH: &str = "graph";

/// A run and its state, as they are stored.
pub(crate) type Stored = (Arc<RunRecord>, RunState);

/// The handler of a pipeline that executes a run, or an arm of one.
pub(crate) const RUN: &str = "run";

/// The handler of a pipeline that takes the reply to a question.
pub(crate) const REPLY: &str = "reply";

/// The handler of a pipeline that is called when a run has come to rest.
pub(crate) const REST: &str = "rest";

/// The handler of a pipeline that answers once a run has come to rest.
pub(crate) const AT_REST: &str = "at_rest";

/// The service of the arms of a build of a pipeline. The server gives a call to the newest deployment that has the service, so
/// that arms with a service in common with another build would run code that their run did not begin with.
pub(crate) fn arms_of(pipeline: &str, build: u128) -> String {
    format!("{pipeline}{ARMS}{build:032x}")
}

/// Whether a service is one of the arms of a pipeline.
pub(crate) fn is_of_arms(service: &str, pipeline: &str) -> bool {
    service.strip_prefix(pipeline).is_some_and(|rest| rest.starts_with(ARMS))
}

pub(crate) const ARMS: &str = ".arms-";

/// What an invocation begins with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Begin {
    pub(crate) run: Arc<RunRecord>,
    pub(crate) execution: u32,
    /// The invocation that waits for it, if it is for an arm.
    pub(crate) of: Option<String>,
    /// Whether the failure of the arm is a value, and its siblings continue.
    pub(crate) settle: bool,
    /// The arm that it is for.
    pub(crate) chain: Chain,
    /// The commands that are not executed again: those of the execution before this one, or those before the fork.
    pub(crate) commands: Commands,
    /// Attempts that no longer count.
    pub(crate) forgiven: Vec<(Path, u32)>,
}

/// The signal that the server gave an invocation.
pub(crate) fn signal_of(error: &TerminalError) -> Signal {
    match (error.code(), serde_json::from_str(error.message())) {
        (SIGNAL, Ok(signal)) => signal,
        (409, _) => Signal::Cancelled,
        (code, _) => Signal::Internal(format!("Restate answered {code}: {}", error.message())),
    }
}

/// The code of an error that is a signal of flujo.
const SIGNAL: u16 = 470;

/// The error that carries a signal of flujo.
pub(crate) fn error_of(signal: &Signal) -> TerminalError {
    let said = serde_json::to_string(signal).unwrap_or_else(|_| signal.to_string());
    TerminalError::new_with_code(SIGNAL, said)
}
