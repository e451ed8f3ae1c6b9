//! The pages for people, at `/`: rendered here, followed live by htmx, and of use without it.

mod assets;
mod buttons;
mod compare;
mod fields;
mod form;
mod inbox;
mod inputs;
mod limit;
mod line;
mod live;
mod login;
mod page;
mod pipelines;
mod run;
mod runs;
mod show;
mod usage;
mod visit;

use crate::problem::{Kind, Problem};
use crate::state::AppState;
use axum::Router;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

/// Answers for an address at which there is nothing.
pub(crate) async fn missing(uri: Uri) -> Response {
    let what = format!("there is nothing at `{}`", uri.path().escape_debug());
    visit::Refused(Problem::new(Kind::UnknownRoute, what)).into_response()
}

/// Returns the routes of the pages.
pub(crate) fn routes(state: AppState) -> Router {
    Router::new()
        .route("/", get(runs::list))
        .route("/runs-part", get(runs::part))
        .route("/runs-act", post(runs::act))
        .route("/runs/{id}", get(run::show_run))
        .route("/runs/{id}/now", get(run::now_of))
        .route("/runs/{id}/questions", get(run::questions_of))
        .route("/runs/{id}/text", get(run::whole))
        .route("/runs/{id}/reply", post(run::reply))
        .route("/runs/{id}/cancel", post(run::cancel))
        .route("/runs/{id}/retry", post(run::retry))
        .route("/runs/{id}/fork", get(run::fork_form).post(run::fork))
        .route("/compare", get(compare::compare))
        .route("/inbox", get(inbox::inbox))
        .route("/inbox-part", get(inbox::part))
        .route("/pipelines", get(pipelines::list))
        .route("/pipelines/{name}", get(pipelines::show_pipeline))
        .route("/pipelines/{name}/start", post(pipelines::start))
        .route("/usage", get(usage::usage))
        .route("/login", get(login::login))
        .route("/buttons/{n}", post(buttons::press))
        .route("/assets/{file}", get(assets::serve))
        .with_state(state)
}
