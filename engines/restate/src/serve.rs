use crate::account::Accounts;
use crate::engine::Restate;
use crate::error::RestateError;
use crate::service::endpoint;
use crate::wire::OBJECT;
use crate::worker::Worker;
use crate::{object, workflow};
use flujo::Flujo;
use flujo::clock::Timestamp;
use flujo::engine::Engine;
use hyper::Method;
use restate_sdk::endpoint::ServiceOptions;
use restate_sdk::http_server::HttpServer;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long journals are kept after their runs have ended.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Serves the registered pipelines of `flujo` to the server of `engine` until `stop` completes. Runs under way are then
/// given some seconds to reach their next step, and are taken over by other processes.
///
/// # Errors
/// A pipeline has a name that Restate does not take, or the same name as another one.
pub async fn serve<R: Send + Sync + 'static>(
    flujo: &Flujo<R>,
    engine: &Restate,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), RestateError> {
    let programs = flujo.programs();
    let Timestamp(born) = engine.clock().now();
    let process = format!("{}-{born}", std::process::id());
    let accounts = Accounts::new(engine.client().clone(), process);
    let names = programs.names();
    let worker = Arc::new(Worker { programs, accounts });
    let options = ServiceOptions::new().journal_retention(KEPT);
    let object = object::service().map_err(|e| RestateError::unreadable(OBJECT, e))?;
    // The run as it was created is large, and most requests do not need it.
    let mut services = vec![(object, ServiceOptions::new().enable_lazy_state(true))];
    for name in names {
        let service = workflow::service(name, &worker).map_err(|_| {
            RestateError::setup(format!(
                "Restate has no service of the name `{name}`: give the pipeline another one"
            ))
        })?;
        services.push((service, options.clone()));
    }
    let server = HttpServer::new(endpoint(services));
    server.serve_with_cancel(listener, stop).await;
    Ok(())
}

impl Restate {
    /// Checks that a server is there, and ready.
    ///
    /// # Errors
    /// There is none, or it is not ready yet.
    pub async fn health(&self) -> Result<(), RestateError> {
        self.client().health().await
    }

    /// Tells the server that a process serves at `address`, as [`serve`] does.
    ///
    /// # Errors
    /// There is no server, or it cannot reach the address.
    pub async fn register(&self, address: &str) -> Result<(), RestateError> {
        let deployment = json!({ "uri": address });
        self.client().admin::<Value>(Method::POST, "/deployments", Some(&deployment)).await.map(drop)
    }
}
