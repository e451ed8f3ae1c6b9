//! One connection to a server: it is opened, asked, and closed when it is dropped.

use crate::config::{Config, Reach};
use crate::failure::{Failure, cause};
use crate::http::{self, HttpError};
use crate::stdio::{self, Process};
use crate::trouble::Trouble;
use rmcp::model::{
    CancelledNotificationParam, ClientCapabilities, ClientRequest, ErrorCode, Implementation,
    InitializeRequestParams, PingRequest, ProtocolVersion, RequestId, ServerResult,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, Peer, PeerRequestOptions, RunningService,
    serve_client_with_lifecycle,
};
use rmcp::transport::{DynamicTransportError, IntoTransport};
use rmcp::{RoleClient, ServiceError};
use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// How long a server that did not answer has to answer a ping, at most.
const PING: Duration = Duration::from_secs(5);

/// A connection that was opened.
#[derive(Debug)]
pub(crate) struct Connection {
    // Dropped first: that closes the standard input of the process, which is how it is told to end.
    service: RunningService<RoleClient, InitializeRequestParams>,
    _process: Option<Process>,
    trouble: Arc<Trouble>,
    /// True once a request could not be sent, or its answer not be received.
    lost: AtomicBool,
    /// True once a request was not answered in time.
    silent: AtomicBool,
}

impl Connection {
    /// Connects, within the time that the description allows.
    ///
    /// # Errors
    /// The server cannot be started or reached, or does not speak MCP.
    pub(crate) async fn open(config: &Arc<Config>) -> Result<Self, Failure> {
        let trouble = Trouble::new(config);
        let limit = config.bounds.connect;
        let opening = Box::pin(async {
            match Self::open_by(config, &trouble, ClientLifecycleMode::Initialize).await {
                // Servers of the protocol's version of July 2026 need not know the handshake of those before.
                Err(Opening::Refused(first)) => {
                    let preferred_versions = vec![ProtocolVersion::LATEST];
                    let modern = ClientLifecycleMode::Discover { preferred_versions };
                    Self::open_by(config, &trouble, modern).await.map_err(|_| first)
                }
                opened => opened.map_err(Opening::into_failure),
            }
        });
        timeout(limit, opening).await.unwrap_or_else(|_| {
            let text = format!("no connection in {limit:?}: it does not answer `initialize`");
            Err(Failure::passing(text)
                .and("a server that takes longer needs a longer `.connect_timeout(..)`")
                .and(&trouble.hints()))
        })
    }

    async fn open_by(
        config: &Arc<Config>,
        trouble: &Arc<Trouble>,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Self, Opening> {
        let (service, process) = match &config.reach {
            Reach::Process(program) => {
                let (transport, process) = stdio::start(program, config, trouble).map_err(Opening::Failed)?;
                (serve(transport, lifecycle, trouble).await?, Some(process))
            }
            Reach::Http(url) => {
                let transport = http::open(url, config).map_err(Opening::Failed)?;
                (serve(transport, lifecycle, trouble).await?, None)
            }
        };
        let (lost, silent) = (AtomicBool::new(false), AtomicBool::new(false));
        Ok(Self { service, _process: process, trouble: Arc::clone(trouble), lost, silent })
    }

    /// Returns true if the next request can be sent here. A server that was silent is asked for a sign of life.
    pub(crate) async fn is_usable(&self, limit: Duration) -> bool {
        if self.lost.load(Ordering::Relaxed) || self.service.is_closed() || self.service.is_transport_closed()
        {
            return false;
        }
        if !self.silent.load(Ordering::Relaxed) {
            return true;
        }
        let ping = self.service.send_request(ClientRequest::PingRequest(PingRequest::default()));
        // Any answer is one: later versions of the protocol have no ping.
        let alive =
            matches!(timeout(limit.min(PING), ping).await, Ok(Ok(_) | Err(ServiceError::McpError(_))));
        self.silent.store(!alive, Ordering::Relaxed);
        alive
    }

    /// Sends a request, and waits so long for its answer. A request whose future is dropped is cancelled.
    ///
    /// # Errors
    /// There is no answer, or it is an error.
    pub(crate) async fn request(
        &self,
        request: ClientRequest,
        limit: Duration,
    ) -> Result<ServerResult, Failure> {
        let asking = Box::pin(async {
            let handle =
                self.service.send_request_with_option(request, PeerRequestOptions::no_options()).await?;
            let mut pending = Pending { peer: self.service.peer(), id: Some(handle.id.clone()) };
            let answer = handle.await_response().await;
            pending.id = None;
            answer
        });
        match timeout(limit, asking).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.failed(error).await),
            Err(_) => {
                self.silent.store(true, Ordering::Relaxed);
                Err(Failure::passing(format!("no answer in {limit:?}"))
                    .and("what takes longer needs a longer `.call_timeout(..)`")
                    .and(&self.trouble.hints()))
            }
        }
    }

    async fn failed(&self, error: ServiceError) -> Failure {
        match error {
            ServiceError::McpError(error) => Failure::of_answer(&error),
            ServiceError::TransportSend(error) => {
                let failure = of_transport(&error, &self.trouble).await;
                self.lost.fetch_or(!failure.is_harmless(), Ordering::Relaxed);
                failure
            }
            ServiceError::TransportClosed => {
                self.lost.store(true, Ordering::Relaxed);
                self.trouble.lost().await
            }
            error => Failure::passing(error.to_string()),
        }
    }
}

