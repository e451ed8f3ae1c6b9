//! A worker: the process that the server calls.

use crate::account::Accounts;
use crate::engine::Restate;
use crate::error::RestateError;
use crate::register::BUILD;
use crate::service::{NamedService, endpoint};
use crate::wire::{GRAPHS, OBJECT, RUN, arms_of};
use crate::worker::{Source, Worker};
use crate::{graphs, object, workflow};
use flujo::Flujo;
use flujo::clock::Timestamp;
use flujo::engine::{BoxFuture, Engine};
use flujo::run::Programs;
use restate_sdk::endpoint::{HandlerOptions, ServiceOptions};
use restate_sdk::http_server::HttpServer;
use std::any::Any;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long journals are kept after their runs have ended.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long an attempt without a timeout may take. The server has no other way to know that a worker is stuck, and throws
/// away what takes longer, and begins it again.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// What an attempt may take beyond its timeout, until its worker counts as stuck.
const BEYOND: Duration = Duration::from_secs(60);

/// The address that a worker listens on.
#[derive(Debug)]
pub enum Address {
    /// A host and a port, such as `0.0.0.0:9080`.
    At(String),
    /// A socket that listens already.
    Listener(TcpListener),
}

impl From<&str> for Address {
    fn from(address: &str) -> Self {
        Self::At(address.to_owned())
    }
}

impl From<String> for Address {
    fn from(address: String) -> Self {
        Self::At(address)
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::At(address.to_string())
    }
}

impl From<TcpListener> for Address {
    fn from(listener: TcpListener) -> Self {
        Self::Listener(listener)
    }
}

/// A worker that is about to serve; see [`serve`].
///
/// ```no_run
/// # use flujo::prelude::*;
/// # async fn f(flujo: Flujo, terminated: impl Future<Output = ()> + Send) -> Result<(), Box<dyn std::error::Error>> {
/// use flujo_restate::{Address, Serve, serve};
/// use std::time::Duration;
///
/// // On a port that the system chose.
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await?;
/// let at = format!("http://worker-1:{}", listener.local_addr()?.port());
/// let worker: Serve = serve(&flujo, Address::Listener(listener))
///     .register(at)
///     .attempt_limit(Duration::from_secs(3600))
///     .inactivity_timeout(Duration::from_secs(60));
/// worker.until(terminated).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a worker serves nothing until it is awaited"]
pub struct Serve {
    programs: Programs,
    address: Address,
    registered: Option<String>,
    attempt_limit: Duration,
    inactivity: Option<Duration>,
    /// The names of pipelines whose programs the engine is given, see `hosted.rs`.
    hosting: &'static [&'static str],
}

impl fmt::Debug for Serve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("programs", &self.programs)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// Serves the registered pipelines of `flujo` at an address, to the Restate server that is its engine. The server calls the
/// worker there; `GET /health` answers 200 while it serves.
///
/// ```no_run
/// # use flujo::prelude::*;
/// # async fn f(flujo: Flujo, terminated: impl Future<Output = ()> + Send) -> Result<(), flujo_restate::RestateError> {
/// flujo_restate::serve(&flujo, "0.0.0.0:9080").register("http://worker-1:9080").until(terminated).await
/// # }
/// ```
pub fn serve<R: Send + Sync + 'static>(flujo: &Flujo<R>, address: impl Into<Address>) -> Serve {
    Serve {
        programs: flujo.programs(),
        address: address.into(),
        registered: None,
        attempt_limit: ATTEMPT_LIMIT,
        inactivity: None,
        hosting: &[],
    }
}

impl Serve {
    /// Tells the server of the worker once it serves, as [`Restate::register`] does: `address` is where the server finds it,
    /// such as `http://worker-1:9080`.
    pub fn register(mut self, address: impl Into<String>) -> Self {
        self.registered = Some(address.into());
        self
    }

    /// Sets how long an attempt may take whose step has no timeout, until its worker counts as stuck and the attempt is made
    /// again; defaults to 24 hours. Where all steps of a pipeline have timeouts, the longest of them and a minute is used.
    pub fn attempt_limit(mut self, limit: Duration) -> Self {
        self.attempt_limit = limit;
        self
    }

    /// Sets how long an invocation that does nothing stays in this worker until the server asks it to leave; defaults to the
    /// setting of the server, a minute. It comes back when there is something to do.
    pub fn inactivity_timeout(mut self, timeout: Duration) -> Self {
        self.inactivity = Some(timeout);
        self
    }

