//! Parsing of answers: from the text of a reply to a value of the answer type.

use super::repair::{Draft, MOST_DRAFTS, Repair, draft, has_tag, opens, without_draft};
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
    let mut text = content;
    let mut drafts = 0;
    loop {
        let unread = match read::<T>(text, shape) {
            Ok((answer, mut repairs)) => {
                if drafts > 0 {
                    repairs.insert(0, Repair::Draft);
                }
                return Ok((answer, repairs));
            }
            Err(Wrong::Value(wrong)) => return Err(does_not_fit(&wrong)),
            Err(Wrong::Text(wrong)) => wrong,
        };
        match draft(text) {
            Draft::Open(close) => {
                return Err(does_not_fit(&format_args!("it is only a draft, which no `{close}` ends")));
            }
            Draft::Closed(close, behind) if behind.trim().is_empty() => {
                return Err(does_not_fit(&format_args!("it is only a draft, with nothing behind `{close}`")));
            }
            Draft::Closed(_, behind) if drafts < MOST_DRAFTS => text = behind,
            _ => return Err(does_not_fit(&unread)),
        }
        drafts += 1;
    }
}

/// Why there is no answer in a text.
enum Wrong {
    /// The value does not fit.
    Value(String),
    /// The text is no value, but one may stand behind a draft.
    Text(String),
}

