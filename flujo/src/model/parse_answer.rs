//! Parsing of answers: from the text of a reply to a value of the answer type.

use super::repair::{Repair, repair};
use super::schema::{Form, Shape, unwrapped};
use crate::codec::Json;
use crate::durable::Reply;
use crate::error::StepError;
use serde_json::Value;

/// The maximum length in bytes of an error that goes back to the model: the beginning of a long one is
/// enough.
const LONGEST: usize = 500;

/// Returns the answer, with the repairs that parsing it took.
///
/// # Errors
/// The answer does not fit its type; the reason is the feedback of the next attempt.
pub(super) fn parse_answer<T: Reply>(content: &str, shape: &Shape) -> Result<(T, Vec<Repair>), StepError> {
    if shape.form == Form::Text {
        let text = Json::encode(content).and_then(|text| text.decode());
        return text.map(|text| (text, Vec::new())).map_err(|e| does_not_fit(&e));
    }
    let first = match parse::<T>(content, shape) {
        Ok(answer) => return Ok((answer, Vec::new())),
        Err(wrong) => wrong,
    };
    // Valid JSON needs no repair: it does not fit the type.
    if serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok() {
        return Err(does_not_fit(&first));
    }
    if shape.form == Form::Wrapped {
        // An enum variant or a number, without quotes and braces.
        let bare = Value::String(content.trim().to_owned());
        if let Ok(answer) = fits::<T>(&bare, shape) {
            return Ok((answer, Vec::new()));
        }
    }
    match repair(content) {
        None => Err(does_not_fit(&first)),
        Some(mended) => {
            let answer = parse::<T>(&mended.json, shape).map_err(|e| does_not_fit(&e))?;
            Ok((answer, mended.repairs))
        }
    }
}

/// Parses JSON as the value, or as the object that wraps it.
fn parse<T: Reply>(json: &str, shape: &Shape) -> Result<T, String> {
    if shape.form == Form::Object && !shape.looks() {
        return serde_json::from_str(json).map_err(|e| e.to_string());
    }
    let value: Value = serde_json::from_str(json).map_err(|e| e.to_string())?;
    match unwrapped(&value).filter(|_| shape.form == Form::Wrapped) {
        // The value itself may be an object with such a field too.
        Some(inner) => fits(inner, shape).or_else(|wrong| fits(&value, shape).map_err(|_| wrong)),
        None => fits(&value, shape),
    }
}

fn fits<T: Reply>(value: &Value, shape: &Shape) -> Result<T, String> {
    let answer = T::deserialize(value).map_err(|e| e.to_string())?;
    match shape.wrong(value) {
        None => Ok(answer),
        Some(wrong) => Err(wrong),
    }
}

#[cold]
fn does_not_fit(wrong: &dyn std::fmt::Display) -> StepError {
    let wrong = wrong.to_string();
    let end = wrong.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST);
    let told = end.and_then(|end| wrong.get(..end)).map(|start| format!("{start} ..."));
    StepError::rejected(format!("the answer does not fit: {}", told.as_deref().unwrap_or(&wrong)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Score {
        #[schemars(range(min = 0.0, max = 1.0))]
        confidence: f64,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Risk {
        High,
        Low(u8),
    }

    fn get<T: Reply>(content: &str) -> Result<(T, Vec<Repair>), String> {
        parse_answer(content, &Shape::of::<T>().unwrap()).map_err(|e| e.to_string())
    }
    fn clean<T: Reply>(content: &str) -> T {
        let (answer, repairs) = get(content).unwrap();
        assert!(repairs.is_empty(), "{repairs:?}");
        answer
    }

    #[test]
    fn text_is_taken_as_it_is() {
        for text in ["hello", "\"quoted\"", "{\"a\":1}", "7", "", " two words\n"] {
            assert_eq!(clean::<String>(text), text);
        }
    }

    #[test]
    fn values_may_come_wrapped_or_bare() {
        assert_eq!(clean::<u8>(r#"{"answer": 7}"#), 7);
        assert_eq!(clean::<u8>("7"), 7);
        assert_eq!(clean::<Vec<u8>>("[7]"), [7]);
        assert_eq!(clean::<Risk>(r#"{"answer": {"low": 1}}"#), Risk::Low(1));
        assert_eq!(clean::<Risk>(r#"{"low": 1}"#), Risk::Low(1));
        assert_eq!(clean::<Risk>(r#""high""#), Risk::High);
        assert_eq!(clean::<Risk>("high\n"), Risk::High);
        assert_eq!(clean::<()>("null"), ());
        assert_eq!(clean::<BTreeMap<String, u8>>(r#"{"answer": 7}"#), [("answer".to_owned(), 7)].into());
        let any: Value = clean(r#"{"answer": {"answer": 7}}"#);
        assert_eq!(any, serde_json::json!({"answer": 7}));
    }

    #[test]
    fn unknown_choices_and_values_out_of_bounds_are_told() {
        let wrong = get::<Risk>(r#"{"answer": "medium"}"#).unwrap_err();
        assert_eq!(wrong, "the answer does not fit: unknown variant `medium`, expected `high` or `low`");
        let wrong = get::<Score>(r#"{"confidence": 1.5}"#).unwrap_err();
        assert_eq!(wrong, "the answer does not fit: `/confidence` is 1.5, and must be at most 1");
        assert_eq!(
            get::<u8>("300").unwrap_err(),
            "the answer does not fit: invalid value: integer `300`, expected u8"
        );
    }

    #[test]
    fn what_was_mended_is_marked() {
        let (answer, repairs) = get::<Score>("```json\n{confidence: 0.5,}\n```").unwrap();
        assert_eq!(answer, Score { confidence: 0.5 });
        assert_eq!(repairs, [Repair::CodeFence, Repair::TrailingComma, Repair::BareKey]);
        let (answer, repairs) = get::<Vec<u8>>("It is [1, 2].").unwrap();
        assert_eq!((answer, repairs), (vec![1, 2], vec![Repair::Prose]));
    }

    #[test]
    fn the_parser_is_quoted_as_far_as_it_helps() {
        assert_eq!(
            get::<Score>("no").unwrap_err(),
            "the answer does not fit: expected ident at line 1 column 2"
        );
        assert_eq!(
            get::<Score>("{confidance: 1}").unwrap_err(),
            "the answer does not fit: missing field `confidence`"
        );
        let long = format!("\"{}\"", "é".repeat(2_000));
        let told = get::<Risk>(&long).unwrap_err();
        assert!(told.chars().count() < 600 && told.ends_with(" ..."), "{told}");
    }
}
