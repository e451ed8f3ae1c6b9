//! The answer of a tool: text for a model, or a value for code.

use crate::failure::Failure;
use crate::listing::value;
use rmcp::model::ServerResult;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::any::Any;

/// The answer of a tool.
pub(crate) struct Answer {
    /// The texts, and the names of what else there is; `None` if there is no text among it.
    text: Option<String>,
    /// The names of what is no text.
    others: Vec<String>,
    structured: Option<Value>,
}

impl Answer {
    /// Reads an answer.
    ///
    /// # Errors
    /// The tool failed, or asks for something, or this is no answer of a tool.
    pub(crate) fn of(answer: &ServerResult) -> Result<Self, Failure> {
        match answer {
            ServerResult::InputRequiredResult(_) => {
                return Err(Failure::lasting(
                    "the tool asks the user for input, and a step has none to give",
                ));
            }
            ServerResult::CreateTaskResult(_) => {
                return Err(Failure::lasting(
                    "the tool answers with a task for later, which is not supported",
                ));
            }
            _ => {}
        }
        let mut value = value(answer)?;
        let Value::Object(fields) = &mut value else {
            return Err(Failure::lasting("the answer is no object"));
        };
        let structured = fields.remove("structuredContent");
        let failed = fields.get("isError").and_then(Value::as_bool).unwrap_or_default();
        let empty = Vec::new();
        let content = match fields.get("content") {
            Some(Value::Array(content)) => content,
            None if structured.is_some() || fields.keys().all(|key| key == "_meta") => &empty,
            _ => return Err(Failure::lasting("the answer has no list `content`")),
        };
        let (mut parts, mut others, mut texts) = (Vec::new(), Vec::new(), 0);
        for block in content {
            let (part, is_text) = shown(block);
            texts += usize::from(is_text);
            if !is_text {
                others.push(part.clone());
            }
            parts.push(part);
        }
        let answer = Self { text: (texts > 0).then(|| parts.join("\n")), others, structured };
        if failed {
            Err(Failure::lasting(format!("the tool failed: {}", answer.into_text())))
        } else {
            Ok(answer)
        }
    }

    /// Returns what a model is given.
    pub(crate) fn into_text(self) -> String {
        let Some(text) = self.text else {
            let structured = self.structured.map(|value| value.to_string());
            return structured.into_iter().chain(self.others).collect::<Vec<_>>().join("\n");
        };
        text
    }

    /// Returns the value that code asks for.
    ///
    /// # Errors
    /// The answer has none that fits.
    pub(crate) fn into_value<T: DeserializeOwned + 'static>(self) -> Result<T, Failure> {
        // A text that is asked for is taken as it is, also if it happens to be JSON.
        let mut text = None::<T>;
        if let Some(place) = (&mut text as &mut dyn Any).downcast_mut::<Option<String>>() {
            *place = Some(self.into_text());
            return text.ok_or_else(|| Failure::lasting("the answer has no text"));
        }
        let Some(structured) = self.structured else {
            let text = self.text.unwrap_or_default();
            return serde_json::from_str(&text)
                .or_else(|error| T::deserialize(Value::String(text)).map_err(|_| error))
                .map_err(|error| unfit(&error));
        };
        match (T::deserialize(&structured), structured) {
            (Ok(value), _) => Ok(value),
            // Servers wrap a value that is no object, because the protocol wants one.
            (Err(error), Value::Object(mut fields)) if fields.len() == 1 => {
                let inner = fields.remove("result").and_then(|inner| T::deserialize(inner).ok());
                inner.ok_or_else(|| unfit(&error))
            }
            (Err(error), _) => Err(unfit(&error)),
        }
    }
}

fn unfit(error: &serde_json::Error) -> Failure {
    Failure::lasting(format!("the answer does not fit what the step expects: {error}"))
}

