//! One operation of the interface: what it takes and answers, by types, in one place for the router and the document.

use super::document::Document;
use crate::access::{Caller, Role};
use crate::fields;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The facts of an operation.
#[derive(Clone, Copy)]
pub(crate) struct About {
    /// The path below `/api/v1`.
    pub(crate) path: &'static str,
    /// The name, which does not change.
    pub(crate) name: &'static str,
    /// One sentence about it.
    pub(crate) summary: &'static str,
    /// The role that it takes.
    pub(crate) role: Role,
    /// The problems that it may answer with, beside those that every operation has.
    pub(crate) problems: &'static [Kind],
}

/// A request that was read.
pub(crate) struct Call<Q, B> {
    pub(crate) state: AppState,
    pub(crate) caller: Caller,
    path: HashMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Q,
    pub(crate) body: B,
}

impl<Q, B> Call<Q, B> {
    /// The part of the path with this name.
    pub(crate) fn part(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The run that the path names.
    pub(crate) fn run(&self) -> flujo::engine::RunId {
        self.part("id").into()
    }
}

/// A query without parameters.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// What a body is read as.
pub(crate) trait Body: Sized + Send + 'static {
    /// The schema; `None` if no body is read.
    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema>;
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem>;
}

/// No body.
impl Body for () {
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
    fn read(_: &HeaderMap, _: &Bytes) -> Result<Self, Problem> {
        Ok(())
    }
}

impl<T: DeserializeOwned + JsonSchema + Send + 'static> Body for Json<T> {
    fn schema(schemas: &mut SchemaGenerator) -> Option<Schema> {
        Some(schemas.subschema_for::<T>())
    }
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem> {
        let kind =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Problem::new(Kind::MediaType, "send JSON: `Content-Type: application/json`"));
        }
        serde_json::from_slice(body).map(Self).map_err(|error| {
            let kind = if error.is_data() { Kind::Unfit } else { Kind::Json };
            Problem::new(kind, error.to_string())
        })
    }
}

/// A JSON value, taken or sent.
pub(crate) struct Json<T>(pub(crate) T);

/// What an operation answers.
pub(crate) trait Answer: Send + 'static {
    /// The status, the media type, and the schema of what is sent.
    fn document(schemas: &mut SchemaGenerator) -> (u16, &'static str, Schema);
    fn into_response(self) -> Response;
}

fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => (status, [(header::CONTENT_TYPE, "application/json")], body).into_response(),
        // A recorded value that is no JSON: the storage is damaged.
        Err(error) => {
            Problem::new(Kind::Internal, format!("what is recorded cannot be shown: {error}")).into_response()
        }
    }
}

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Json<T> {
    fn document(schemas: &mut SchemaGenerator) -> (u16, &'static str, Schema) {
        (200, "application/json", schemas.subschema_for::<T>())
    }
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// A run that exists now, at this address.
pub(crate) struct Created<T>(pub(crate) String, pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Created<T> {
    fn document(schemas: &mut SchemaGenerator) -> (u16, &'static str, Schema) {
        (201, "application/json", schemas.subschema_for::<T>())
    }
    fn into_response(self) -> Response {
        let mut response = json(StatusCode::CREATED, &self.1);
        if let Ok(place) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::LOCATION, place);
        }
        response
    }
}

/// Something that goes on after the answer.
pub(crate) struct Accepted<T>(pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Accepted<T> {
    fn document(schemas: &mut SchemaGenerator) -> (u16, &'static str, Schema) {
        (202, "application/json", schemas.subschema_for::<T>())
    }
    fn into_response(self) -> Response {
        json(StatusCode::ACCEPTED, &self.0)
    }
}

/// Text of some type, or a stream: what is sent already has its headers.
pub(crate) struct Sent<const STREAM: bool>(pub(crate) Response);

impl<const STREAM: bool> Answer for Sent<STREAM> {
    fn document(_: &mut SchemaGenerator) -> (u16, &'static str, Schema) {
        let media = if STREAM { "text/event-stream" } else { "text/plain" };
        (200, media, schemars::json_schema!({ "type": "string" }))
    }
    fn into_response(self) -> Response {
        self.0
    }
}

/// The operations, as routes and as a document.
pub(crate) struct Operations {
    pub(crate) router: Router<AppState>,
    pub(crate) document: Document,
}

impl Operations {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), document: Document::new() }
    }

    /// Adds an operation that changes nothing.
    pub(crate) fn get<Q, T, F, Fut>(self, about: About, handler: F) -> Self
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        T: Answer,
        F: Fn(Call<Q, ()>) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        self.add(false, about, handler)
    }

    /// Adds an operation that changes something, or computes for long.
    pub(crate) fn post<Q, B, T, F, Fut>(self, about: About, handler: F) -> Self
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: Body,
        T: Answer,
        F: Fn(Call<Q, B>) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        self.add(true, about, handler)
    }

    fn add<Q, B, T, F, Fut>(mut self, is_post: bool, about: About, handler: F) -> Self
    where
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: Body,
        T: Answer,
        F: Fn(Call<Q, B>) -> Fut + Copy + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        self.document.add::<Q, B, T>(if is_post { "post" } else { "get" }, &about);
        let answer = move |State(state): State<AppState>, request: Request| async move {
            let called = async {
                let handled = handler(read::<Q, B>(state, request, about).await?);
                // A change that has begun is carried out, even if the caller goes away.
                match is_post {
                    true => tokio::spawn(handled).await.unwrap_or_else(|_| Err(broken())),
                    false => handled.await,
                }
            };
            called.await.map_or_else(Problem::into_response, Answer::into_response)
        };
        let filter = if is_post { MethodFilter::POST } else { MethodFilter::GET };
        self.router = self.router.route(&format!("/api/v1{}", about.path), on(filter, answer));
        self
    }
}

fn broken() -> Problem {
    Problem::new(Kind::Internal, "the operation panicked; please report it")
}

async fn read<Q: DeserializeOwned, B: Body>(
    state: AppState,
    request: Request,
    about: About,
) -> Result<Call<Q, B>, Problem> {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, &state).await?;
    caller.require(about.role)?;
    let path = Path::<HashMap<String, String>>::from_request_parts(&mut parts, &state).await;
    let Path(path) = path.map_err(|error| Problem::new(Kind::Parameter, error.body_text()))?;
    let query = query(&parts)?;
    let headers = parts.headers.clone();
    let bytes =
        Bytes::from_request(Request::from_parts(parts, body), &state).await.map_err(Problem::of_body)?;
    let body = B::read(&headers, &bytes)?;
    Ok(Call { state, caller, path, headers, query, body })
}

fn query<Q: DeserializeOwned>(parts: &Parts) -> Result<Q, Problem> {
    let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned();
    let read =
        fields::map(pairs).and_then(|map| serde_json::from_value(map).map_err(|error| error.to_string()));
    read.map_err(|error| Problem::new(Kind::Parameter, error))
}
