//! Places in lists and streams as texts of letters, digits and a few marks: whatever ids and paths are, they fit in an
//! address and on the line of an event.

use flujo::clock::Timestamp;
use flujo::engine::{QuestionPlace, RunCursor, RunId};
use percent_encoding::{NON_ALPHANUMERIC, PercentEncode, percent_decode_str, utf8_percent_encode};
use std::borrow::Cow;

/// What [`place`] writes, as a pattern.
pub(crate) const PLACE: &str = r"^[0-9]{1,20}\.([0-9A-Za-z]|%[0-9A-F]{2})*$";
/// What [`question_place`] writes, as a pattern.
pub(crate) const QUESTION_PLACE: &str = r"^[0-9]{1,20}(\.([0-9A-Za-z]|%[0-9A-F]{2})*){2}$";

/// A place in the order of creation or changes.
pub(crate) fn place(cursor: &RunCursor) -> String {
    format!("{}.{}", cursor.at.0, coded(cursor.id.as_str()))
}

/// Returns the place that [`place`] wrote.
pub(crate) fn place_of(text: &str) -> Option<RunCursor> {
    let (at, id) = text.split_once('.')?;
    Some(RunCursor { at: Timestamp(number_of(at)?), id: RunId::from(&*decoded(id)?) })
}

/// A place among open questions.
pub(crate) fn question_place((asked, run, path): &QuestionPlace) -> String {
    format!("{}.{}.{}", asked.0, coded(run.as_str()), coded(path.as_str()))
}

/// Returns the place that [`question_place`] wrote.
pub(crate) fn question_place_of(text: &str) -> Option<QuestionPlace> {
    let (asked, rest) = text.split_once('.')?;
    let (run, path) = rest.split_once('.')?;
    let (run, path) = (decoded(run)?, decoded(path)?);
    Some((Timestamp(number_of(asked)?), RunId::from(&*run), (&*path).into()))
}

/// Returns the number of at most twenty digits, or the largest one.
pub(crate) fn number_of(digits: &str) -> Option<u64> {
    let are_digits = (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn coded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, NON_ALPHANUMERIC)
}

/// Bytes that are no text stand between runs, as any text does that is no id.
fn decoded(coded: &str) -> Option<Cow<'_, str>> {
    let mut parts = coded.split('%');
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_upper = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let is_escape = |part: &str| {
        part.split_at_checked(2).is_some_and(|(code, rest)| code.bytes().all(is_upper) && is_plain(rest))
    };
    if !parts.next().is_some_and(is_plain) || !parts.all(is_escape) {
        return None;
    }
    Some(percent_decode_str(coded).decode_utf8_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        for id in ["", "r", "a.b%c", "ä\u{202e}\n\0", "1.2"] {
            for at in [0, 7, u64::MAX] {
                let cursor = RunCursor { at: Timestamp(at), id: id.into() };
                assert_eq!(place_of(&place(&cursor)), Some(cursor));
                let question = (Timestamp(at), id.into(), format!("p/{id}").as_str().into());
                assert_eq!(question_place_of(&question_place(&question)), Some(question));
            }
        }
        assert_eq!(place_of("99999999999999999999.").map(|place| place.at.0), Some(u64::MAX));
        for wrong in [
            "",
            "x",
            "1",
            ".r",
            "-1.r",
            "+1.r",
            "1.r-1",
            "1.%f",
            "1.%ff",
            "1.%4",
            "1.é",
            "123456789012345678901.r",
        ] {
            assert_eq!(place_of(wrong), None, "{wrong}");
            assert_eq!(question_place_of(&format!("{wrong}.p")), None, "{wrong}");
        }
        assert_eq!((question_place_of("1.r"), question_place_of("1.r.p.q")), (None, None));
    }
}
