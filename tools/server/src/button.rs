//! Buttons that an application adds to every page of the console.

use flujo::clock::BoxFuture;
use std::fmt;
use std::sync::Arc;

/// A button for admins.
#[derive(Clone)]
pub(crate) struct Button {
    pub(crate) label: String,
    /// What is asked before it is pressed.
    pub(crate) sure: String,
    pub(crate) press: Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

impl Button {
    pub(crate) fn new<F>(label: String, sure: String, press: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { label, sure, press: Arc::new(move || Box::pin(press())) }
    }
}

impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Button").field("label", &self.label).finish_non_exhaustive()
    }
}
