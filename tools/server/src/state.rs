use crate::access::Access;
use crate::events::Watching;
use crate::settings::Settings;
use flujo::SharedBudget;
use flujo::run::Control;
use std::sync::Arc;

/// What every route knows.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The runs.
    pub(crate) control: Arc<dyn Control>,
    /// The runs that somebody watches.
    pub(crate) watching: Watching,
    /// Who may do what.
    pub(crate) access: Arc<Access>,
    /// Sizes and times.
    pub(crate) settings: Settings,
    /// Budgets of several runs, by the names that people know them by.
    pub(crate) budgets: Arc<[(String, SharedBudget)]>,
}
