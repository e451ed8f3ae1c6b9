use super::*;
use crate::random::Random;
use serde_json::{Value, json};

fn mended(text: &str) -> Option<(String, Vec<Repair>)> {
    repair(text).map(|Repaired { json, repairs }| (json, repairs))
}

#[test]
fn what_models_write_is_made_json() {
    use Repair as R;
    for (text, json, repairs) in [
        ("{\"a\": 1}", r#"{"a":1}"#, &[][..]),
        ("\u{feff} 7 ", "7", &[]),
        ("```json\n{\"a\": 1}\n```", r#"{"a":1}"#, &[R::CodeFence]),
        ("```\n[1]\n```", "[1]", &[R::CodeFence]),
        ("Sure!\n```json\n{\"a\":1}\n```\nAnything else?", r#"{"a":1}"#, &[R::CodeFence]),
        ("```json\n{\"a\":1}", r#"{"a":1}"#, &[R::CodeFence]),
        ("The answer is {\"a\": 1}. Good?", r#"{"a":1}"#, &[R::Prose]),
        ("As [stated] above: {\"a\": [1]}", r#"{"a":[1]}"#, &[R::Prose]),
        ("<think>{\"a\": 2}</think>\n{\"a\": 1}", r#"{"a":1}"#, &[R::Draft]),
        ("{\"a\": 2}</think>So: {a: 1}", r#"{"a":1}"#, &[R::Draft, R::Prose, R::BareKey]),
        ("{\"a\": [1, 2,], }", r#"{"a":[1,2]}"#, &[R::TrailingComma]),
        ("{'a': 'it\\'s \"so\"'}", r#"{"a":"it's \"so\""}"#, &[R::SingleQuotes]),
        ("{\"a\": \"it's\"}", r#"{"a":"it's"}"#, &[]),
        ("{a: 1, $b-c_2: 2}", r#"{"a":1,"$b-c_2":2}"#, &[R::BareKey]),
        ("{\"a\": 1, // one\n \"b\": /* two */ 2}", r#"{"a":1,"b":2}"#, &[R::Comment]),
        ("{\"url\": \"http://x/*y*/\"}", r#"{"url":"http://x/*y*/"}"#, &[]),
        ("{\"a\": \"one\ntwo\tthree\"}", r#"{"a":"one\u000atwo\u0009three"}"#, &[R::RawControl]),
        ("{\"a\": True, \"b\": None, \"c\": false}", r#"{"a":true,"b":null,"c":false}"#, &[R::PythonWord]),
        ("{\"a\": [1, {\"b\": \"c\"}", r#"{"a":[1,{"b":"c"}]}"#, &[R::OpenEnd]),
        ("[1, 2,", "[1,2]", &[R::OpenEnd]),
        ("{\"a\": 1 ", r#"{"a":1}"#, &[R::OpenEnd]),
        ("{a: 'x',}", r#"{"a":"x"}"#, &[R::TrailingComma, R::SingleQuotes, R::BareKey]),
    ] {
        let (found, notes) = mended(text).unwrap_or_else(|| panic!("nothing was made of {text}"));
        assert_eq!((found.as_str(), notes.as_slice()), (json, repairs), "{text}");
        serde_json::from_str::<Value>(&found).unwrap();
    }
}

#[test]
fn what_could_mean_two_things_is_left_alone() {
    for text in [
        "",
        "nothing here",
        "{\"a\": \"cut",
        "{\"a\": 12",
        "[1, 2",
        "{\"a\":",
        "{\"a\"",
        "{\"a\": 1 \"b\": 2}",
        "{\"a\": }",
        "{\"a\": 1}{\"b\": 2}",
        "either {\"a\": 1} or {\"a\": 2}",
        "```json\n{\"a\":1}\n```\nor\n```json\n{\"a\":2}\n```",
        "[1,,2]",
        "[,]",
        "{,}",
        "{\"a\": NaN}",
        "{\"a\": Infinity}",
        "{\"a\": .5}",
        "{\"a\": 01}",
        "{\"a\": +1}",
        "{\"a\": yes}",
        "{\"a\": \"\\x\"}",
        "{\"a\": \"\\u12\"}",
        "{a b: 1}",
        "{1: 2}",
        "[1]]",
        "{\"a\": [1, 2], \"b\": \"cut",
        "{\"a\": \"```\\n[1]\\n```\", \"b\": \"cut",
        "see [1] for {\"a\": 1}",
        "{]",
        "[1} ",
        "/* no end [1]",
        "true false",
        "<think>{\"a\": 1}",
        "{\"a\": 1}</think>",
        "<think>\n```json\n{\"a\": 1}\n```",
        "{\"a\": 1} <think>no",
    ] {
        assert_eq!(mended(text), None, "{text}");
    }
    assert_eq!(mended(&"[".repeat(100_000)), None);
    assert_eq!(mended(&"{\"a\":".repeat(100_000)), None);
    assert_eq!(mended(&"<think>".repeat(100_000)), None);
    assert_eq!(mended(&"</think>".repeat(1_000)), None);
    for quadratic in ["[", "[//", "[/*", "[//\n", "{\"a\":[\""] {
        assert_eq!(mended(&("<think>".to_owned() + &quadratic.repeat(20_000) + "\n")), None);
    }
}

/// Fragments of malformed text.
const BITS: [&str; 26] = [
    "{", "}", "[", "]", ":", ",", "\"", "'", "\\", "\\u", "a", "1", "-", "e", ".", "//", "/*", "*/", "```",
    "\n", "true", "None", "é", "\u{0}", "<think>", "</think>",
];

impl Random {
    fn text(&mut self) -> String {
        const ODD: [&str; 14] =
            ["a", "\"", "'", "\\", "\n", "{", "]", ",", "//", "/*", "```", "é", "日", "\u{1f600}"];
        (0..self.below(6)).map(|_| ODD[self.below(ODD.len())]).collect()
    }
    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth > 3 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => self.next().is_multiple_of(2).into(),
            2 => self.next().into(),
            3 => (-1.25e3).into(),
            4 | 5 => self.text().into(),
            6 | 7 => (0..self.below(4))
                .map(|_| (self.text(), self.value(depth + 1)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            _ => (0..self.below(4)).map(|_| self.value(depth + 1)).collect::<Vec<_>>().into(),
        }
    }
    /// A list or an object, so that it can be distinguished from the prose around it.
    fn container(&mut self) -> Value {
        loop {
            let value = self.value(0);
            if value.is_array() || value.is_object() {
                return value;
            }
        }
    }
}

/// Writes a value as a model might.
fn written(value: &Value, r: &mut Random) -> String {
    let blank = [" ", "", "\n", "/* so */ ", "// so\n"][r.below(5)];
    match value {
        Value::String(text) if r.below(2) == 0 => {
            let inner = text.replace('\\', "\\\\").replace('\'', "\\'");
            format!("{blank}'{inner}'")
        }
        Value::String(text) if r.below(2) == 0 => {
            format!("{blank}\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
        }
        Value::Bool(yes) if r.below(2) == 0 => format!("{blank}{}", if *yes { "True" } else { "False" }),
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| written(item, r)).collect();
            let comma = if items.is_empty() || r.below(2) == 0 { "" } else { "," };
            format!("{blank}[{}{comma}{blank}]", items.join(","))
        }
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(key, item)| {
                    let bare = key.as_str() == "a" && r.below(2) == 0;
                    let key = if bare { key.clone() } else { Value::from(key.clone()).to_string() };
                    format!("{key}{blank}:{}", written(item, r))
                })
                .collect();
            let comma = if fields.is_empty() || r.below(2) == 0 { "" } else { "," };
            format!("{blank}{{{}{comma}}}", fields.join(","))
        }
        other => format!("{blank}{other}"),
    }
}

/// True if everything in `part` is in `whole` at the same place; lists and objects may end earlier.
fn is_within(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Array(part), Value::Array(whole)) => {
            part.len() <= whole.len() && part.iter().zip(whole).all(|(part, whole)| is_within(part, whole))
        }
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, part)| whole.get(key).is_some_and(|whole| is_within(part, whole)))
        }
        _ => part == whole,
    }
}

#[test]
fn ten_thousand_values_written_badly_are_read_as_they_were_meant() {
    let mut r = Random(4);
    for _ in 0..10_000 {
        let value = r.container();
        let text = written(&value, &mut r);
        let read = |text: &str| {
            let Repaired { json, .. } = repair(text).unwrap_or_else(|| panic!("nothing was made of {text}"));
            serde_json::from_str::<Value>(&json).unwrap()
        };
        assert_eq!(read(&text), value, "{text}");
        if !text.contains("```") {
            assert_eq!(read(&format!("```json\n{text}\n```")), value, "{text}");
        }
        assert_eq!(read(&value.to_string()), value);
        assert!(repair(&value.to_string()).unwrap().repairs.is_empty());
    }
}

#[test]
fn what_is_cut_anywhere_never_becomes_something_else() {
    let mut r = Random(5);
    let mut made = 0;
    for _ in 0..2_000 {
        let value = r.container();
        let text = if r.below(2) == 0 { value.to_string() } else { written(&value, &mut r) };
        let cut = r.below(text.len() + 1);
        let Some(text) = text.get(..cut) else { continue };
        if let Some(Repaired { json, repairs }) = repair(text) {
            let part: Value = serde_json::from_str(&json).unwrap();
            assert!(is_within(&part, &value), "{text} became {json}");
            assert!(part == value || repairs.contains(&Repair::OpenEnd), "{text} became {json}");
            made += 1;
        }
    }
    assert!(made > 300, "only {made} were mended at all");
}

#[test]
fn whatever_comes_gives_json_or_nothing() {
    let mut r = Random(6);
    let mut made = 0;
    for _ in 0..100_000 {
        let text: String = (0..r.below(14)).map(|_| BITS[r.below(BITS.len())]).collect();
        if let Some(Repaired { json, repairs }) = repair(&text) {
            let first: Value =
                serde_json::from_str(&json).unwrap_or_else(|e| panic!("{text:?} became {json}: {e}"));
            made += 1;
            // Repair is deterministic, and repaired text needs no repair.
            assert_eq!(repair(&text).unwrap().repairs, repairs);
            let again = repair(&json).unwrap();
            assert!(again.repairs.is_empty(), "{text:?} became {json}");
            assert_eq!(serde_json::from_str::<Value>(&again.json).unwrap(), first);
        }
    }
    assert!(made > 1_000, "only {made} were mended at all");
    assert_eq!(repair("[]"), Some(Repaired { json: json!([]).to_string(), repairs: Vec::new() }));
}
