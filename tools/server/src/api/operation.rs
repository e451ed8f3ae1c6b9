//! One operation of the interface: what it takes and answers, by types, in one place for the router and the document.

use super::answer::Answer;
use super::document::Document;
use super::header_read::HeaderRead;
use crate::access::{Caller, Role};
use crate::fields;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
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
    /// The header that it reads.
    pub(crate) header: Option<HeaderRead>,
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
        let mut json = serde_json::Deserializer::from_slice(body);
        let read = serde_path_to_error::deserialize(&mut json);
        let read = read.map_err(|error| {
            let kind = if error.inner().is_data() { Kind::Unfit } else { Kind::Json };
            Problem::new(kind, fields::named(&error))
        })?;
        json.end().map_err(|error| Problem::new(Kind::Json, error.to_string()))?;
        Ok(Self(read))
    }
}

/// A JSON value, taken or sent.
pub(crate) struct Json<T>(pub(crate) T);

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
        let route = move |State(state): State<AppState>, request: Request| async move {
            let done = async {
                let answer = handler(read::<Q, B>(state, request, about).await?);
                // A change that has begun is carried out, even if the caller goes away.
                if is_post {
                    tokio::spawn(answer).await.unwrap_or_else(|_| Err(broken()))
                } else {
                    answer.await
                }
            };
            done.await.map_or_else(Problem::into_response, Answer::into_response)
        };
        let filter = if is_post { MethodFilter::POST } else { MethodFilter::GET };
        self.router = self.router.route(&format!("/api/v1{}", about.path), on(filter, route));
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
    let bytes = Bytes::from_request(Request::from_parts(parts, body), &state).await?;
    let body = B::read(&headers, &bytes)?;
    Ok(Call { state, caller, path, headers, query, body })
}

fn query<Q: DeserializeOwned>(parts: &Parts) -> Result<Q, Problem> {
    let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned();
    fields::read(pairs).map_err(|error| Problem::new(Kind::Parameter, error))
}
