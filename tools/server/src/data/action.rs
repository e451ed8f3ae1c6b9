use crate::time::Time;
use flujo::engine::{Action, ActionKind};
use schemars::JsonSchema;
use serde::Serialize;

/// An action of a caller on a run, or on the runs of the engine.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Action")]
pub(crate) struct ActionBody {
    /// The time.
    at: Time,
    /// The name of the caller, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    /// `started`, `forked`, `replied`, `cancelled`, `retried` or `pruned`.
    what: &'static str,
    /// The run that this one was forked from.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    /// The node whose question was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The moment before which the deleted runs ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Time>,
    /// The number of deleted runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<u64>,
}

impl ActionBody {
    pub(crate) fn of(action: &Action) -> Self {
        let bare = |what| Self {
            at: Time(action.at),
            by: action.by.clone(),
            what,
            origin: None,
            path: None,
            before: None,
            runs: None,
        };
        match &action.what {
            ActionKind::Started => bare("started"),
            ActionKind::Forked(origin) => Self { origin: Some(origin.to_string()), ..bare("forked") },
            ActionKind::Replied(path) => Self { path: Some(path.to_string()), ..bare("replied") },
            ActionKind::Cancelled => bare("cancelled"),
            ActionKind::Retried => bare("retried"),
            ActionKind::Pruned { before, runs } => {
                Self { before: Some(Time(*before)), runs: Some(*runs), ..bare("pruned") }
            }
            _ => bare("unknown"),
        }
    }
}

/// Deletions of runs, newest first, each with its caller.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Actions")]
pub(crate) struct ActionsBody {
    /// The deletions.
    pub(crate) actions: Vec<ActionBody>,
}

/// The number of deleted runs.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pruned")]
pub(crate) struct PrunedBody {
    /// The number.
    pub(crate) runs: u64,
}
