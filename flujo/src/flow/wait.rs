//! `wait`: a durable timer.

use super::form::Form;
use crate::context::Context;
use crate::engine::{Key, Kind};
use crate::error::RunResult;
use crate::exec::{Cx, Driver, node_events};
use crate::future::BoxFuture;
use crate::path::NodeId;
use std::time::Duration;

/// Waits: `wait("2h");`. The timer is durable; a restart waits for what is left of it.
pub fn wait(_duration: impl Into<WaitFor>) -> Form<()> {
    Form::new(())
}

/// How long to wait: a literal such as `"2h"`, or a `Duration`.
#[derive(Debug)]
pub struct WaitFor;
impl From<&'static str> for WaitFor {
    fn from(_: &'static str) -> Self {
        Self
    }
}
impl From<Duration> for WaitFor {
    fn from(_: Duration) -> Self {
        Self
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Waits. The deadline is recorded: a restart waits for what is left of it.
    ///
    /// # Errors
    /// Signals only.
    pub fn wait(&mut self, id: impl Into<NodeId>, wait: Duration) -> BoxFuture<'_, RunResult<()>> {
        let id = id.into();
        self.driver.wait(id, wait)
    }
}

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn wait(&mut self, id: NodeId, wait: Duration) -> BoxFuture<'_, RunResult<()>> {
        Box::pin(self.waited(id, wait))
    }

    async fn waited(&mut self, id: NodeId, wait: Duration) -> RunResult<()> {
        let path = self.place(id).path();
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
            Some(stage) => node_events::timer(stage, &path, wait, sleeping).await,
            None => sleeping.await,
        }
    }
}
