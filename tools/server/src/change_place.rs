//! A place in the order of changes, as text.

use flujo::clock::Timestamp;
use flujo::engine::{RunCursor, RunId};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Writes a place on one line, whatever the id is.
pub(crate) fn place(cursor: &RunCursor) -> String {
    format!("{}.{}", cursor.at.0, utf8_percent_encode(cursor.id.as_str(), NON_ALPHANUMERIC))
}

/// Returns the place that [`place`] wrote.
pub(crate) fn place_of(text: &str) -> Option<RunCursor> {
    let (at, id) = text.split_once('.')?;
    let id = percent_decode_str(id).decode_utf8().ok()?;
    Some(RunCursor { at: Timestamp(at.parse().ok()?), id: RunId::from(&*id) })
}
