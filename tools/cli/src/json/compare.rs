//! Two runs side by side in documents.

use super::attempt::AttemptDoc;
use flujo_server::comparison::Compared;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct CompareAnswer<'a> {
    pub(crate) first: &'a str,
    pub(crate) second: &'a str,
    pub(crate) nodes: Vec<ComparedDoc<'a>>,
}

/// A node of one of them, or of both: the last attempts.
#[derive(Serialize)]
pub(crate) struct ComparedDoc<'a> {
    path: &'a str,
    standing: &'static str,
    first: Option<AttemptDoc<'a>>,
    second: Option<AttemptDoc<'a>>,
}

impl<'a> ComparedDoc<'a> {
    pub(crate) fn of(one: &'a Compared) -> Self {
        Self {
            path: one.path(),
            standing: one.standing().word(),
            first: one.first().map(|node| AttemptDoc::of(&node.last, false)),
            second: one.second().map(|node| AttemptDoc::of(&node.last, false)),
        }
    }
}
