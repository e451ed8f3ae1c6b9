use crate::account::Accounts;
use crate::client::Client;
use crate::hosted::Hosted;
use flujo::clock::Clock;
use flujo::engine::{BoxFuture, Program, RunRecord};
use flujo::error::{Error, ErrorKind, RunResult};
use flujo::path::Path;
use flujo::run::Programs;
use std::sync::Arc;

/// What every invocation in this process needs.
pub(crate) struct Worker {
    pub(crate) source: Source,
    pub(crate) client: Client,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) accounts: Accounts,
}

/// Where programs are from.
#[derive(Clone)]
pub(crate) enum Source {
    Registered(Programs),
    Hosted(Hosted),
}

impl Worker {
    /// The program of a run, and what completes when the process "ends" that executes it.
    ///
    /// # Errors
    /// It is not here.
    pub(crate) fn program(
        &self,
        run: &Arc<RunRecord>,
        forgiven: Vec<(Path, u32)>,
    ) -> RunResult<(Arc<dyn Program>, BoxFuture<'static, ()>)> {
        match &self.source {
            Source::Registered(programs) => {
                Ok((programs.program(run, forgiven)?, Box::pin(std::future::pending())))
            }
            Source::Hosted(hosted) => hosted.find(&run.id).ok_or_else(|| Error::new(ErrorKind::Interrupted)),
        }
    }

    /// The build of a pipeline: its fingerprint.
    pub(crate) fn build(&self, pipeline: &str) -> u128 {
        match &self.source {
            Source::Registered(programs) => programs.fingerprint(pipeline).unwrap_or_default(),
            Source::Hosted(_) => 0,
        }
    }

    /// Whether timers are those of the server.
    pub(crate) fn has_server_time(&self) -> bool {
        matches!(self.source, Source::Registered(_))
    }
}
