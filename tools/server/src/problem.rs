//! Errors as callers see them: problem details, RFC 9457.

use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flujo::error::Signal;
use flujo::{Error, ErrorKind};
use schemars::JsonSchema;
use serde::Serialize;

/// A mark on an answer: what it says instead of what was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(pub(crate) Kind);

/// The kinds of problems: each has a type, a title and a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parameter,
    Json,
    Unauthorized,
    Forbidden,
    ForeignPage,
    ForeignForm,
    UnknownRoute,
    UnknownPipeline,
    UnknownRun,
    UnknownNode,
    UnknownQuestion,
    Method,
    Conflict,
    Answered,
    Mismatch,
    NotRegistered,
    TooLarge,
    MediaType,
    UnknownHost,
    Unfit,
    Reply,
    Setup,
    RunFailed,
    Internal,
    Unsupported,
    Engine,
    OutOfTime,
    TooMany,
}

impl Kind {
    const fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Parameter => (400, "parameter", "A parameter cannot be read"),
            Self::Json => (400, "json", "The body is not JSON"),
            Self::Unauthorized => (401, "unauthorized", "The caller is not known"),
            Self::Forbidden => (403, "forbidden", "The caller may not do this"),
            Self::ForeignPage => (403, "foreign-page", "The request comes from a page of another origin"),
            Self::ForeignForm => (403, "foreign-form", "The form is not of this server"),
            Self::UnknownRoute => (404, "unknown-route", "There is nothing at this address"),
            Self::UnknownPipeline => (404, "unknown-pipeline", "The pipeline is not registered"),
            Self::UnknownRun => (404, "unknown-run", "The run is not known"),
            Self::UnknownNode => (404, "unknown-node", "The run has nothing recorded at the node"),
            Self::UnknownQuestion => (404, "unknown-question", "The run has not asked this"),
            Self::Method => (405, "method", "This address does not take the method"),
            Self::Conflict => (409, "conflict", "The state of the run does not allow this"),
            Self::Answered => (409, "answered", "The question was answered before"),
            Self::Mismatch => (409, "mismatch", "The records of the run do not fit the code"),
            Self::NotRegistered => (409, "not-registered", "The code of the run is not here"),
            Self::TooLarge => (413, "too-large", "The body is too large"),
            Self::MediaType => (415, "media-type", "The body has another type"),
            Self::UnknownHost => (421, "unknown-host", "The server has another name"),
            Self::Unfit => (422, "unfit", "The body does not fit"),
            Self::Reply => (422, "reply", "The reply does not fit the question"),
            Self::Setup => (422, "setup", "The run cannot begin like this"),
            Self::RunFailed => (422, "run-failed", "The run failed"),
            Self::Internal => (500, "internal", "This is a bug"),
            Self::Unsupported => (501, "unsupported", "The engine cannot do this"),
            Self::Engine => (503, "engine", "The engine failed"),
            Self::OutOfTime => (503, "out-of-time", "It took too long"),
            Self::TooMany => (503, "too-many", "Too many callers are served already"),
        }
    }

    /// The kind as one word, which does not change between versions.
    pub(crate) const fn word(self) -> &'static str {
        self.facts().1
    }

    /// True if a caller is refused for who it is or where it comes from.
    pub(crate) const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Unauthorized | Self::Forbidden | Self::ForeignPage | Self::ForeignForm | Self::UnknownHost
        )
    }

    /// The kind in words.
    pub(crate) const fn title(self) -> &'static str {
        self.facts().2
    }

    pub(crate) fn status(self) -> StatusCode {
        StatusCode::from_u16(self.facts().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A problem: what is sent in place of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) detail: String,
    pub(crate) path: Option<String>,
}

/// Problem details, as RFC 9457 has them.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemBody {
    /// The kind of the problem; it does not change between versions.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What is wrong this time, and what to do about it.
    detail: String,
    /// The node of a pipeline or a run that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), path: None }
    }

    pub(crate) fn at(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }

    pub(crate) fn unknown_pipeline(name: &str) -> Self {
        Self::new(Kind::UnknownPipeline, format!("no pipeline `{}` is registered here", name.escape_debug()))
    }
}

