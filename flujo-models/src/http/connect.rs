//! Connections: straight to a provider, or through the proxy that the system names.

use crate::failure::cause;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use rustls::ClientConfig;
use std::error::Error as StdError;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type Tcp = <HttpConnector as Service<Uri>>::Response;

/// How long TCP waits before it asks whether a silent server is still there: answers take minutes, and what is between
/// forgets connections sooner.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// Connects to servers, with TLS where the URL says `https`.
#[derive(Clone)]
pub(super) struct Connector {
    servers: HttpsConnector<Routes>,
    limit: Duration,
}

impl Connector {
    pub(super) fn new(tls: ClientConfig, proxies: Arc<Matcher>, limit: Duration) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        // A proxy is spoken to in HTTP/1.1, whatever the server behind it speaks.
        let mut http1 = tls.clone();
        http1.alpn_protocols = vec![b"http/1.1".to_vec()];
        let routes = Routes { to_proxy: HttpsConnector::from((tcp.clone(), http1)), tcp, proxies };
        Self { servers: HttpsConnector::from((routes, tls)), limit }
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Route>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.servers.poll_ready(cx)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let (connecting, limit) = (self.servers.call(server), self.limit);
        Box::pin(async move {
            let connected = timeout(limit, connecting).await;
            connected
                .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("no connection in {limit:?}")))?
        })
    }
}

/// Opens the bytes to a server, without its TLS.
#[derive(Clone)]
struct Routes {
    tcp: HttpConnector,
    to_proxy: HttpsConnector<HttpConnector>,
    proxies: Arc<Matcher>,
}

impl Service<Uri> for Routes {
    type Response = Route;
    type Error = BoxError;
    type Future = Connecting<Route>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, server: Uri) -> Self::Future {
        let Some(proxy) = self.proxies.intercept(&server) else {
            let connecting = self.tcp.call(server);
            return Box::pin(async move {
                Ok(Route { bytes: MaybeHttpsStream::Http(connecting.await?), forwarded: false })
            });
        };
        let mut to_proxy = self.to_proxy.clone();
        Box::pin(async move {
            let shown = shown(&proxy);
            through(&mut to_proxy, &proxy, server).await.map_err(|e| {
                // The innermost error is shown, so the proxy has to be in it.
                let (cause, timed_out) = cause(&*e);
                let kind = if timed_out { io::ErrorKind::TimedOut } else { io::ErrorKind::Other };
                io::Error::new(kind, format!("the proxy `{shown}`: {cause}")).into()
            })
        })
    }
}

/// Connects through a proxy: it forwards requests of plain HTTP, and opens a tunnel for others.
async fn through(
    to_proxy: &mut HttpsConnector<HttpConnector>,
    proxy: &Intercept,
    server: Uri,
) -> Result<Route, BoxError> {
    if !matches!(proxy.uri().scheme_str(), Some("http" | "https")) {
        return Err("only `http://` and `https://` proxies are supported".into());
    }
    if server.scheme_str() != Some("https") {
        return Ok(Route { bytes: to_proxy.call(proxy.uri().clone()).await?, forwarded: true });
    }
    let mut tunnel = Tunnel::new(proxy.uri().clone(), to_proxy.clone());
    if let Some(authorization) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(authorization.clone());
    }
    Ok(Route { bytes: tunnel.call(server).await?, forwarded: false })
}

/// Returns the header that authorizes a request at a proxy that forwards it. A tunnel is authorized when it is opened.
pub(super) fn proxy_authorization(proxies: &Matcher, server: &Uri) -> Option<HeaderValue> {
    if server.scheme_str() == Some("https") {
        return None;
    }
    let mut value = proxies.intercept(server)?.basic_auth()?.clone();
    value.set_sensitive(true);
    Some(value)
}

/// The proxy as it may be shown: without its password.
fn shown(proxy: &Intercept) -> String {
    let uri = proxy.uri();
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", uri.scheme_str().unwrap_or("http"), uri.host().unwrap_or_default())
}

/// The bytes to a server or to the proxy before it.
pub(super) struct Route {
    bytes: MaybeHttpsStream<Tcp>,
    /// True if a proxy reads the requests, and wants the whole URL in them.
    forwarded: bool,
}

impl Connection for Route {
    fn connected(&self) -> Connected {
        self.bytes.connected().proxy(self.forwarded)
    }
}

impl Read for Route {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_read(cx, to)
    }
}

impl Write for Route {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.bytes.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write_vectored(cx, bytes)
    }
}
