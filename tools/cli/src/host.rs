//! What commands work on.

use crate::place::Place;
use crate::runs::Runs;
use flujo::clock::BoxFuture;
use flujo::error::RunResult;
use flujo::run::Control;
use std::sync::Arc;

/// The runs of a command line, where they are, and who works on them.
pub(crate) struct Host {
    pub(crate) runs: Box<dyn Runs>,
    pub(crate) place: Place,
    /// The engine in this process; `None` if a server has the runs.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "what is served"))]
    pub(crate) control: Option<Arc<dyn Control>>,
    /// Works on runs. `None` without code.
    pub(crate) worker: Option<Work>,
    #[cfg(feature = "server")]
    pub(crate) settings: Vec<Setting>,
    /// True if `serve` works on runs without being told.
    #[cfg(feature = "server")]
    pub(crate) works: bool,
}

/// Where a worker of some resources becomes one without types: how many runs at once, what hears of runs that cannot go on,
/// and what ends the work.
pub(crate) type Work = Box<
    dyn Fn(Option<usize>, Problems, BoxFuture<'static, ()>) -> BoxFuture<'static, RunResult<u64>>
        + Send
        + Sync,
>;

/// Where a worker puts lines on runs that cannot go on.
pub(crate) type Problems = tokio::sync::mpsc::UnboundedSender<String>;

#[cfg(feature = "server")]
pub(crate) type Setting = Box<dyn Fn(flujo_server::Server) -> flujo_server::Server + Send + Sync>;

impl Host {
    pub(crate) fn new(runs: Box<dyn Runs>, place: Place) -> Self {
        Self {
            runs,
            place,
            control: None,
            worker: None,
            #[cfg(feature = "server")]
            settings: Vec::new(),
            #[cfg(feature = "server")]
            works: false,
        }
    }
}
