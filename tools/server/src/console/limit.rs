//! A limit of cost, in forms that begin a run.

use super::form::{Errors, Raw};
use super::line::line;
use flujo::UsageLimits;
use maud::Markup;

const NAME: &str = "limit";

/// The input for the limit; `doc` says what holds without one.
pub(super) fn limit_field(doc: &str, raw: &Raw, errors: &Errors) -> Markup {
    line(NAME, "Most it may cost, in dollars", doc, raw, errors)
}

/// The limit that was written, if one was.
pub(super) fn limit_of(raw: &Raw, errors: &mut Errors) -> Option<UsageLimits> {
    let text = raw.get(NAME).unwrap_or_default().trim().trim_start_matches('$');
    if text.is_empty() {
        return None;
    }
    UsageLimits::try_usd(text).map_err(|error| errors.insert(NAME.to_owned(), error.to_string())).ok()
}
