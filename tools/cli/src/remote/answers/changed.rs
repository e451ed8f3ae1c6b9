//! What is said of a change.

use flujo::engine::RunState;
use serde::Deserialize;

/// A run after a change.
#[derive(Deserialize)]
pub(in crate::remote) struct StartedAnswer {
    pub(in crate::remote) state: RunState,
}

#[derive(Deserialize)]
pub(in crate::remote) struct PrunedAnswer {
    pub(in crate::remote) runs: u64,
}
