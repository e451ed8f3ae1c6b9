use crate::codec::Json;
use crate::codec::list::appended;
use serde::{Deserialize, Serialize};

/// The new value of a context part, as the record of an attempt holds it.
///
/// A list that only grew is recorded as its appended elements, so that a conversation of n turns takes n turns of
/// storage. Every other value is recorded as a whole: a part that is no list, a list of which an element changed, and
/// the first value of a list that was empty.
///
/// Its serde form is stable: a string of JSON for a whole value, as in records that were written before the second
/// form existed, and a map for appended elements. A reader that does not know the second form refuses it.
///
/// ```
/// use flujo::codec::Json;
/// use flujo::engine::PartChange;
///
/// let whole = PartChange::from(Json::encode(&["hello"])?);
/// let appended = PartChange::Appended { from: 1, items: Json::encode(&["hi there"])? };
/// assert_eq!(Json::encode(&whole)?.as_str(), r#""[\"hello\"]""#);
/// assert_eq!(Json::encode(&appended)?.as_str(), r#"{"from":1,"items":"[\"hi there\"]"}"#);
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a part's value as a string of JSON, or a map of `from` and `items`")]
pub enum PartChange {
    /// The whole value.
    Whole(Json),
    /// The elements that were appended to a list.
    Appended {
        /// The number of elements of the list before the change.
        from: usize,
        /// The appended elements, as a list.
        items: Json,
    },
}

impl PartChange {
    /// Returns the change from one encoding to another; `count` returns the number of elements of the old one, if it
    /// is a list.
    pub(crate) fn between(old: &Json, new: Json, count: impl FnOnce() -> Option<usize>) -> Self {
        let appended = appended(old, &new).and_then(|items| Some((count()?, items)));
        appended.map_or(Self::Whole(new), |(from, items)| Self::Appended { from, items })
    }

    /// Returns the recorded JSON: the whole value, or the list of appended elements.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Whole(json) | Self::Appended { items: json, .. } => json.as_str(),
        }
    }
}

impl From<Json> for PartChange {
    fn from(whole: Json) -> Self {
        Self::Whole(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::recorded(text)
    }

    #[test]
    fn a_whole_value_has_the_form_that_it_always_had() {
        let parts = vec![("log".to_owned(), json("[1]")), ("title".to_owned(), json("\"a\""))];
        let changes: Vec<_> =
            parts.iter().map(|(n, part)| (n.clone(), PartChange::from(part.clone()))).collect();
        let text = serde_json::to_string(&parts).unwrap();
        assert_eq!(serde_json::to_string(&changes).unwrap(), text);
        assert_eq!(serde_json::from_str::<Vec<(String, PartChange)>>(&text).unwrap(), changes);
    }

    #[test]
    fn what_was_appended_comes_back_and_is_never_taken_for_a_value() {
        let appended = PartChange::Appended { from: 2, items: json("[{\"from\":1}]") };
        let text = serde_json::to_string(&appended).unwrap();
        assert_eq!(serde_json::from_str::<PartChange>(&text).unwrap(), appended);
        // A version that does not know this form refuses it.
        assert!(serde_json::from_str::<Json>(&text).is_err());
        // A value of the same shape is still a string.
        let whole = PartChange::Whole(json(&text));
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<PartChange>(&text).unwrap(), whole);
        for wrong in ["{\"from\":1}", "[1]", "1", "\"{\"", "{\"from\":1,\"items\":\"[\"}"] {
            assert!(serde_json::from_str::<PartChange>(wrong).is_err(), "{wrong}");
        }
    }
}
