//! The cell of the context parts that an attempt changed: a JSON object with each part as it was encoded.
//!
//! `{"title":"..","log+2":["c"]}` is a new `title`, and a `log` to which `"c"` was appended when it had two elements.
//! The name of a part is a Rust identifier or `(rest)`, so no name contains `+`.

use crate::row::json_cell;
use flujo::codec::Json;
use flujo::engine::PartChange;
use rusqlite::types::Value;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt::{self, Write as _};

/// The separator between the name of a part and its number of elements before the change.
const APPENDED: char = '+';

pub(crate) fn parts_cell(parts: &[(String, PartChange)]) -> Value {
    if parts.is_empty() { Value::Null } else { json_cell(&text(parts)) }
}

fn text(parts: &[(String, PartChange)]) -> String {
    let mut text = String::from("{");
    for (i, (name, change)) in parts.iter().enumerate() {
        let name = match change {
            PartChange::Whole(_) => serde_json::Value::from(name.as_str()),
            PartChange::Appended { from, .. } => serde_json::Value::from(format!("{name}{APPENDED}{from}")),
        };
        let _ = write!(text, "{}{name}:{}", if i == 0 { "" } else { "," }, change.as_str());
    }
    text.push('}');
    text
}

/// The parts of a cell, each with the exact text that was recorded.
pub(crate) struct Parts(pub(crate) Vec<(String, PartChange)>);

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Parts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("context parts by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
                let mut parts = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    let json = Json::recorded(value.get().to_owned());
                    parts.push(match name.split_once(APPENDED) {
                        None => (name, PartChange::Whole(json)),
                        Some((part, from)) => {
                            let from = from.parse().map_err(A::Error::custom)?;
                            (part.to_owned(), PartChange::Appended { from, items: json })
                        }
                    });
                }
                Ok(Parts(parts))
            }
        }
        from.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were_recorded() {
        let json = |text: &str| Json::recorded(text.to_owned());
        let parts = vec![
            ("title".to_owned(), PartChange::Whole(json("\"a+1\""))),
            ("log".to_owned(), PartChange::Appended { from: 2, items: json("[\"c\",1.0]") }),
            ("(rest)".to_owned(), PartChange::Whole(json("{\"x+1\":[1]}"))),
        ];
        let text = text(&parts);
        assert_eq!(text, r#"{"title":"a+1","log+2":["c",1.0],"(rest)":{"x+1":[1]}}"#);
        assert_eq!(serde_json::from_str::<Parts>(&text).unwrap().0, parts);
        // The format of version 2.
        let whole = vec![("log".to_owned(), PartChange::Whole(json("[\"a\",\"b\"]")))];
        assert_eq!(serde_json::from_str::<Parts>(r#"{"log":["a","b"]}"#).unwrap().0, whole);
        for damaged in [r#"{"log+":[1]}"#, r#"{"log+x":[1]}"#, r#"{"log+1+1":[1]}"#, r#"{"log+-1":[1]}"#] {
            assert!(serde_json::from_str::<Parts>(damaged).is_err(), "{damaged}");
        }
        assert_eq!(parts_cell(&[]), Value::Null);
    }
}
