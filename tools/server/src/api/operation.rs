//! One operation of the interface: what it takes and answers, by types, in one place for the router and the document.

use super::document::Document;
use crate::access::{Caller, Role};
use crate::events::TOLD;
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
    /// The header that it reads.
    pub(crate) header: Option<HeaderRead>,
    /// The problems that it may answer with, beside those that every operation has.
    pub(crate) problems: &'static [Kind],
}

/// A header that changes what an operation does.
#[derive(Clone, Copy)]
pub(crate) enum HeaderRead {
    IdempotencyKey,
    LastEventId,
}

impl HeaderRead {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::IdempotencyKey => "Idempotency-Key",
            Self::LastEventId => "Last-Event-ID",
        }
    }

    pub(super) const fn said(self) -> &'static str {
        match self {
            Self::IdempotencyKey => {
                "What the id of the run follows from, together with the name of the caller, if the body has none: a \
                 request that is sent twice starts one run."
            }
            Self::LastEventId => "The id of the event behind which the stream goes on.",
        }
    }
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

/// What is sent if there is no problem.
pub(crate) struct AnswerFacts {
    pub(super) status: u16,
    pub(super) said: String,
    /// The media types, each with a schema.
    pub(super) media: Vec<(&'static str, Schema)>,
    /// What the header `Location` says.
    pub(super) place: Option<&'static str>,
}

impl AnswerFacts {
    fn json<T: JsonSchema>(status: u16, said: &str, schemas: &mut SchemaGenerator) -> Self {
        let media = vec![("application/json", schemas.subschema_for::<T>())];
        Self { status, said: said.to_owned(), media, place: None }
    }
}

/// What an operation answers.
pub(crate) trait Answer: Send + 'static {
    fn document(schemas: &mut SchemaGenerator) -> AnswerFacts;
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
    fn document(schemas: &mut SchemaGenerator) -> AnswerFacts {
        AnswerFacts::json::<T>(200, "What was asked for.", schemas)
    }
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// A run that exists now, at this address.
pub(crate) struct Created<T>(pub(crate) String, pub(crate) T);

impl<T: Serialize + JsonSchema + Send + 'static> Answer for Created<T> {
    fn document(schemas: &mut SchemaGenerator) -> AnswerFacts {
        let facts = AnswerFacts::json::<T>(201, "The run is there.", schemas);
        AnswerFacts { place: Some("The address of the run."), ..facts }
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
    fn document(schemas: &mut SchemaGenerator) -> AnswerFacts {
        AnswerFacts::json::<T>(202, "It goes on.", schemas)
    }
    fn into_response(self) -> Response {
        json(StatusCode::ACCEPTED, &self.0)
    }
}

/// A drawing in one of several languages.
pub(crate) struct Drawn(pub(crate) &'static str, pub(crate) String);

impl Drawn {
    /// The media types, which have a schema if they are JSON.
    pub(crate) const MERMAID: &str = "text/plain; charset=utf-8";
    pub(crate) const DOT: &str = "text/vnd.graphviz; charset=utf-8";
    pub(crate) const JSON: &str = "application/json";
    pub(crate) const SVG: &str = "image/svg+xml";
}

impl Answer for Drawn {
    fn document(_: &mut SchemaGenerator) -> AnswerFacts {
        let text = || schemars::json_schema!({ "type": "string" });
        let media = vec![
            (Self::MERMAID, text()),
            (Self::DOT, text()),
            (Self::SVG, text()),
            (Self::JSON, schemars::json_schema!({ "type": "object" })),
        ];
        AnswerFacts { status: 200, said: "The drawing.".to_owned(), media, place: None }
    }
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, self.0)], self.1).into_response()
    }
}

/// Events, until the caller goes away.
pub(crate) struct Streamed(pub(crate) Response);

impl Answer for Streamed {
    fn document(_: &mut SchemaGenerator) -> AnswerFacts {
        let lines: Vec<_> = TOLD.iter().map(|(name, said)| format!("- `{name}`: {said}")).collect();
        let said = format!("Server-sent events, whose data is JSON.\n\n{}", lines.join("\n"));
        let media = vec![("text/event-stream", schemars::json_schema!({ "type": "string" }))];
        AnswerFacts { status: 200, said, media, place: None }
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
    let read =
        fields::map(pairs).and_then(|map| serde_json::from_value(map).map_err(|error| error.to_string()));
    read.map_err(|error| Problem::new(Kind::Parameter, error))
}
