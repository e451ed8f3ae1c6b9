//! Lists that grow, compared and put together as text: what was appended, without decoding what was there.
//!
//! That one text begins with another proves that one list begins with another. A reader of `[a,b]` and one of
//! `[a,b,c]` are in the same state after `[a,b`; the comma that follows ends `b` and nothing else, because inside of
//! a string, an array or an object the first list could not have ended there. So the elements of the first are those
//! that the second begins with, to the byte.

use super::Json;

/// Returns the elements that `new` has behind those of `old`, if it is `old` with some appended. `None` for an empty
/// `old` too: all of `new` is no longer than what was appended.
pub(crate) fn appended(old: &Json, new: &Json) -> Option<Json> {
    let kept = old.as_str().strip_suffix(']').filter(|kept| kept.starts_with('[') && kept.len() > 1)?;
    let rest = new.as_str().strip_prefix(kept)?.strip_prefix(',')?;
    Some(Json::recorded(format!("[{rest}")))
}

/// Returns `base` with `items` appended; `None` unless both are lists.
pub(crate) fn extended(base: &Json, items: &Json) -> Option<Json> {
    let is_list = |json: &Json| json.as_str().starts_with('[');
    let kept = base.as_str().strip_suffix(']').filter(|_| is_list(base))?;
    let rest = items.as_str().strip_prefix('[').filter(|rest| rest.ends_with(']'))?;
    Some(match (kept, rest) {
        (_, "]") => base.clone(),
        ("[", _) => items.clone(),
        _ => Json::recorded(format!("{kept},{rest}")),
    })
}

/// Returns the number of elements of a list; `None` for anything else.
pub(crate) fn count(list: &Json) -> Option<usize> {
    let text = list.as_str().strip_prefix('[')?.strip_suffix(']')?;
    let (mut depth, mut commas, mut is_string, mut is_escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => commas += 1,
            _ => {}
        }
    }
    Some(if text.is_empty() { 0 } else { commas + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn json(value: &Value) -> Json {
        Json::encode(value).unwrap()
    }

    #[test]
    fn what_was_appended_is_what_makes_the_new_list_of_the_old_one() {
        for (old, new, items) in [
            (json!([1]), json!([1, 2]), json!([2])),
            (json!(["a,b"]), json!(["a,b", "]", [",", {}]]), json!(["]", [",", {}]])),
            (json!([[1]]), json!([[1], null]), json!([null])),
            (json!([{"a": [1, 2]}, "\\\""]), json!([{"a": [1, 2]}, "\\\"", 3]), json!([3])),
        ] {
            let (old, new, items) = (json(&old), json(&new), json(&items));
            assert_eq!(appended(&old, &new).as_ref(), Some(&items), "{old} {new}");
            assert_eq!(extended(&old, &items), Some(new.clone()));
            let counts = [&old, &items, &new].map(|list| count(list).unwrap());
            assert_eq!(counts[0] + counts[1], counts[2], "{old} {new}");
        }
    }

    #[test]
    fn what_did_not_only_grow_has_nothing_appended() {
        for (old, new) in [
            (json!([]), json!([1])),
            (json!([1]), json!([1])),
            (json!([1]), json!([12, 3])),
            (json!([1]), json!([10])),
            (json!([1, 2]), json!([1])),
            (json!([1, 2]), json!([2, 2, 3])),
            (json!([[1]]), json!([[1, 2]])),
            (json!(["a"]), json!(["a,", "b"])),
            (json!("a]"), json!("a],")),
            (json!({"a": 1}), json!({"a": 1, "b": 2})),
            (json!(1), json!([1, 2])),
            (json!(null), json!([1])),
        ] {
            assert_eq!(appended(&json(&old), &json(&new)), None, "{old} {new}");
        }
    }

    #[test]
    fn only_lists_are_extended_and_counted() {
        let (list, empty) = (json(&json!([1])), json(&json!([])));
        assert_eq!(extended(&empty, &list), Some(list.clone()));
        assert_eq!(extended(&list, &empty), Some(list.clone()));
        for other in [json!({}), json!("[]"), json!(null), json!(1)] {
            let other = json(&other);
            assert_eq!((extended(&other, &list), extended(&list, &other), count(&other)), (None, None, None));
        }
        let counts = [json!([]), json!([[]]), json!(["\\", "\"", ",]"]), json!([{"a": [1, 2]}, [3, 4]])];
        assert_eq!(counts.map(|list| count(&json(&list)).unwrap()), [0, 1, 3, 2]);
    }
}
