//! The server, as seen from outside: its ingress, which calls services, and its admin interface.

use crate::error::RestateError;
use crate::limit;
use crate::request::{Answer, Request};
use crate::wire::{APPLY, AT_REST, OBJECT, Stored, VIEW};
use flujo::engine::RunId;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, StatusCode, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the nodes of a cluster may need until others do what a dead one did.
const TAKING_PLACE: Duration = Duration::from_secs(20);

/// A request of fewer bytes is not refused for its size.
const LARGE: usize = 1 << 20;

/// The addresses of a server, and connections to it.
#[derive(Clone)]
pub(crate) struct Client {
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
    pub(crate) ingress: Arc<str>,
    admin: Arc<str>,
    /// The size of the largest message.
    pub(crate) limit: usize,
}

impl Client {
    /// # Errors
    /// An address is none of `http`.
    pub(crate) fn new(ingress: &str, admin: &str) -> Result<Self, RestateError> {
        let address = |text: &str| -> Result<Arc<str>, RestateError> {
            let text = text.trim_end_matches('/');
            let is_http = text.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http"));
            if is_http { Ok(text.into()) } else { Err(RestateError::address(text)) }
        };
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { http, ingress: address(ingress)?, admin: address(admin)?, limit: limit::LIMIT })
    }

    /// Applies a request to a run.
    pub(crate) async fn apply(&self, run: &RunId, request: &Request) -> Result<Answer, RestateError> {
        self.call((OBJECT, run.as_str(), APPLY), request).await
    }

    /// Returns a run and its state, if there is one.
    pub(crate) async fn stored(&self, run: &RunId) -> Result<Option<Stored>, RestateError> {
        self.call((OBJECT, run.as_str(), VIEW), &()).await
    }

    /// Waits until an execution has ended.
    pub(crate) async fn ended(&self, pipeline: &str, root: &str) -> Result<(), RestateError> {
        let key = utf8_percent_encode(root, NON_ALPHANUMERIC);
        let url = format!("{}/restate/workflow/{pipeline}/{key}/attach", self.ingress);
        let _: Value = self.json(Method::GET, url, None::<&Value>).await?;
        Ok(())
    }

    /// Waits until an execution comes to rest for the `n`th time.
    pub(crate) async fn at_rest(&self, pipeline: &str, root: &str, n: u32) -> Result<(), RestateError> {
        let key = utf8_percent_encode(root, NON_ALPHANUMERIC);
        let url = format!("{}/{pipeline}/{key}/{AT_REST}", self.ingress);
        self.json(Method::POST, url, Some(&n)).await
    }

    /// Calls a handler of an object.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        (service, key, handler): (&str, &str, &str),
        body: &impl Serialize,
    ) -> Result<T, RestateError> {
        let key = utf8_percent_encode(key, NON_ALPHANUMERIC);
        let url = format!("{}/{service}/{key}/{handler}", self.ingress);
        match self.json(Method::POST, url, Some(body)).await {
            // The services that are called here are those of each worker.
            Err(error) if error.status() == Some(404) => {
                Err(RestateError::without_worker(&self.ingress, None))
            }
            answer => answer,
        }
    }

    /// The rows of an SQL query, as the server writes them.
    pub(crate) async fn query<T: DeserializeOwned>(&self, sql: &str) -> Result<Vec<T>, RestateError> {
        #[derive(serde::Deserialize)]
        struct Rows<T> {
            rows: Vec<T>,
        }
        let query = serde_json::json!({ "query": sql });
        let asked = Instant::now();
        loop {
            let found =
                self.json::<Rows<T>>(Method::POST, format!("{}/query", self.admin), Some(&query)).await;
            match found {
                // A node that had some of the rows has died, and others have yet to take its place.
                Err(error) if error.is_of_server() && asked.elapsed() < TAKING_PLACE => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                found => return Ok(found?.rows),
            }
        }
    }

    /// Checks that both interfaces answer.
    pub(crate) async fn health(&self) -> Result<(), RestateError> {
        let none = None::<&Value>;
        let _: Value = self.json(Method::GET, format!("{}/health", self.admin), none).await?;
        let _: Value = self.json(Method::GET, format!("{}/restate/health", self.ingress), none).await?;
        Ok(())
    }

    /// Calls the admin interface.
    pub(crate) async fn admin<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, RestateError> {
        self.json(method, format!("{}{path}", self.admin), body).await
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        url: String,
        body: Option<&impl Serialize>,
    ) -> Result<T, RestateError> {
        let bytes = match body {
            Some(body) => serde_json::to_vec(body).map_err(|e| RestateError::unreadable(&url, e))?,
            None => Vec::new(),
        };
        if bytes.len() > self.limit {
            return Err(RestateError::setup(limit::message(
                &format!("what is sent to {url}"),
                bytes.len(),
                self.limit,
            )));
        }
        let size = bytes.len();
        let request = hyper::Request::builder()
            .method(method)
            .uri(&url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::new(Bytes::from(bytes)))
            .map_err(|e| RestateError::unreadable(&url, e))?;
        let response = self.http.request(request).await.map_err(|e| {
            // A server that takes nothing so large closes the connection, and mostly before its answer is read.
            let is_refused = size > LARGE && !e.is_connect();
            if is_refused {
                RestateError::broken_off(&url, size, e)
            } else {
                RestateError::unreachable(&url, e)
            }
        })?;
        let status = response.status();
        let read = response.into_body().collect().await.map_err(|e| RestateError::unreachable(&url, e))?;
        let bytes = read.to_bytes();
        if !status.is_success() {
            return Err(RestateError::refused(&url, status, &bytes));
        }
        let empty: &[u8] =
            if status == StatusCode::NO_CONTENT || bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(empty).map_err(|e| RestateError::unreadable(&url, e))
    }
}
