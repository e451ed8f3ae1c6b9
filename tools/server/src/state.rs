use crate::access::Access;
use crate::console::Button;
use crate::events::Watching;
use crate::settings::Settings;
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
    /// What the application adds to every page.
    pub(crate) buttons: Arc<[Button]>,
}
