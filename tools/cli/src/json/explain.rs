//! Messages of the compiler in documents.

use crate::explain::Mistake;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct MistakeDoc<'a> {
    name: &'a str,
    caption: &'a str,
    /// The address in the book.
    page: String,
    /// A program with the mistake.
    program: &'a str,
    /// What the compiler prints of it.
    message: &'a str,
}

impl<'a> MistakeDoc<'a> {
    pub(crate) fn of(mistake: &Mistake<'a>) -> Self {
        let Mistake { name, caption, program, message, .. } = *mistake;
        Self { name, caption, page: mistake.address(), program, message }
    }
}

#[derive(Serialize)]
pub(crate) struct NameDoc<'a> {
    pub(crate) name: &'a str,
    pub(crate) caption: &'a str,
}

#[derive(Serialize)]
pub(crate) struct NamesAnswer<'a> {
    pub(crate) messages: Vec<NameDoc<'a>>,
}
