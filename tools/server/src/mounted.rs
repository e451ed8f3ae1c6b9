//! Addresses of a router that is mounted below another one: what is inside of it need not know where.

use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The attributes of our pages that hold addresses. A text cannot look like one of them, because its quotes are escaped.
const ATTRIBUTES: [&str; 6] =
    [" href=\"/", " src=\"/", " action=\"/", " hx-get=\"/", " hx-post=\"/", " sse-connect=\"/"];
const HEADERS: [&str; 2] = ["location", "hx-redirect"];
/// The document of the interface, and the server in it.
const DOCUMENT: &str = "/api/v1/openapi.json";
const SERVER: &str = "\"servers\":[{\"url\":\"/\"}]";

/// Puts what was stripped from a request's path in front of the addresses of its answer.
pub(crate) async fn mounted(request: Request, next: Next) -> Response {
    let Some(prefix) = prefix(&request).map(str::to_owned) else { return next.run(request).await };
    let is_document = request.uri().path() == DOCUMENT;
    moved(next.run(request).await, &prefix, is_document).await
}

/// The part of the path that routers around this one have matched.
fn prefix(request: &Request) -> Option<&str> {
    let OriginalUri(original) = request.extensions().get()?;
    let inside = request.uri().path();
    let prefix = match original.path().strip_suffix(inside) {
        Some(prefix) => prefix,
        // The address of the place itself, without a slash at its end.
        None if inside == "/" => original.path(),
        None => return None,
    };
    (!prefix.is_empty()).then_some(prefix)
}

async fn moved(mut response: Response, prefix: &str, is_document: bool) -> Response {
    for name in HEADERS {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok());
        let Some(inside) = value.filter(|value| value.starts_with('/') && !value.starts_with("//")) else {
            continue;
        };
        if let Ok(value) = HeaderValue::from_str(&address(inside, prefix)) {
            response.headers_mut().insert(name, value);
        }
    }
    let change: fn(&str, &str) -> String = if is_document {
        server
    } else if is_page(response.headers()) {
        addresses
    } else {
        return response;
    };
    let (mut parts, body) = response.into_parts();
    // Pages and documents are whole when they are sent: this waits for nothing.
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let body = match std::str::from_utf8(&bytes) {
        Ok(text) => Bytes::from(change(text, prefix)),
        Err(_) => bytes,
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// Moves an address that begins with a slash. The first page has no slash behind the place: that is how a nested router
/// is asked for it.
fn address(inside: &str, prefix: &str) -> String {
    let rest = inside.strip_prefix('/').unwrap_or(inside);
    let is_first = rest.is_empty() || rest.starts_with(['?', '#', '"']);
    if is_first { format!("{prefix}{rest}") } else { format!("{prefix}{inside}") }
}

/// Moves the addresses of a page.
fn addresses(page: &str, prefix: &str) -> String {
    let mut moved = page.to_owned();
    for attribute in ATTRIBUTES {
        let mut parts = moved.split(attribute);
        let first = parts.next().unwrap_or_default().to_owned();
        let start = attribute.trim_end_matches('/');
        moved = parts.fold(first, |done, rest| done + start + &address(&format!("/{rest}"), prefix));
    }
    moved
}

/// Moves the server of the interface's document.
fn server(document: &str, prefix: &str) -> String {
    document.replacen(SERVER, &format!("\"servers\":[{{\"url\":\"{prefix}\"}}]"), 1)
}
