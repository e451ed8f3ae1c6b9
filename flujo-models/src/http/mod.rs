//! Calls by HTTP: one request, and the bytes of its response.

mod body;
mod connect;
mod stream;
mod tls;

use crate::config::{ProviderConfig, Timeouts};
use crate::failure::Failure;
use crate::heard::Heard;
use crate::setup;
use crate::wire::{Framing, Protocol};
use connect::{Connector, proxy_authorization};
use flujo::error::RunResult;
use flujo::model::ModelFailure;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Method, Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// The maximum length in bytes of the body of an error.
const LONGEST_ERROR: usize = 64 << 10;

/// How long a connection waits for its next call. Servers close theirs after a minute or more.
const IDLE: Duration = Duration::from_secs(90);

/// The connections to all providers.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client<Connector, Full<Bytes>>,
    proxies: Arc<Matcher>,
    times: Timeouts,
}

impl Http {
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn new(times: Timeouts) -> RunResult<Self> {
        let tls = tls::config().map_err(|e| setup(format!("TLS cannot be set up: {e}")))?;
        let proxies = Arc::new(Matcher::from_system());
        let connector = Connector::new(tls, Arc::clone(&proxies), times.connect);
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        Ok(Self { client: client.build(connector), proxies, times })
    }

    pub(crate) fn call<'c>(
        &'c self,
        known: &'c ProviderConfig,
        model: &'c str,
        body: &'c Value,
        stream: bool,
    ) -> Call<'c> {
        Call { http: self, known, model, body, stream }
    }
}

/// One call.
pub(crate) struct Call<'c> {
    http: &'c Http,
    known: &'c ProviderConfig,
    model: &'c str,
    body: &'c Value,
    stream: bool,
}

impl Call<'_> {
    /// Reads a whole answer.
    ///
    /// # Errors
    /// The call failed, or took too long, or the response is no answer.
    pub(crate) async fn whole(&self, protocol: &dyn Protocol) -> Result<Heard<'static>, Failure> {
        let limit = self.http.times.answer;
        let answer = async { body::read_whole(self.send(protocol).await?, protocol).await };
        timeout(limit, answer).await.unwrap_or_else(|_| Err(Failure::timed_out(limit)))
    }

    /// Reads a streamed answer until it says that it ends, or the connection does.
    ///
    /// # Errors
    /// The call failed, or the server was silent for too long, or a chunk is no part of an answer.
    pub(crate) async fn stream(&self, protocol: &dyn Protocol, heard: &mut Heard<'_>) -> Result<(), Failure> {
        let silence = self.http.times.silence;
        let response = self.send(protocol);
        let response =
            timeout(silence, response).await.unwrap_or_else(|_| Err(Failure::timed_out(silence)))?;
        let kind = body::content_type(&response);
        if kind.contains("html") {
            return Err(Failure::unreadable(format!("the response is `{kind}`, no stream of an answer")));
        }
        if protocol.framing() == Framing::Lines {
            return stream::read_lines(response, protocol, heard, silence).await;
        }
        // Some servers do not stream, and some gateways write their errors so.
        if kind.contains("json") && !kind.contains("event-stream") {
            let whole = body::read_whole(response, protocol);
            let whole = timeout(self.http.times.answer, whole);
            let whole = whole.await.unwrap_or_else(|_| Err(Failure::timed_out(self.http.times.answer)))?;
            heard.take_whole(whole);
            return Ok(());
        }
        stream::read_events(response, protocol, heard, silence).await
    }

    /// Sends the request, and returns a response with a status of success. A redirection is none: a request with its key
    /// goes where the settings say, and nowhere else.
    async fn send(&self, protocol: &dyn Protocol) -> Result<Response<Incoming>, Failure> {
        let request = self.request(protocol)?;
        let response = self.http.client.request(request).await;
        let response = response.map_err(|e| Failure::of_connection(&e))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let headers = response.headers().clone();
        // What is cut off there is no more than a message.
        let body = body::read_bytes(response, LONGEST_ERROR).await.unwrap_or_default();
        Err(Failure::of_status(status.as_u16(), &String::from_utf8_lossy(&body), &headers))
    }

    fn request(&self, protocol: &dyn Protocol) -> Result<Request<Full<Bytes>>, Failure> {
        let (path, query) = protocol.place(self.model, self.stream);
        let url = self.known.url.below(&path, query);
        let url = url.ok_or_else(|| Failure::refused(format!("`{}` is no address", self.known.url)))?;
        let mut request = Request::new(Full::from(self.body.to_string()));
        let events = self.stream && protocol.framing() == Framing::Events;
        let accepted = if events { "text/event-stream" } else { "*/*" };
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
        if let Some(value) = self.known.url.authorization() {
            headers.insert(AUTHORIZATION, value.clone());
        }
        if let Some(value) = proxy_authorization(&self.http.proxies, &url) {
            headers.insert(PROXY_AUTHORIZATION, value);
        }
        let key = self.known.key.as_ref().map(ExposeSecret::expose_secret);
        for (name, value) in protocol.headers(key) {
            let mut value = HeaderValue::from_str(&value).map_err(|_| {
                Failure::new(ModelFailure::Unauthorized, "the key has characters that no header takes")
            })?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        (*request.method_mut(), *request.uri_mut()) = (Method::POST, url);
        Ok(request)
    }
}