    /// Serves the programs that the engine is given for the runs of these pipelines.
    #[doc(hidden)]
    pub fn hosting(mut self, pipelines: &'static [&'static str]) -> Self {
        self.hosting = pipelines;
        self
    }

    /// Serves until `stop` completes. Runs under way are then given some seconds to reach their next step, and are taken over
    /// by other workers.
    ///
    /// # Errors
    /// The engine of the `Flujo` is no [`Restate`]; the address cannot be listened on; a pipeline has a name that Restate does
    /// not take; or the server does not take the worker.
    pub async fn until(self, stop: impl Future<Output = ()> + Send) -> Result<(), RestateError> {
        let engine = self.programs.engine().and_then(|engine| (engine as &dyn Any).downcast_ref::<Restate>());
        let Some(engine) = engine.cloned() else {
            return Err(RestateError::setup(
                "the engine of this `Flujo` is not Restate, which alone calls workers: `.engine(Restate::connect(..)?)`",
            ));
        };
        let services = self.services(&engine)?;
        let listener = match self.address {
            Address::Listener(listener) => listener,
            Address::At(address) => {
                TcpListener::bind(&address).await.map_err(|e| RestateError::taken(&address, e))?
            }
        };
        let mut serving = pin!(HttpServer::new(endpoint(services)).serve_with_cancel(listener, stop));
        if let Some(address) = &self.registered {
            tokio::select! {
                // The server looks at the worker before it takes it.
                registered = engine.register(address) => registered?,
                () = &mut serving => return Ok(()),
            }
        }
        serving.await;
        Ok(())
    }

    /// The services of a worker: the objects of runs, those of graphs, and two workflows for each pipeline.
    fn services(&self, engine: &Restate) -> Result<Vec<(NamedService, ServiceOptions)>, RestateError> {
        let Timestamp(born) = engine.clock().now();
        let process = format!("{}-{born}", std::process::id());
        let worker = Arc::new(Worker {
            source: match engine.hosted() {
                Some(hosted) => Source::Hosted(hosted.clone()),
                None => Source::Registered(self.programs.clone()),
            },
            client: engine.client().clone(),
            clock: engine.clock(),
            accounts: Accounts::new(engine.client().clone(), process),
        });
        let object = object::service().map_err(|e| RestateError::unreadable(OBJECT, e))?;
        let graphs = graphs::service().map_err(|e| RestateError::unreadable(GRAPHS, e))?;
        // The run as it was created is large, and most requests do not need it.
        let again = self.longest_interval();
        let mut services = vec![(object, retrying(again).enable_lazy_state(true)), (graphs, retrying(again))];
        for name in self.programs.names().into_iter().chain(self.hosting.iter().copied()) {
            let wrong = |_| {
                RestateError::setup(format!(
                    "Restate has no service of the name `{name}`: give the pipeline another one"
                ))
            };
            let build = worker.build(name);
            let arms = workflow::service(&arms_of(name, build), &worker).map_err(wrong)?;
            services.push((arms, self.options(name)));
            let options = self.options(name).metadata(BUILD, format!("{build:032x}"));
            services.push((workflow::service(name, &worker).map_err(wrong)?, options));
        }
        Ok(services)
    }

    /// The longest time until an invocation is tried again whose worker was not there. The suite has no time for the usual one.
    fn longest_interval(&self) -> Duration {
        if self.hosting.is_empty() { Duration::from_secs(10) } else { Duration::from_millis(200) }
    }

    /// The options of a pipeline's service. Its journals are the records of its runs.
    fn options(&self, name: &str) -> ServiceOptions {
        let run = HandlerOptions::new().workflow_retention(RETENTION).journal_retention(RETENTION);
        let abort = self.programs.longest_attempt(name).map(|longest| longest + BEYOND);
        let options = retrying(self.longest_interval())
            .abort_timeout(abort.unwrap_or(self.attempt_limit))
            .handler(RUN, run);
        match self.inactivity {
            Some(inactivity) => options.inactivity_timeout(inactivity),
            None => options,
        }
    }
}

impl IntoFuture for Serve {
    type Output = Result<(), RestateError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.until(std::future::pending()))
    }
}

/// A service whose invocations are retried for as long as it takes, in intervals of at most `max`: the server would pause them
/// after some time, and wait for somebody who resumes them.
fn retrying(max: Duration) -> ServiceOptions {
    ServiceOptions::new()
        .retry_policy_initial_interval(Duration::from_millis(100))
        .retry_policy_exponentiation_factor(2.0)
        .retry_policy_max_interval(max)
        .retry_policy_max_attempts(1_000_000_000)
}
