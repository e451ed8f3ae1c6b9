//! Guards of calls in plain expressions.

use crate::pipeline::callee::Callee;
use proc_macro2::Ident;

/// A constant of the body that the value of a call passes through, so that the call of a step is reported.
pub(crate) struct Guard {
    pub name: Ident,
    pub callee: Callee,
    /// The guard before it in the same statement.
    pub after: Option<Ident>,
}
