//! The loop that accepts connections.

use crate::settings::Settings;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_io_timeout::TimeoutStream;
use tower_service::Service;

/// The time in which a client has to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);
/// The most bytes of a connection that are kept: of the head of a request, and of what was not taken yet.
const KEPT: usize = 64 * 1024;
/// The time in which requests under way are answered at the end.
const GRACE: Duration = Duration::from_secs(10);

/// The error of a server that cannot begin.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::Flujo;
/// use flujo_server::{ServeError, Server};
///
/// // Without tokens, only the machine itself may be served.
/// let server = Server::new(Flujo::builder().build()?);
/// let refused: ServeError = server.serve("0.0.0.0:0".parse().unwrap()).await.unwrap_err();
/// assert!(refused.to_string().contains("add `.token(name, role, token)`"), "{refused}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ServeError {
    what: String,
    source: Option<io::Error>,
}

impl ServeError {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let what = format!(
            "everyone who reaches {address} could change runs: add `.token(name, role, token)` or `.authorizer(..)`, or \
             listen at 127.0.0.1"
        );
        Self { what, source: None }
    }

    pub(crate) fn empty_token(name: &str) -> Self {
        let what = format!("the token of `{}` is empty: is its variable set?", name.escape_debug());
        Self { what, source: None }
    }

    pub(crate) fn listen(address: SocketAddr, error: io::Error) -> Self {
        Self { what: format!("cannot listen at {address}"), source: Some(error) }
    }

    pub(crate) fn socket(error: io::Error) -> Self {
        Self { what: "the socket does not listen".to_owned(), source: Some(error) }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(f, "{}: {source}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for ServeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    ending: watch::Sender<bool>,
    settings: Settings,
    end: impl Future<Output = ()> + Send,
) {
    let mut end = pin!(end);
    let places = Arc::new(Semaphore::new(settings.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        tokio::select! {
            () = &mut end => break,
            // Frees the tasks of connections that have ended.
            Some(_) = connections.join_next() => {}
            (accepted, place) = accepted => match accepted {
                Ok((stream, peer)) => {
                    let (router, ending) = (router.clone(), ending.subscribe());
                    connections.spawn(async move {
                        answer(stream, peer, router, ending, settings.write_time).await;
                        drop(place);
                    });
                }
                // Too many open files, for instance: others close some.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            },
        }
    }
    drop(listener);
    ending.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    // Who does not take the answer in that time loses the connection.
    let _ = tokio::time::timeout(GRACE, all).await;
}

async fn answer(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut ending: watch::Receiver<bool>,
    write_time: Duration,
) {
    // It only makes small answers faster.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        // A router is always ready.
        router.clone().call(request.map(Body::new))
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(KEPT);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_time));
    let stream = Box::pin(stream);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let before = tokio::select! {
        ended = &mut connection => Some(ended),
        _ = ending.wait_for(|ending| *ending) => None,
    };
    let ended = if let Some(ended) = before {
        ended
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    // What else a client did wrong on its connection is its own trouble.
    if let Err(error) = ended
        && has_stalled(&error)
    {
        tracing::warn!(target: "flujo_server", %peer, "a caller took nothing for {write_time:?}, and was dropped");
    }
}

fn has_stalled(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
    source.is_some_and(|source| source.kind() == io::ErrorKind::TimedOut)
}
