//! The interface for programs, `/api/v1`.

mod answer;
mod changes;
mod document;
mod header_read;
mod health;
mod operation;
mod pipelines;
mod recorded;
mod runs;
mod streams;
mod totals;

pub(crate) use health::health;

use crate::access::Caller;
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::Router;
use axum::extract::Request;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{any, get};
use flujo::engine::RunId;
use operation::Operations;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fn operations() -> Operations {
    let operations = pipelines::add(Operations::new());
    let operations = changes::add(runs::add(operations));
    streams::add(totals::add(recorded::add(operations)))
}

/// Returns the routes below `/api`.
pub(crate) fn routes(state: AppState) -> Router {
    let Operations { router, document } = operations();
    // It is the same for everyone, and made once.
    let document: axum::body::Bytes = document.finish(&state.access).to_string().into();
    let document =
        get(move |_: Caller| async move { ([(header::CONTENT_TYPE, "application/json")], document) });
    let mut router = router.route("/api/v1/openapi.json", document);
    for path in ["/api", "/api/", "/api/{*rest}"] {
        router = router.route(path, any(unknown));
    }
    let refused = || async { Problem::new(Kind::Method, "this address does not take this method") };
    router.method_not_allowed_fallback(refused).with_state(state)
}

async fn unknown(request: Request) -> impl IntoResponse {
    let path = request.uri().path().escape_debug().to_string();
    Problem::new(
        Kind::UnknownRoute,
        format!("there is nothing at `{path}`: `/api/v1/openapi.json` has all addresses"),
    )
}

/// The address of a run.
fn address(id: &RunId) -> String {
    format!("/api/v1/runs/{}", utf8_percent_encode(id.as_str(), NON_ALPHANUMERIC))
}