/// A body that could not be read to its end.
impl From<BytesRejection> for Problem {
    fn from(error: BytesRejection) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::new(Kind::TooLarge, "the body has more bytes than this server takes");
        }
        Self::new(Kind::Json, "the body broke off")
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::UnknownRun(_) => Kind::UnknownRun,
            ErrorKind::UnknownNode { .. } => Kind::UnknownNode,
            ErrorKind::RunConflict(_)
            | ErrorKind::Busy(_)
            | ErrorKind::Interrupted
            | ErrorKind::Crashed { .. } => Kind::Conflict,
            ErrorKind::Reply(_) => Kind::Reply,
            ErrorKind::Input(_) => Kind::Unfit,
            ErrorKind::Setup(_) | ErrorKind::Unconfigured(_) => Kind::Setup,
            ErrorKind::Engine(_) => Kind::Engine,
            ErrorKind::Signal(signal) => of_signal(signal),
            ErrorKind::Failed(_)
            | ErrorKind::TimedOut(_)
            | ErrorKind::Rejected(_)
            | ErrorKind::Exhausted { .. }
            | ErrorKind::Panicked(_)
            | ErrorKind::Codec(_)
            | ErrorKind::MergeConflict(_)
            | ErrorKind::LimitExceeded(_) => Kind::RunFailed,
            // `Internal`, and kinds that are newer than this server.
            _ => Kind::Internal,
        };
        // The kind alone: the path has a field of its own, and sources are for the log.
        let detail = error.kind().to_string();
        Self { kind, detail, path: error.path().map(ToString::to_string) }
    }
}

fn of_signal(signal: &Signal) -> Kind {
    match signal {
        Signal::JournalMismatch(_) => Kind::Mismatch,
        Signal::RunLimit(_) | Signal::OutOfTime(_) => Kind::RunFailed,
        Signal::Engine(_) => Kind::Engine,
        Signal::Suspended | Signal::Cancelled | Signal::OwnershipLost => Kind::Conflict,
        _ => Kind::Internal,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, word, title) = self.kind.facts();
        let kind = format!("urn:flujo:problem:{word}");
        let body = ProblemBody { kind, title, status, detail: self.detail, path: self.path };
        // Texts and a number: serialization cannot fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let media = HeaderValue::from_static("application/problem+json");
        let mut response = (self.kind.status(), [(header::CONTENT_TYPE, media)], body).into_response();
        response.extensions_mut().insert(Refused(self.kind));
        if self.kind == Kind::Unauthorized {
            let how = HeaderValue::from_static("Bearer realm=\"flujo\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flujo::error::EngineError;

    #[test]
    fn each_kind_of_error_has_a_status() {
        let of = |kind: ErrorKind| Problem::from(Error::new(kind)).kind.status().as_u16();
        let text = || "what".to_owned();
        assert_eq!(of(ErrorKind::UnknownRun(text())), 404);
        assert_eq!(of(ErrorKind::UnknownNode { run: text(), path: text() }), 404);
        assert_eq!(of(ErrorKind::RunConflict(text())), 409);
        assert_eq!(of(ErrorKind::Busy(text())), 409);
        assert_eq!(of(ErrorKind::Interrupted), 409);
        assert_eq!(of(ErrorKind::Crashed { in_flight: vec![] }), 409);
        assert_eq!(of(ErrorKind::Reply(text())), 422);
        assert_eq!(of(ErrorKind::Input(text())), 422);
        assert_eq!(of(ErrorKind::Setup(text())), 422);
        assert_eq!(of(ErrorKind::Unconfigured(text())), 422);
        assert_eq!(of(ErrorKind::Failed(text())), 422);
        assert_eq!(of(ErrorKind::TimedOut(std::time::Duration::ZERO)), 422);
        assert_eq!(of(ErrorKind::Rejected(vec![])), 422);
        assert_eq!(of(ErrorKind::Exhausted { form: text(), rounds: 1 }), 422);
        assert_eq!(of(ErrorKind::Panicked(text())), 422);
        assert_eq!(of(ErrorKind::MergeConflict(text())), 422);
        assert_eq!(of(ErrorKind::Engine(EngineError::new("full"))), 503);
        assert_eq!(of(ErrorKind::Internal(text())), 500);
        assert_eq!(of(ErrorKind::Signal(Signal::Suspended)), 409);
        assert_eq!(of(ErrorKind::Signal(Signal::Cancelled)), 409);
        assert_eq!(of(ErrorKind::Signal(Signal::OwnershipLost)), 409);
        assert_eq!(of(ErrorKind::Signal(Signal::Engine(EngineError::new("full")))), 503);
        assert_eq!(of(ErrorKind::Signal(Signal::Internal(text()))), 500);
    }

    #[test]
    fn the_source_of_an_engine_error_is_not_shown() {
        let source = std::io::Error::other("postgres://ops:secret@db");
        let error = EngineError::new("the database cannot be reached").with_source(source);
        let problem = Problem::from(Error::from(error));
        assert_eq!(problem.detail, "the database cannot be reached");
    }
}
