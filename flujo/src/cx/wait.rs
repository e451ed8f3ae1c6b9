use super::{Cx, tell};
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
        let key = Key { path: path.clone(), kind: Kind::Sleep, n: 1 };
        let (clock, handle) = (&self.env.clock, self.handle.as_deref_mut());
        let sleeping = async {
            match handle {
                Some(handle) => handle.sleep(key, wait).await?,
                None => clock.sleep(wait).await,
            }
            Ok(())
        };
        match &self.env.stage {
            Some(stage) => tell::timer(stage, &path, wait, sleeping).await,
            None => sleeping.await,
        }
    }
}
