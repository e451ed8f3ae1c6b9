use super::Access;
use super::access_log::AccessLog;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;

/// A page may load what this server sends, and nothing else; nothing in a text is run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What is checked of every request.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) access: Arc<Access>,
    /// The time for the head of an answer.
    pub(crate) time: Duration,
}

/// The checks and headers that are common to all routes.
pub(crate) async fn guard(
    State(Guard { access, time }): State<Guard>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let entry = AccessLog::of(&mut parts);
    let checked = access.came_directly(&parts);
    let mut response = if let Err(problem) = checked {
        problem.into_response()
    } else {
        let answered = tokio::time::timeout(time, next.run(Request::from_parts(parts, body))).await;
        answered.unwrap_or_else(|_| {
            let what = format!("no answer within {time:?}: what was asked for may still be carried out");
            Problem::new(Kind::OutOfTime, what).into_response()
        })
    };
    entry.log(&response);
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY"));
    if entry.path().starts_with("/api/") || !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
