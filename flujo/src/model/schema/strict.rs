//! Strict mode: the provider decodes only output that fits the schema. Not every schema allows it.

use super::depth::is_too_deep;
use crate::codec::MAX_DEPTH;
use serde_json::{Map, Value};

/// A schema in the form that strict modes require.
///
/// ```
/// use flujo::model::{StrictSchema, schema_of, strict};
///
/// #[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Label {
///     tone: String,
/// }
/// let StrictSchema(schema) = strict(&schema_of::<Label>()?.decode()?).expect("it names every property");
/// assert_eq!(schema["additionalProperties"], false);
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StrictSchema(pub Value);

/// Converts a schema into the form that strict modes require: every property is required, no others are
/// allowed, and unsupported keywords are removed. Those are checked on the answer instead. A reference with a
/// description becomes `{"anyOf": [{"$ref": ..}], "description": ..}`, since strict modes refuse words beside `$ref`.
///
/// ```
/// # use flujo::model::{schema_of, strict};
/// # use std::collections::BTreeMap;
/// let refused = strict(&schema_of::<Vec<BTreeMap<String, u8>>>()?.decode()?).unwrap_err();
/// assert_eq!(refused, ["`/answer/items` is a map: a strict schema names every property"]);
/// # Ok::<(), flujo::codec::CodecError>(())
/// ```
///
/// # Errors
/// Strict mode does not support the schema; returns all reasons, each with its place.
pub fn strict(schema: &Value) -> Result<StrictSchema, Vec<String>> {
    if is_too_deep(schema) {
        return Err(vec![format!("the answer is nested deeper than {MAX_DEPTH} levels")]);
    }
    let mut refused = Vec::new();
    let strict = walk(schema, "", &mut refused);
    if refused.is_empty() { Ok(StrictSchema(strict)) } else { Err(refused) }
}

/// Keywords that are kept.
const KEPT: &[&str] = &[
    "type",
    "description",
    "enum",
    "const",
    "$ref",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "pattern",
];
/// String formats that strict modes support. Formats of numbers are specific to Rust.
const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

fn walk(schema: &Value, at: &str, refused: &mut Vec<String>) -> Value {
    let Some(object) = schema.as_object() else {
        refused.push(format!("{} may be anything: a strict schema says what", place(at)));
        return schema.clone();
    };
    let mut out = Map::new();
    for (word, value) in object {
        match word.as_str() {
            word if KEPT.contains(&word) => {
                out.insert(word.to_owned(), value.clone());
            }
            "format" if value.as_str().is_some_and(|format| FORMATS.contains(&format)) => {
                out.insert(word.clone(), value.clone());
            }
            "items" => {
                out.insert(word.clone(), walk(value, &format!("{at}/items"), refused));
            }
            "anyOf" | "oneOf" => {
                out.insert("anyOf".to_owned(), several(value, at, refused));
            }
            "$defs" => {
                let defs = value.as_object().into_iter().flatten();
                let defs =
                    defs.map(|(name, schema)| (name.clone(), walk(schema, &format!("{at}/{name}"), refused)));
                out.insert(word.clone(), Value::Object(defs.collect()));
            }
            "allOf" => match value.as_array().map(Vec::as_slice) {
                Some([only]) => {
                    if let Value::Object(only) = walk(only, at, refused) {
                        out.extend(only);
                    }
                }
                _ => refused.push(format!("{} has several schemas at once (`allOf`)", place(at))),
            },
            "prefixItems" => {
                refused.push(format!("{} is a tuple: give its parts names, in a struct", place(at)));
            }
            "not"
            | "if"
            | "then"
            | "else"
            | "dependentRequired"
            | "dependentSchemas"
            | "propertyNames"
            | "contains"
            | "unevaluatedProperties" => {
                refused.push(format!("{} uses `{word}`, which strict schemas do not have", place(at)));
            }
            // Annotations, and constraints that are checked on the answer.
            _ => {}
        }
    }
    let several = ["$ref", "anyOf", "oneOf", "properties"];
    if several.iter().filter(|word| object.contains_key(**word)).count() > 1 {
        refused.push(format!("{} has several schemas at once", place(at)));
    }
    // Nothing may stand beside a reference; only definitions are at the root, wherever it refers to.
    if out.keys().any(|word| word != "$ref" && word != "$defs")
        && let Some(reference) = out.remove("$ref")
    {
        let reference = Value::Object(Map::from_iter([("$ref".to_owned(), reference)]));
        out.insert("anyOf".to_owned(), Value::Array(vec![reference]));
    }
    if object.get("type").is_some_and(|ty| ty == "object") || object.contains_key("properties") {
        fields(object, &mut out, at, refused);
    } else if object.is_empty() {
        refused.push(format!("{} may be anything: a strict schema says what", place(at)));
    }
    Value::Object(out)
}

