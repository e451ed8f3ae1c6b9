use crate::access::Access;
use crate::events::Watching;
use crate::lists::Lists;
use crate::settings::Settings;
use flujo::run::Control;
use std::sync::Arc;

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
}
