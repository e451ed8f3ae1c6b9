//! `fail`: the end of a pipeline as failed.

use crate::error::{Error, ErrorKind};
use crate::exec::Cx;
use std::fmt;

/// Ends the pipeline as failed, with this message: `let Some(x) = found else { fail("nothing found") };`.
///
/// # Panics
/// Outside of `pipeline!`, where there is nothing that it could end.
#[allow(clippy::panic, reason = "a form outside of `pipeline!` is a mistake that must not pass silently")]
pub fn fail(message: impl fmt::Display) -> ! {
    panic!("`fail` is a form of `pipeline!`: {message}")
}

impl<C, R> Cx<'_, C, R> {
    /// The error of `fail(message)`.
    #[cold]
    pub fn fail(&self, message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Failed(message.to_string())).at(self.driver.own_path())
    }
}
