use crate::access::{Access, Caller, is_known};
use crate::button::Button;
use crate::events::Watching;
use crate::lists::Lists;
use crate::problem::Problem;
use crate::settings::Settings;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use flujo::SharedBudget;
use flujo::run::Control;
use std::sync::Arc;

impl FromRef<AppState> for Arc<Access> {
    fn from_ref(state: &AppState) -> Self {
        Self::clone(&state.access)
    }
}

/// What every route knows.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The runs.
    pub(crate) control: Arc<dyn Control>,
    /// The lists that pages show.
    pub(crate) lists: Lists,
    /// The runs that somebody watches.
    pub(crate) watching: Watching,
    /// Who may do what.
    pub(crate) access: Arc<Access>,
    /// Sizes and times.
    pub(crate) settings: Settings,
    /// Budgets of several runs, by the names that people know them by.
    pub(crate) budgets: Arc<[(String, SharedBudget)]>,
    /// What the application adds to every page.
    pub(crate) buttons: Arc<[Button]>,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(request: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let caller = state.access.caller(request).await?;
        is_known(request, &caller);
        Ok(caller)
    }
}