fn several(value: &Value, at: &str, refused: &mut Vec<String>) -> Value {
    value.as_array().into_iter().flatten().map(|schema| walk(schema, at, refused)).collect()
}

fn fields(object: &Map<String, Value>, out: &mut Map<String, Value>, at: &str, refused: &mut Vec<String>) {
    let more = object.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false));
    let named = object.get("properties").and_then(Value::as_object).filter(|named| !named.is_empty());
    let Some(named) = named else {
        // A struct without fields is an object as well; without `additionalProperties: false` it is a map.
        if more || !object.contains_key("additionalProperties") && !object.contains_key("properties") {
            refused.push(format!("{} is a map: a strict schema names every property", place(at)));
        }
        out.insert("properties".to_owned(), Value::Object(Map::new()));
        out.insert("required".to_owned(), Value::Array(Vec::new()));
        out.insert("additionalProperties".to_owned(), false.into());
        return;
    };
    if more || object.contains_key("patternProperties") {
        refused.push(format!("{} takes properties that it does not name (`flatten`)", place(at)));
    }
    let properties =
        named.iter().map(|(name, schema)| (name.clone(), walk(schema, &format!("{at}/{name}"), refused)));
    out.insert("properties".to_owned(), Value::Object(properties.collect()));
    out.insert("required".to_owned(), named.keys().cloned().collect());
    out.insert("additionalProperties".to_owned(), false.into());
}

