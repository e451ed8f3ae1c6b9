//! A server that is reached by HTTP. Sessions, streams that go on after a break, and what is sent when are the SDK's; requests and
//! responses are written and read here.

mod body;
mod tls;

use crate::config::Config;
use crate::failure::{Failure, cause};
use crate::message;
use body::{beginning, content_type, events, whole};
use flujo::model::retry_after;
use futures_util::stream::BoxStream;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, Request, Response, StatusCode};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rmcp::model::{ClientJsonRpcMessage, RequestId, ServerJsonRpcMessage};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpClientTransportConfig, StreamableHttpError,
    StreamableHttpPostResponse,
};
use sse_stream_of_rmcp::Sse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The maximum number of bytes of an error that are read.
const LONGEST_ERROR: usize = 16 << 10;

/// How long a connection waits for its next request.
const IDLE: Duration = Duration::from_secs(60);

/// How often a stream that broke off is asked for again.
const RESUMES: usize = 3;

/// Headers that the protocol sets itself.
pub(crate) const RESERVED: [&str; 7] = [
    "accept",
    "content-length",
    "content-type",
    "host",
    "last-event-id",
    "mcp-protocol-version",
    "mcp-session-id",
];

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";

pub(crate) type HttpError = StreamableHttpError<Failure>;
type Posted = Result<StreamableHttpPostResponse, HttpError>;

/// Returns the way to a server.
///
/// # Errors
/// TLS cannot be set up, or a header is none.
pub(crate) fn open(url: &str, config: &Arc<Config>) -> Result<StreamableHttpClientTransport<Http>, Failure> {
    let mut retries = ExponentialBackoff::default();
    (retries.max_times, retries.base_duration) = (Some(RESUMES), Duration::from_millis(200));
    let mut transport = StreamableHttpClientTransportConfig::with_uri(url).max_concurrent_requests(64);
    (transport.retry_config, transport.max_sse_event_size) = (Arc::new(retries), config.bounds.answer);
    Ok(StreamableHttpClientTransport::with_client(Http::new(config)?, transport))
}

/// The connections to one server.
#[derive(Clone)]
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// The headers of the user. The SDK does not get them: it shows what it has.
    headers: HeaderMap,
    config: Arc<Config>,
}

impl Http {
    fn new(config: &Arc<Config>) -> Result<Self, Failure> {
        let tls =
            tls::config().map_err(|error| Failure::lasting(format!("TLS cannot be set up: {error}")))?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(config.bounds.connect));
        let mut client = Client::builder(TokioExecutor::new());
        client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE);
        let headers = config.secrets.iter().map(|(name, value)| header(name, value));
        let headers = headers.collect::<Result<_, _>>().map_err(Failure::lasting)?;
        let client = client.build(HttpsConnector::from((tcp, tls)));
        Ok(Self { client, headers, config: Arc::clone(config) })
    }

    async fn send(
        &self,
        method: Method,
        uri: &str,
        (session, last): (Option<&str>, Option<&str>),
        headers: HashMap<HeaderName, HeaderValue>,
        body: Vec<u8>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::builder().method(&method).uri(uri);
        if method == Method::POST {
            request =
                request.header(ACCEPT, "application/json, text/event-stream").header(CONTENT_TYPE, JSON);
        } else {
            request = request.header(ACCEPT, EVENTS);
        }
        for (name, value) in [("mcp-session-id", session), ("last-event-id", last)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::from(body));
        let mut request =
            request.map_err(|error| Failure::lasting(format!("no request can be made: {error}")))?;
        for (name, value) in
            self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).chain(headers)
        {
            request.headers_mut().insert(name, value);
        }
        let response = self.client.request(request).await;
        response.map_err(|error| {
            Failure::passing(format!("the server cannot be reached: {}", cause(&error)))
                .and("check that it runs, and its URL")
        })
    }

    /// Classifies a response without success. A redirection is none: a request with its key goes where the URL says, and nowhere else.
    async fn of_status(&self, response: Response<Incoming>, awaited: Option<RequestId>) -> Posted {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = beginning(response, LONGEST_ERROR).await;
        let about_access = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let again = status.is_server_error()
            || matches!(
                status,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT | StatusCode::CONFLICT
            );
        // Servers answer a request that makes no sense with an error of JSON-RPC.
        if let Some(id) = awaited
            && !about_access
            && !again
            && let Ok(ServerJsonRpcMessage::Error(error)) = serde_json::from_slice(&body)
        {
            let error = ServerJsonRpcMessage::error(error.error, Some(id));
            return Ok(StreamableHttpPostResponse::Json(error, None));
        }
        let mut text = format!("the server answers with the status {status}");
        let body = String::from_utf8_lossy(&body);
        if !body.trim().is_empty() && !body.trim_start().starts_with('<') {
            text = format!("{text}: {}", self.config.secrets.quoted(&body));
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let failure = if again {
            Failure::passing(text).wait(retry_after(header, SystemTime::now())).harmless()
        } else {
            Failure::lasting(text)
        };
        Err(HttpError::Client(match status {
            _ if about_access => failure.and("check the header `authorization` that it is given"),
            StatusCode::NOT_FOUND => failure.and("check the path of the URL"),
            StatusCode::METHOD_NOT_ALLOWED if headers.contains_key(ALLOW) => {
                failure.and("check the path of the URL")
            }
            _ if headers.contains_key(LOCATION) => failure.and("it sends requests elsewhere: use that URL"),
            _ => failure,
        }))
    }
}