/// Returns a part of an answer as text, and true if it is one. What a model cannot read is named: it would be missed silently.
fn shown(block: &Value) -> (String, bool) {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let said = |value: &Value, key| text(value, key).unwrap_or_else(|| "unknown".to_owned());
    let kind = said(block, "type");
    match kind.as_str() {
        "text" => match text(block, "text") {
            Some(text) => (text, true),
            None => ("[text without text]".to_owned(), false),
        },
        "image" | "audio" => {
            let bytes = text(block, "data").map_or(0, |data| data.len() / 4 * 3);
            (format!("[{kind}: {}, about {bytes} bytes, not shown]", said(block, "mimeType")), false)
        }
        "resource" => {
            let resource = block.get("resource").unwrap_or(&Value::Null);
            let uri = said(resource, "uri");
            match text(resource, "text") {
                Some(text) => (format!("[resource: {uri}]\n{text}"), true),
                None => (format!("[resource: {uri}, {}, not shown]", said(resource, "mimeType")), false),
            }
        }
        "resource_link" => {
            (format!("[resource: {}, named `{}`]", said(block, "uri"), said(block, "name")), false)
        }
        _ => (format!("[{kind}: not shown]"), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::CustomResult;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn answer(value: Value) -> Answer {
        Answer::of(&ServerResult::CustomResult(CustomResult(value))).unwrap()
    }

    #[test]
    fn texts_are_joined_and_the_rest_is_named() {
        let content = json!({"content": [
            {"type": "text", "text": "one"},
            {"type": "image", "mimeType": "image/png", "data": "AAAAAAAA"},
            {"type": "audio", "mimeType": "audio/wav", "data": "AAAA"},
            {"type": "resource", "resource": {"uri": "a:b", "mimeType": "x/y", "blob": "AA"}},
            {"type": "resource", "resource": {"uri": "a:c", "text": "inside"}},
            {"type": "resource_link", "uri": "a:d", "name": "d"},
            {"type": "hologram"},
            {"type": "text"},
            {"type": "text", "text": "two"},
        ]});
        let expected = "one\n[image: image/png, about 6 bytes, not shown]\n[audio: audio/wav, about 3 bytes, not shown]\n\
                        [resource: a:b, x/y, not shown]\n[resource: a:c]\ninside\n[resource: a:d, named `d`]\n\
                        [hologram: not shown]\n[text without text]\ntwo";
        assert_eq!(answer(content).into_text(), expected);
    }

    #[test]
    fn structured_content_stands_in_for_text() {
        let value = json!({"content": [{"type": "image", "mimeType": "a/b", "data": ""}], "structuredContent": {"a": 1}});
        assert_eq!(answer(value).into_text(), "{\"a\":1}\n[image: a/b, about 0 bytes, not shown]");
        assert_eq!(answer(json!({"content": []})).into_text(), "");
    }

    #[test]
    fn a_value_comes_from_structured_content_or_from_text() {
        let text = |text| json!({"content": [{"type": "text", "text": text}]});
        assert_eq!(answer(text("[1, 2]")).into_value::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(answer(text("[1, 2]")).into_value::<String>().unwrap(), "[1, 2]");
        assert_eq!(answer(text("plain")).into_value::<Value>().unwrap(), json!("plain"));
        let both = json!({"content": [{"type": "text", "text": "no JSON"}], "structuredContent": {"a": 1}});
        assert_eq!(answer(both.clone()).into_value::<BTreeMap<String, u8>>().unwrap()["a"], 1);
        assert_eq!(answer(both).into_value::<String>().unwrap(), "no JSON");
        let wrapped = json!({"content": [], "structuredContent": {"result": [3]}});
        assert_eq!(answer(wrapped).into_value::<Vec<u8>>().unwrap(), [3]);
    }

    #[test]
    fn what_does_not_fit_says_so() {
        let error = answer(json!({"content": [], "structuredContent": {"result": "x"}}))
            .into_value::<u8>()
            .unwrap_err();
        let expected = "the answer does not fit what the step expects: invalid type: map, expected u8";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn whatever_an_answer_is_it_is_read_or_refused() {
        let odd = [
            json!(null),
            json!(1),
            json!("x"),
            json!([]),
            json!({}),
            json!([1]),
            json!([{}]),
            json!([{"type": 1}]),
        ];
        for key in ["content", "structuredContent", "isError", "_meta", "other"] {
            for value in &odd {
                for more in
                    [json!({}), json!({"content": []}), json!({"structuredContent": 1, "isError": true})]
                {
                    let mut answer = more;
                    answer[key] = value.clone();
                    check(answer);
                }
            }
        }
    }

    #[test]
    fn whatever_a_part_of_an_answer_is_it_is_shown() {
        for kind in ["text", "image", "audio", "resource", "resource_link", ""] {
            for field in ["text", "data", "mimeType", "resource", "uri", "type"] {
                for value in [json!(null), json!(1), json!("x"), json!([]), json!({"text": 1, "uri": []})] {
                    let mut part = json!({"type": kind});
                    part[field] = value;
                    check(json!({"content": [part]}));
                }
            }
        }
    }

    fn check(value: Value) {
        let answer = ServerResult::CustomResult(CustomResult(value));
        let _ = Answer::of(&answer).map(Answer::into_text);
        let _ = Answer::of(&answer).map(Answer::into_value::<Vec<u8>>);
    }
}
