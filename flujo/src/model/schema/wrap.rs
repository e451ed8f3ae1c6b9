//! The object around an answer that is none: providers require an object at the root.

use super::ANSWER;
use serde_json::{Map, Value};

/// Where definitions are, as references name it.
const DEFS: &str = "#/$defs/";

/// Returns the schema of an object that wraps a value of this schema.
pub(super) fn wrapped(root: &Value) -> Value {
    let mut inner = root.clone();
    let mut outer = Map::new();
    if let Some(inner) = inner.as_object_mut() {
        for word in ["$schema", "$defs"] {
            if let Some(moved) = inner.remove(word) {
                outer.insert(word.to_owned(), moved);
            }
        }
    }
    if refers_to_root(root) {
        // `#` would be the wrapper from here on, so the value becomes a definition like those within it.
        let mut defs = match outer.remove("$defs") {
            Some(Value::Object(defs)) => defs,
            _ => Map::new(),
        };
        let name = free_name(root, &defs);
        let place = format!("{DEFS}{name}");
        move_references(&mut inner, &place);
        defs.values_mut().for_each(|schema| move_references(schema, &place));
        defs.insert(name, inner);
        outer.insert("$defs".to_owned(), Value::Object(defs));
        inner = Value::Object(Map::from_iter([("$ref".to_owned(), place.into())]));
    }
    outer.insert("type".to_owned(), "object".into());
    outer.insert("properties".to_owned(), Value::Object(Map::from_iter([(ANSWER.to_owned(), inner)])));
    outer.insert("required".to_owned(), vec![ANSWER].into());
    outer.insert("additionalProperties".to_owned(), false.into());
    Value::Object(outer)
}

/// Returns the path of a reference into the root: all but definitions, which the wrapper has too.
fn path_in_root(reference: &str) -> Option<&str> {
    let path = reference.strip_prefix('#').filter(|path| path.is_empty() || path.starts_with('/'))?;
    (!reference.starts_with(DEFS)).then_some(path)
}

fn refers_to_root(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => object.iter().any(|(word, value)| match value {
            Value::String(reference) if word == "$ref" => path_in_root(reference).is_some(),
            _ => refers_to_root(value),
        }),
        Value::Array(list) => list.iter().any(refers_to_root),
        _ => false,
    }
}

/// Makes references into the root references into `place`.
fn move_references(schema: &mut Value, place: &str) {
    match schema {
        Value::Object(object) => {
            for (word, value) in object {
                match value {
                    Value::String(reference) if word == "$ref" => {
                        if let Some(path) = path_in_root(reference) {
                            *reference = format!("{place}{path}");
                        }
                    }
                    _ => move_references(value, place),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|schema| move_references(schema, place)),
        _ => {}
    }
}

/// Returns the name of the type, or one like it that no definition has.
fn free_name(root: &Value, defs: &Map<String, Value>) -> String {
    let title = root.get("title").and_then(Value::as_str).unwrap_or_default();
    // No escapes in references.
    let is_plain = !title.is_empty() && title.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let mut name = if is_plain { title } else { "Answer" }.to_owned();
    while defs.contains_key(&name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{schema_of, strict};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    enum Tree {
        Leaf(u8),
        Node {
            left: Box<Tree>,
            /// The other one.
            right: Box<Tree>,
            via: Option<Box<Link>>,
        },
    }
    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    struct Link {
        to: Tree,
    }

    fn references(schema: &Value) -> Vec<&str> {
        match schema {
            Value::Object(object) => {
                let own = object.get("$ref").and_then(Value::as_str);
                own.into_iter().chain(object.values().flat_map(references)).collect()
            }
            Value::Array(list) => list.iter().flat_map(references).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn recursion_means_the_type_and_not_the_wrapper() {
        let schema: Value = schema_of::<Tree>().unwrap().decode().unwrap();
        assert_eq!(schema["properties"]["answer"], json!({"$ref": "#/$defs/Tree"}));
        let node = &schema["$defs"]["Tree"]["oneOf"][1]["properties"]["Node"]["properties"];
        assert_eq!(node["left"], json!({"$ref": "#/$defs/Tree"}));
        assert_eq!(node["right"], json!({"$ref": "#/$defs/Tree", "description": "The other one."}));
        assert_eq!(schema["$defs"]["Link"]["properties"]["to"], json!({"$ref": "#/$defs/Tree"}));
        // Everything that is named is there.
        let strict = strict(&schema).unwrap().0;
        for schema in [&schema, &strict] {
            let named = references(schema);
            assert_eq!(named.len(), 5);
            assert!(named.iter().all(|name| schema.pointer(name.trim_start_matches('#')).is_some()));
            assert!(!named.contains(&"#"));
        }
        // A type that is an object is its own root.
        let schema: Value = schema_of::<Link>().unwrap().decode().unwrap();
        assert_eq!(schema["properties"]["to"], json!({"$ref": "#/$defs/Tree"}));
        assert!(references(&schema).contains(&"#"));
    }

    #[test]
    fn references_into_the_root_move_with_it() {
        let root = json!({
            "title": "A/B", "items": {"$ref": "#/prefixItems/0"}, "prefixItems": [{"type": "string"}],
            "properties": {"default": {"$ref": "#"}}, "contains": {"$ref": "#/$defs/Answer"},
            "$defs": {"Answer": {"$ref": "#"}, "Other": {"$ref": "https://x.org/#"}},
        });
        assert_eq!(
            wrapped(&root),
            json!({
                "type": "object", "required": ["answer"], "additionalProperties": false,
                "properties": {"answer": {"$ref": "#/$defs/Answer_"}},
                "$defs": {
                    "Answer_": {
                        "title": "A/B", "items": {"$ref": "#/$defs/Answer_/prefixItems/0"},
                        "prefixItems": [{"type": "string"}],
                        "properties": {"default": {"$ref": "#/$defs/Answer_"}},
                        "contains": {"$ref": "#/$defs/Answer"},
                    },
                    "Answer": {"$ref": "#/$defs/Answer_"}, "Other": {"$ref": "https://x.org/#"},
                },
            })
        );
    }
}
