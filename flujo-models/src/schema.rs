//! Schemas in the form that each provider's strict mode takes.

use flujo::codec::Json;
use flujo::model::{StrictSchema, is_text};
use serde_json::{Map, Value};

/// What a provider's strict mode takes of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Bounds of numbers and lists, patterns, and types that refer to themselves: OpenAI,
    /// <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
    OpenAi,
    /// Neither bounds nor types that refer to themselves: Anthropic,
    /// <https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations>.
    Anthropic,
}

/// The keywords that Anthropic's strict mode refuses. They go into the description, and are checked on the answer.
const NOT_WITH_ANTHROPIC: &[&str] =
    &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"];

/// Converts a schema into the form that the strict mode takes.
///
/// # Errors
/// All reasons why there is none.
pub(crate) fn strict(schema: &Value, dialect: Dialect) -> Result<Value, Vec<String>> {
    let StrictSchema(mut strict) = flujo::model::strict(schema)?;
    if dialect == Dialect::Anthropic {
        if let Some(name) = recursive(&strict) {
            return Err(vec![format!(
                "`{name}` refers to itself, and this provider's strict schemas do not"
            )]);
        }
        each_schema(&mut strict, &mut without_bounds);
    }
    Ok(strict)
}

/// Returns the reasons why there is no strict schema of an answer.
pub(crate) fn refused(schema: &Json, dialect: Dialect) -> Vec<String> {
    if is_text(schema) {
        return Vec::new();
    }
    let schema: Value = schema.decode().unwrap_or(Value::Bool(true));
    strict(&schema, dialect).err().unwrap_or_default()
}

/// Calls `change` with every schema within a schema, innermost first. The depth of a [`Value`] that was parsed is
/// bounded.
fn each_schema(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    let Value::Object(object) = schema else { return };
    for (word, value) in object.iter_mut() {
        match (word.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                named.values_mut().for_each(|schema| each_schema(schema, change));
            }
            ("anyOf", Value::Array(several)) => {
                for schema in several {
                    each_schema(schema, change);
                }
            }
            ("items", schema) => each_schema(schema, change),
            _ => {}
        }
    }
    change(object);
}

fn without_bounds(object: &mut Map<String, Value>) {
    let mut bounds = Vec::new();
    for word in NOT_WITH_ANTHROPIC {
        if let Some(bound) = object.remove(*word) {
            bounds.push(format!("{word}: {bound}"));
        }
    }
    if bounds.is_empty() {
        return;
    }
    let bounds = format!("({})", bounds.join(", "));
    let described = match object.get("description").and_then(Value::as_str) {
        Some(description) => format!("{description} {bounds}"),
        None => bounds,
    };
    object.insert("description".to_owned(), described.into());
}

/// Finds a definition that leads back to itself; `#` is the whole schema.
fn recursive(root: &Value) -> Option<String> {
    let defs = root.get("$defs").and_then(Value::as_object);
    let names = defs.into_iter().flat_map(Map::keys).map(|name| format!("#/$defs/{name}"));
    names.chain(["#".to_owned()]).find(|start| {
        let mut seen = Vec::new();
        let mut next = vec![start.clone()];
        while let Some(at) = next.pop() {
            let mut refs = Vec::new();
            let pointer = at.trim_start_matches('#').replace("%24", "$");
            // `#` is looked into without the definitions: each of them is a start of its own.
            references(root.pointer(&pointer).unwrap_or(&Value::Null), &mut refs);
            if refs.contains(start) {
                return true;
            }
            for at in refs {
                if !seen.contains(&at) {
                    seen.push(at.clone());
                    next.push(at);
                }
            }
        }
        false
    })
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(object) => {
            for (word, value) in object {
                match value {
                    Value::String(target) if word == "$ref" => found.push(target.clone()),
                    _ if word == "$defs" => {}
                    value => references(value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|schema| references(schema, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bounds_go_into_the_description_where_they_are_refused() {
        let schema = json!({
            "type": "object",
            "properties": {
                "minimum": {"type": "integer", "minimum": 0, "maximum": 255},
                "tags": {"type": "array", "items": {"type": "number", "maximum": 1.5}, "minItems": 2, "description": "Two."}
            }
        });
        assert_eq!(strict(&schema, Dialect::OpenAi).unwrap()["properties"]["minimum"]["maximum"], 255);
        let sent = strict(&schema, Dialect::Anthropic).unwrap();
        assert_eq!(
            sent["properties"],
            json!({
                "minimum": {"type": "integer", "description": "(minimum: 0, maximum: 255)"},
                "tags": {
                    "type": "array",
                    "items": {"type": "number", "description": "(maximum: 1.5)"},
                    "description": "Two. (minItems: 2)"
                }
            })
        );
    }

    #[test]
    fn types_that_refer_to_themselves_are_found() {
        let tree = json!({"type": "object", "properties": {"left": {"$ref": "#"}}});
        let mutual = json!({
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}},
            "$defs": {
                "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
                "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}
            }
        });
        for (schema, name) in [(tree, "#"), (mutual, "#/$defs/A")] {
            assert!(strict(&schema, Dialect::OpenAi).is_ok());
            let refused = format!("`{name}` refers to itself, and this provider's strict schemas do not");
            assert_eq!(strict(&schema, Dialect::Anthropic), Err(vec![refused]));
        }
        let twice = json!({
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/A"}, "b": {"$ref": "#/$defs/A"}},
            "$defs": {"A": {"type": "string"}}
        });
        assert!(strict(&twice, Dialect::Anthropic).is_ok());
    }
}
