//! What operations answer.

use super::operation::Json;
use crate::events::{EVENT_NAMES, event_schema};
use crate::problem::{Kind, Problem};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

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
        AnswerFacts::json::<T>(200, "The answer.", schemas)
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

/// A picture, as SVG.
pub(crate) struct Picture(pub(crate) String);

impl Answer for Picture {
    fn document(_: &mut SchemaGenerator) -> AnswerFacts {
        let media = vec![(Drawn::SVG, schemars::json_schema!({ "type": "string" }))];
        AnswerFacts { status: 200, said: "The picture.".to_owned(), media, place: None }
    }
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, Drawn::SVG)], self.0).into_response()
    }
}

/// Events, until the caller goes away.
pub(crate) struct Streamed(pub(crate) Response);

impl Answer for Streamed {
    fn document(schemas: &mut SchemaGenerator) -> AnswerFacts {
        let lines: Vec<_> = EVENT_NAMES.iter().map(|(name, said)| format!("- `{name}`: {said}")).collect();
        let said = format!("Server-sent events, whose data is JSON.\n\n{}", lines.join("\n"));
        let media = vec![("text/event-stream", event_schema(schemas))];
        AnswerFacts { status: 200, said, media, place: None }
    }
    fn into_response(self) -> Response {
        self.0
    }
}
