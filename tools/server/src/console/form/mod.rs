//! Forms made of JSON Schemas. A schema becomes a tree of [`Field`]s; the tree is shown as HTML, and what a browser
//! sends back is read by the same tree, with errors at the fields.
//!
//! No form needs a script: a list grows and shrinks by buttons that send the form and get it back.

mod edit;
mod field;
mod fill;
mod html;
mod name;
mod raw;
mod read;
mod schema;

pub(crate) use edit::edited;
pub(crate) use field::Field;
pub(crate) use fill::filled;
pub(crate) use html::fieldset;
pub(crate) use raw::Raw;
pub(crate) use read::read;

use std::collections::BTreeMap;

/// Messages by the name of their field.
pub(crate) type Errors = BTreeMap<String, String>;

#[cfg(test)]
mod tests;