/// Returns a header, whose value is not shown.
///
/// # Errors
/// The name or the value is none that HTTP allows.
pub(crate) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let known =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no name of a header"))?;
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of the header `{name}` has letters that a header cannot have"))?;
    value.set_sensitive(true);
    Ok((known, value))
}

impl StreamableHttpClient for Http {
    type Error = Failure;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Posted {
        let body = serde_json::to_vec(&message)?;
        let awaited = match &message {
            ClientJsonRpcMessage::Request(request) => Some(request.id.clone()),
            _ => None,
        };
        let response = self.send(Method::POST, &uri, (session.as_deref(), None), headers, body).await;
        let response = response.map_err(HttpError::Client)?;
        let status = response.status();
        if status == StatusCode::NOT_FOUND && session.is_some() {
            return Err(HttpError::SessionExpired);
        }
        if !status.is_success() {
            return self.of_status(response, awaited).await;
        }
        let Some(id) = awaited else { return Ok(StreamableHttpPostResponse::Accepted) };
        let session =
            response.headers().get("mcp-session-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let kind = content_type(&response);
        match kind.as_str() {
            EVENTS => {
                let id = Some(id);
                Ok(StreamableHttpPostResponse::Sse(events(response, self.config.bounds.answer, id), session))
            }
            JSON => {
                let body = whole(response, self.config.bounds.answer).await.map_err(HttpError::Client)?;
                let Some(message) = message::read(&body) else {
                    return Err(HttpError::Client(Failure::passing("the answer is no JSON-RPC").harmless()));
                };
                Ok(StreamableHttpPostResponse::Json(message, session))
            }
            _ => {
                let text = format!("the answer is neither JSON nor a stream of events, but `{kind}`");
                Err(HttpError::Client(Failure::lasting(text).and("check the path of the URL")))
            }
        }
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), HttpError> {
        let response = self.send(Method::DELETE, &uri, (Some(&session), None), headers, Vec::new()).await;
        let response = response.map_err(HttpError::Client)?;
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED => Err(HttpError::ServerDoesNotSupportDeleteSession),
            status if status.is_success() => Ok(()),
            _ => self.of_status(response, None).await.map(|_| ()),
        }
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        _: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, HttpError> {
        let ids = (session.as_deref(), last.as_deref());
        let response =
            self.send(Method::GET, &uri, ids, headers, Vec::new()).await.map_err(HttpError::Client)?;
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Err(HttpError::ServerDoesNotSupportSse);
        }
        if !response.status().is_success() {
            return Err(self
                .of_status(response, None)
                .await
                .err()
                .unwrap_or(HttpError::UnexpectedEndOfStream));
        }
        if content_type(&response) != EVENTS {
            return Err(HttpError::UnexpectedContentType(Some(content_type(&response))));
        }
        Ok(events(response, self.config.bounds.answer, None))
    }
}