/// Reads an answer that stands behind no draft.
fn read<T: Reply>(text: &str, shape: &Shape) -> Result<(T, Vec<Repair>), Wrong> {
    let first = match parse::<T>(text, shape) {
        Ok(answer) => return Ok((answer, Vec::new())),
        Err(wrong) => wrong,
    };
    // Valid JSON needs no repair: it does not fit the type.
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return Err(Wrong::Value(first));
    }
    if shape.form == Form::Wrapped && !opens(text) {
        // An enum variant or a number, without quotes and braces.
        let bare = Value::String(text.trim().to_owned());
        if let Ok(answer) = fits::<T>(&bare, shape) {
            if !has_tag(text) {
                return Ok((answer, Vec::new()));
            }
            // Any text fits: what stands before the tag may be the draft, or part of the answer.
            return Err(Wrong::Value("it is not JSON, and a tag in it may be that of a draft".to_owned()));
        }
    }
    match without_draft(text) {
        None => Err(Wrong::Text(first)),
        Some(mended) => match parse::<T>(&mended.json, shape) {
            Ok(answer) => Ok((answer, mended.repairs)),
            Err(wrong) => Err(Wrong::Value(wrong)),
        },
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
    let excerpt = end.and_then(|end| wrong.get(..end)).map(|start| format!("{start} ..."));
    StepError::rejected(format!("the answer does not fit: {}", excerpt.as_deref().unwrap_or(&wrong)))
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

    const TAGS: [(&str, &str); 11] = [
        ("<think>", "</think>"),
        ("<THINK>", "</THINK>"),
        ("<think depth=\"2\">", "</think>"),
        ("<thinking>", "</thinking>"),
        ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"),
        ("<reflection>", "</reflection>"),
        ("<scratchpad>", "</scratchpad>"),
        ("[THINK]", "[/THINK]"),
        ("◁think▷", "◁/think▷"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ];

    #[test]
    fn the_answer_stands_behind_the_draft() {
        let behind = |text: &str| {
            let (answer, repairs) = get::<Risk>(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
            assert!(repairs.starts_with(&[Repair::Draft]), "{text}: {repairs:?}");
            (answer, repairs.len())
        };
        for (open, close) in TAGS {
            for (before, after) in [("", ""), (" \n", "\n\n"), ("\u{feff}", " "), ("Let me see. ", "\n")] {
                for draft in [
                    "",
                    "maybe {\"low\":1}",
                    "{\"low\":1}",
                    "high",
                    "```json\n{\"low\":1}\n```",
                    "{\"low\": ",
                ] {
                    for (answer, read) in [
                        (r#"{"low":2}"#, (Risk::Low(2), 1)),
                        (r#"{"answer":"high"}"#, (Risk::High, 1)),
                        ("\"high\"\n", (Risk::High, 1)),
                        ("high", (Risk::High, 1)),
                        ("So: {low: 2}", (Risk::Low(2), 3)),
                        ("```json\n{\"low\": 2}\n```", (Risk::Low(2), 2)),
                    ] {
                        assert_eq!(behind(&format!("{before}{open}{draft}{close}{after}{answer}")), read);
                        // Chat templates write the opening tag at the end of the prompt.
                        assert_eq!(behind(&format!("{before}{draft}{close}{after}{answer}")), read);
                    }
                }
            }
        }
        for text in [
            r#"<think>a</think><think>b {"low":1}</think>{"low":2}"#,
            r#"<think>a <think>b</think> {"low":1}</think>{"low":2}"#,
            r#"<think>not </thinking> yet {"low":1}</think>{"low":2}"#,
            r#"<think>write {"a": "</think>"}?</think>{"low":2}"#,
            r#"{"low":1}<think>no</think>{"low":2}"#,
        ] {
            assert_eq!(behind(text), (Risk::Low(2), 1));
        }
    }

    #[test]
    fn what_is_only_a_draft_is_no_answer() {
        for (open, close) in TAGS {
            let close_tag = close.rsplit("assistant").next().unwrap_or(close).replace("THINK>", "think>");
            for draft in ["maybe {\"low\":1}", "high", "{\"low\":1}", "```json\n{\"low\":1}\n```"] {
                for text in
                    [format!("{open}{draft}"), format!("\n{open}\n{draft}\n"), format!("Hm. {open}{draft}")]
                {
                    assert_eq!(
                        get::<Risk>(&text).unwrap_err(),
                        format!("the answer does not fit: it is only a draft, which no `{close_tag}` ends"),
                        "{text}"
                    );
                }
                for text in [format!("{open}{draft}{close}"), format!("{draft}{close}\n")] {
                    assert_eq!(
                        get::<Risk>(&text).unwrap_err(),
                        format!(
                            "the answer does not fit: it is only a draft, with nothing behind `{close_tag}`"
                        ),
                        "{text}"
                    );
                }
            }
        }
        let wrong = |text: &str| get::<Risk>(text).unwrap_err();
        assert_eq!(
            wrong("<think>{\"low\":1}</think>{\"medium\":1}"),
            "the answer does not fit: unknown variant `medium`, expected `high` or `low`"
        );
        assert_eq!(
            wrong(&"<think></think>".repeat(1_000)),
            "the answer does not fit: expected value at line 1 column 1"
        );
    }

    #[test]
    fn tags_within_an_answer_are_part_of_it() {
        type Text = BTreeMap<String, String>;
        let one = |text: &str| Text::from([("a".to_owned(), text.to_owned())]);
        assert_eq!(clean::<Text>(r#"{"a": "<think>"}"#), one("<think>"));
        assert_eq!(clean::<Text>(r#"{"a": "x</think>{}"}"#), one("x</think>{}"));
        for (text, read) in [
            (r#"{"a": "</think>",}"#, "</think>"),
            (r#"So: {"a": "<think>"}"#, "<think>"),
            (r#"So: {"a": "</think>{}"}"#, "</think>{}"),
            (r#"<think>{"a": "b"}</think>{"a": "</think>"}"#, "</think>"),
            (r#"<think>{"a": "b"}</think>So: {"a": "</think>"}"#, "</think>"),
        ] {
            let (answer, _) = get::<Text>(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
            assert_eq!(answer, one(read), "{text}");
        }
        // A value that is broken around a tag: a part of it is not the answer.
        for text in [
            r#"{"a": "</think>", "b": {"c": "d"}, "e": "cut"#,
            r#"<think>{"a": "</think>", "b": {"c": "d"}, "e": "cut"#,
            r#"{"a": "<think>", "b": {"c": "d"}, "e": "cut"#,
        ] {
            get::<Text>(text).unwrap_err();
        }
        for text in ["<think>a</think>b", "a</think>b", "<think>"] {
            assert_eq!(clean::<String>(text), text);
        }
    }

    #[test]
    fn text_that_is_more_than_text_is_not_cut_by_guess() {
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        struct Name(#[schemars(length(max = 30))] String);
        let name = |text: &str| Name(text.to_owned());
        assert_eq!(clean::<Name>(" Ada "), name("Ada"));
        assert_eq!(get::<Name>("<think>Bob?</think> Ada"), Ok((name("Ada"), vec![Repair::Draft])));
        for text in ["Bob?</think>Ada", "what <think> means"] {
            assert_eq!(
                get::<Name>(text).unwrap_err(),
                "the answer does not fit: it is not JSON, and a tag in it may be that of a draft"
            );
        }
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
        let shortened = get::<Risk>(&long).unwrap_err();
        assert!(shortened.chars().count() < 600 && shortened.ends_with(" ..."), "{shortened}");
    }
}