fn place(at: &str) -> String {
    if at.is_empty() { "the answer".to_owned() } else { format!("`{at}`") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::schema_of;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use std::collections::{BTreeMap, BTreeSet};

    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    struct Note {
        /// What it says.
        text: String,
        #[serde(default)]
        weight: Option<u32>,
        kind: Kind,
        tags: BTreeSet<String>,
    }
    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    enum Kind {
        Plain,
        Quote { of: Box<Note> },
    }

    #[derive(Clone, Serialize, Deserialize, JsonSchema)]
    struct Flat {
        name: String,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }

    fn strict_of<T: crate::Reply>() -> Value {
        strict(&schema_of::<T>().unwrap().decode().unwrap()).unwrap().0
    }

    fn refused<T: crate::Reply>() -> Vec<String> {
        strict(&schema_of::<T>().unwrap().decode().unwrap()).unwrap_err()
    }

    #[test]
    fn every_property_is_required_and_nothing_else_may_come() {
        let StrictSchema(schema) = strict(&schema_of::<Note>().unwrap().decode().unwrap()).unwrap();
        assert_eq!(schema["required"], json!(["kind", "tags", "text", "weight"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["weight"], json!({"type": ["integer", "null"], "minimum": 0}));
        assert_eq!(schema["properties"]["text"], json!({"type": "string", "description": "What it says."}));
        assert_eq!(schema["properties"]["tags"], json!({"type": "array", "items": {"type": "string"}}));
        assert!(schema.get("$schema").is_none() && schema.get("title").is_none());
        let kind = &schema["$defs"]["Kind"];
        assert!(kind.get("oneOf").is_none());
        assert_eq!(kind["anyOf"][1]["required"], json!(["Quote"]));
        assert_eq!(kind["anyOf"][1]["properties"]["Quote"]["additionalProperties"], false);
        assert_eq!(schema["properties"]["kind"], json!({"$ref": "#/$defs/Kind"}));
        // A schema that is already strict is unchanged.
        assert_eq!(strict(&schema), Ok(StrictSchema(schema.clone())));
    }

    #[test]
    fn a_reference_keeps_its_description_and_nothing_is_copied() {
        /// A place.
        #[derive(Clone, Serialize, Deserialize, JsonSchema)]
        struct Address {
            /// The street.
            street: String,
            /// The neighbours.
            beside: Vec<Address>,
        }
        #[derive(Clone, Serialize, Deserialize, JsonSchema)]
        struct Order {
            /// Who pays.
            bill: Address,
            /// Who gets it.
            ship: Address,
            back: Option<Address>,
        }
        let schema = strict_of::<Order>();
        let reference = json!({"$ref": "#/$defs/Address"});
        assert_eq!(schema["properties"]["bill"], json!({"anyOf": [reference], "description": "Who pays."}));
        assert_eq!(schema["properties"]["ship"]["description"], "Who gets it.");
        assert_eq!(schema["properties"]["back"], json!({"anyOf": [reference, {"type": "null"}]}));
        assert_eq!(schema["$defs"]["Address"]["properties"]["beside"]["items"], reference);
        assert_eq!(schema.to_string().matches("The street.").count(), 1);
        assert_eq!(strict(&schema), Ok(StrictSchema(schema.clone())));
        // The form of older generators.
        let all =
            json!({"type": "object", "properties": {"a": {"allOf": [{"$ref": "#"}], "description": "x"}}});
        let a = &strict(&all).unwrap().0["properties"]["a"];
        assert_eq!(*a, json!({"anyOf": [{"$ref": "#"}], "description": "x"}));
        let root = json!({"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}});
        assert_eq!(strict(&root), Ok(StrictSchema(root.clone())));
    }

    #[test]
    fn a_recursive_enum_with_docs_comes_to_an_end() {
        #[derive(Clone, Serialize, Deserialize, JsonSchema)]
        enum Expression {
            /// A number.
            Number(f64),
            /// A sum.
            Sum {
                /// The first one.
                left: Box<Expression>,
                /// The second one.
                right: Box<Expression>,
            },
            /// All of them.
            All(Vec<Expression>),
        }
        let schema = strict_of::<Expression>();
        assert_eq!(schema["properties"]["answer"], json!({"$ref": "#/$defs/Expression"}));
        let sum = &schema["$defs"]["Expression"]["anyOf"][1]["properties"]["Sum"];
        assert_eq!(
            sum["properties"]["left"],
            json!({"anyOf": [{"$ref": "#/$defs/Expression"}], "description": "The first one."})
        );
        assert!(schema.to_string().len() < 1_000);
    }

    #[test]
    fn what_a_strict_mode_refuses_is_told_with_its_place() {
        #[derive(Clone, Serialize, Deserialize, JsonSchema)]
        struct Odd {
            scores: BTreeMap<String, f64>,
            pair: (u8, String),
            any: Value,
        }
        assert_eq!(
            refused::<Odd>(),
            [
                "`/any` may be anything: a strict schema says what",
                "`/pair` is a tuple: give its parts names, in a struct",
                "`/scores` is a map: a strict schema names every property",
            ]
        );
        assert_eq!(refused::<Flat>(), ["the answer takes properties that it does not name (`flatten`)"]);
        assert_eq!(
            strict(&json!({"not": {}})).unwrap_err(),
            ["the answer uses `not`, which strict schemas do not have"]
        );
        assert_eq!(
            strict(&json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "anyOf": [{"$ref": "#"}]})),
            Err(vec!["the answer has several schemas at once".to_owned()])
        );
    }
}