/// A request that waits for its answer.
struct Pending<'p> {
    peer: &'p Peer<RoleClient>,
    id: Option<RequestId>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let peer = self.peer.clone();
            runtime.spawn(async move {
                let _ = timeout(PING, peer.notify_cancelled(CancelledNotificationParam::new(Some(id), None)))
                    .await;
            });
        }
    }
}

/// Why a connection was not opened.
enum Opening {
    /// The server knows no `initialize`.
    Refused(Failure),
    Failed(Failure),
}

impl Opening {
    fn into_failure(self) -> Failure {
        match self {
            Self::Refused(failure) | Self::Failed(failure) => failure,
        }
    }
}

async fn serve<T, E, A>(
    transport: T,
    lifecycle: ClientLifecycleMode,
    trouble: &Arc<Trouble>,
) -> Result<RunningService<RoleClient, InitializeRequestParams>, Opening>
where
    T: IntoTransport<RoleClient, E, A>,
    E: StdError + Send + Sync + 'static,
{
    let me = Implementation::new("flujo", env!("CARGO_PKG_VERSION"));
    let me = InitializeRequestParams::new(ClientCapabilities::default(), me)
        .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
    let error = match Box::pin(serve_client_with_lifecycle(me, transport, lifecycle)).await {
        Ok(service) => return Ok(service),
        Err(error) => error,
    };
    Err(match error {
        ClientInitializeError::JsonRpcError(error) => {
            let failure = Failure::of_answer(&error).and("it was asked to `initialize`");
            match error.code {
                ErrorCode::METHOD_NOT_FOUND | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION => {
                    Opening::Refused(failure)
                }
                _ => Opening::Failed(failure),
            }
        }
        ClientInitializeError::TransportError { error, .. } => {
            Opening::Failed(of_transport(&error, trouble).await)
        }
        ClientInitializeError::ConnectionClosed(_) => Opening::Failed(trouble.lost().await),
        ClientInitializeError::ExpectedInitResult(_) | ClientInitializeError::ExpectedInitResponse(_) => {
            Opening::Failed(
                Failure::lasting("its answer to `initialize` is none of MCP").and(&trouble.hints()),
            )
        }
        error => Opening::Failed(Failure::lasting(error.to_string()).and(&trouble.hints())),
    })
}

/// Classifies a message that could not be sent.
async fn of_transport(error: &DynamicTransportError, trouble: &Trouble) -> Failure {
    match error.error.downcast_ref::<HttpError>() {
        Some(HttpError::Client(failure)) => failure.clone(),
        Some(HttpError::TransportChannelClosed) => Failure::passing("the server closed the connection"),
        Some(error) => Failure::passing(cause(error).to_string()),
        // The pipe has no reader: the process ended.
        None => trouble.lost().await,
    }
}
