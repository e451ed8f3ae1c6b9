use super::Cx;
use crate::context::Context;
use crate::engine::{Key, Kind};
use crate::error::RunResult;
use crate::path::NodeId;
use std::time::Duration;

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Waits. The deadline is recorded: a restart waits for what is left of it.
    ///
    /// # Errors
    /// Signals only.
    pub async fn wait(&mut self, id: impl Into<NodeId>, wait: Duration) -> RunResult<()> {
        let path = self.place(id.into()).path();
        match self.handle.as_deref_mut() {
            Some(handle) => handle.sleep(Key { path, kind: Kind::Sleep, n: 1 }, wait).await?,
            None => self.env.clock.sleep(wait).await,
        }
        Ok(())
    }
}
