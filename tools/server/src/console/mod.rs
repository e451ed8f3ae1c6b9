//! The pages for people, at `/`.

use crate::state::AppState;
use axum::Router;

/// Returns the routes of the pages.
pub(crate) fn routes(state: AppState) -> Router {
    drop(state);
    Router::new()
}
