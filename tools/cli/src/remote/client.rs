//! Requests to a server.

use super::address::Address;
use super::trouble::Trouble;
use crate::stop::{CliResult, Stop};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{self};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls_platform_verifier::BuilderVerifierExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take: a server says after 30 seconds that it took too long.
const ANSWER: Duration = Duration::from_secs(60);
/// The most bytes of an answer.
const MOST: usize = 1 << 30;

/// The connections to one server.
#[derive(Debug)]
pub(super) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    pub(super) address: Address,
    /// It is marked as sensitive: nothing shows it.
    token: Option<HeaderValue>,
}

impl Client {
    pub(super) fn new(address: Address, token: Option<&str>) -> CliResult<Self> {
        let token = token.map(header).transpose()?;
        let tls = tls().map_err(|error| Stop::failed(format_args!("TLS cannot be set up: {error}")))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        let mut http = legacy::Client::builder(TokioExecutor::new());
        http.pool_timer(TokioTimer::new());
        Ok(Self { http: http.build(HttpsConnector::from((tcp, tls))), address, token })
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Asks for something, and returns the answer.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(String, String)],
    ) -> Result<T, Trouble> {
        read(&self.ask(self.request(Method::GET, path, query), Bytes::new()).await?)
    }

    /// Asks for text.
    pub(super) async fn text(&self, path: &[&str], query: &[(String, String)]) -> Result<String, Trouble> {
        let body = self.ask(self.request(Method::GET, path, query), Bytes::new()).await?;
        String::from_utf8(body.into()).map_err(|_| Trouble::Strange("its answer is no text".to_owned()))
    }

    /// Changes something, and returns the answer.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| Trouble::Strange(error.to_string()))?;
        let request = self.request(Method::POST, path, &[]).header(CONTENT_TYPE, "application/json");
        read(&self.ask(request, body.into()).await?)
    }

    /// Begins a stream of events behind the one with this id.
    pub(super) async fn events(
        &self,
        path: &[&str],
        last: Option<&str>,
    ) -> Result<Response<Incoming>, Trouble> {
        let mut request = self.request(Method::GET, path, &[]).header(ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = self.send(request, Bytes::new()).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(Trouble::read(response.status(), &whole(response).await?))
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(String, String)],
    ) -> hyper::http::request::Builder {
        let request = Request::builder().method(method).uri(self.address.of(path, query));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token),
            None => request,
        }
    }

    async fn ask(&self, request: hyper::http::request::Builder, body: Bytes) -> Result<Bytes, Trouble> {
        let answered = async {
            let response = self.send(request, body).await?;
            let status = response.status();
            let body = whole(response).await?;
            if status.is_success() { Ok(body) } else { Err(Trouble::read(status, &body)) }
        };
        let late = || Trouble::Lost(format!("it took longer than {ANSWER:?}"));
        timeout(ANSWER, answered).await.unwrap_or_else(|_| Err(late()))
    }

    async fn send(
        &self,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<Response<Incoming>, Trouble> {
        let request = request.body(Full::from(body)).map_err(|error| Trouble::Strange(error.to_string()))?;
        self.http.request(request).await.map_err(|error| {
            if error.is_connect() { Trouble::Away(cause(&error)) } else { Trouble::Lost(cause(&error)) }
        })
    }
}

async fn whole(response: Response<Incoming>) -> Result<Bytes, Trouble> {
    let body = Limited::new(response.into_body(), MOST).collect().await;
    let broke_off = |error: Box<dyn StdError + Send + Sync>| Trouble::Lost(cause(error.as_ref()));
    body.map(http_body_util::Collected::to_bytes).map_err(broke_off)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|error| Trouble::Strange(format!("its answer cannot be read: {error}")))
}

fn header(token: &str) -> CliResult<HeaderValue> {
    let mut header = HeaderValue::try_from(format!("Bearer {}", token.trim()))
        .map_err(|_| Stop::usage("the token has characters that no header can have"))?;
    header.set_sensitive(true);
    Ok(header)
}

/// The last cause of an error: those before it say that there was an error.
pub(super) fn cause(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// TLS with the certificates of the system, and the provider of cryptography that the process has, or `ring`.
fn tls() -> Result<ClientConfig, rustls::Error> {
    let installed = CryptoProvider::get_default().map(Arc::clone);
    let provider = installed.unwrap_or_else(|| Arc::new(ring::default_provider()));
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth())
}
