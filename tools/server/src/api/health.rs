use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use flujo::engine::RunFilter;

/// Returns the routes by which a supervisor sees that the server lives, and that its engine answers. They take no token,
/// and say nothing else.
pub(crate) fn health(state: AppState) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(state)
}

async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    let filter = RunFilter::default().limit(1);
    let asked = state.control.list(&filter);
    match tokio::time::timeout(state.settings.request_time, asked).await {
        Ok(Ok(_)) => Ok("ready\n"),
        Ok(Err(_)) | Err(_) => Err(Problem::new(Kind::Engine, "the engine does not answer")),
    }
}
