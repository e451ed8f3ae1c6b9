use crate::account::Accounts;
use crate::engine::Restate;
use crate::error::RestateError;
use crate::register::BUILD;
use crate::service::endpoint;
use crate::wire::{GRAPHS, OBJECT, RUN};
use crate::worker::Worker;
use crate::{graphs, object, workflow};
use flujo::Flujo;
use flujo::clock::Timestamp;
use flujo::engine::Engine;
use restate_sdk::endpoint::{HandlerOptions, ServiceOptions};
use restate_sdk::http_server::HttpServer;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long journals are kept after their runs have ended.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long the body of a step may take. The server has no other way to know that a worker is stuck, and would throw away
/// what takes longer, and begin it again.
const ABORT_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Serves the registered pipelines of `flujo` to the server of `engine` until `stop` completes. Runs under way are then
/// given some seconds to reach their next step, and are taken over by other processes.
///
/// # Errors
/// A pipeline has a name that Restate does not take; or there are observers, which a worker has no events for.
pub async fn serve<R: Send + Sync + 'static>(
    flujo: &Flujo<R>,
    engine: &Restate,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), RestateError> {
    let programs = flujo.programs();
    if programs.are_observed() {
        return Err(RestateError::setup(
            "the observers of this `Flujo` would see nothing: a worker has no events of its runs as yet. Build it without \
             `.observer(..)`",
        ));
    }
    let Timestamp(born) = engine.clock().now();
    let process = format!("{}-{born}", std::process::id());
    let accounts = Accounts::new(engine.client().clone(), process);
    let names = programs.names();
    let worker =
        Arc::new(Worker { programs, client: engine.client().clone(), clock: engine.clock(), accounts });
    let object = object::service().map_err(|e| RestateError::unreadable(OBJECT, e))?;
    // The run as it was created is large, and most requests do not need it.
    let graphs = graphs::service().map_err(|e| RestateError::unreadable(GRAPHS, e))?;
    let mut services = vec![(object, retrying().enable_lazy_state(true)), (graphs, retrying())];
    for name in names {
        let service = workflow::service(name, &worker).map_err(|_| {
            RestateError::setup(format!(
                "Restate has no service of the name `{name}`: give the pipeline another one"
            ))
        })?;
        let build = worker.programs.fingerprint(name).unwrap_or_default();
        services.push((service, options().metadata(BUILD, format!("{build:032x}"))));
    }
    let server = HttpServer::new(endpoint(services));
    server.serve_with_cancel(listener, stop).await;
    Ok(())
}

/// A pipeline's service. Its journals are the records of its runs.
fn options() -> ServiceOptions {
    let run = HandlerOptions::new().workflow_retention(RETENTION).journal_retention(RETENTION);
    retrying().abort_timeout(ABORT_TIMEOUT).handler(RUN, run)
}

/// A service whose invocations are retried for as long as it takes: the server would pause them after some time, and wait
/// for somebody who resumes them.
fn retrying() -> ServiceOptions {
    ServiceOptions::new()
        .retry_policy_initial_interval(Duration::from_millis(100))
        .retry_policy_exponentiation_factor(2.0)
        .retry_policy_max_interval(Duration::from_secs(10))
        .retry_policy_max_attempts(1_000_000_000)
}
