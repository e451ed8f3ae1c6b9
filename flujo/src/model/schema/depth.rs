//! Schemas that are nested without end, which only a hand-written `JsonSchema` makes: recursion into them, even that
//! which drops them, would use up the stack and end the process.

use crate::codec::MAX_DEPTH;
use serde_json::Value;

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Object(object) => Box::new(object.values()),
        Value::Array(list) => Box::new(list.iter()),
        _ => Box::new(std::iter::empty()),
    }
}

/// True if the value is nested deeper than a record may be.
pub(super) fn is_too_deep(value: &Value) -> bool {
    let mut level = vec![value];
    for _ in 0..=MAX_DEPTH {
        level = level.into_iter().flat_map(children).collect();
        if level.is_empty() {
            return false;
        }
    }
    true
}

/// Drops a value, however deep it is.
pub(crate) fn take_apart(value: Value) {
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(object) => rest.extend(object.into_iter().map(|(_, value)| value)),
            Value::Array(list) => rest.extend(list),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Json;
    use crate::model::{schema_of, strict};
    use schemars::{JsonSchema, Schema, SchemaGenerator};
    use serde::{Deserialize, Serialize};
    use std::borrow::Cow;

    fn nested(depth: usize) -> Value {
        let inner = Value::Object(serde_json::Map::from_iter([("type".to_owned(), "string".into())]));
        (1..depth).fold(inner, |inner, _| {
            let list = ("type".to_owned(), "array".into());
            Value::Object(serde_json::Map::from_iter([list, ("items".to_owned(), inner)]))
        })
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    struct Nested<const DEPTH: usize>(Value);
    impl<const DEPTH: usize> JsonSchema for Nested<DEPTH> {
        fn schema_name() -> Cow<'static, str> {
            "Nested".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            nested(DEPTH).try_into().unwrap()
        }
    }

    #[test]
    fn a_schema_as_deep_as_a_record_is_fine_and_a_deeper_one_an_error() {
        let deepest = nested(MAX_DEPTH);
        assert!(!is_too_deep(&deepest) && is_too_deep(&nested(MAX_DEPTH + 1)));
        assert!(Json::encode(&deepest).is_ok() && Json::encode(&nested(MAX_DEPTH + 1)).is_err());
        assert!(strict(&deepest).is_ok());
        let refused = ["the answer is nested deeper than 127 levels"];
        assert_eq!(strict(&nested(MAX_DEPTH + 1)).unwrap_err(), refused);
        let endless = nested(100_000);
        assert_eq!(strict(&endless).unwrap_err(), refused);
        take_apart(endless);
        // The wrapper takes two levels.
        assert!(schema_of::<Nested<125>>().is_ok());
        for error in [schema_of::<Nested<126>>(), schema_of::<Nested<128>>(), schema_of::<Nested<100_000>>()]
        {
            assert_eq!(error.unwrap_err().to_string(), "the value is nested deeper than 127 levels");
        }
    }
}
