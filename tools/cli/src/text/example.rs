//! An example of a value that a schema describes, to copy and to change. Schemas come from records too: the
//! work on one is bounded.

use serde_json::{Map, Number, Value};
use std::cell::Cell;

/// The deepest nesting of an example.
const DEEPEST: u32 = 12;
/// The most parts of a schema that are read.
const PARTS: u32 = 1_000;
/// The most alternatives that are listed.
const MOST: usize = 20;

/// Returns a value that fits the schema, and all alternatives where there are several. No value where the schema does not
/// say enough.
pub(crate) fn of(schema: &Value) -> (Option<Value>, Vec<Value>) {
    let reader = Reader { root: schema, left: Cell::new(PARTS) };
    let mut all = reader.alternatives(schema, 0);
    all.truncate(MOST);
    (all.first().cloned(), all)
}

struct Reader<'s> {
    root: &'s Value,
    left: Cell<u32>,
}

impl<'s> Reader<'s> {
    /// The values of a choice, one of each variant, or the one example.
    fn alternatives(&self, schema: &'s Value, depth: u32) -> Vec<Value> {
        if !self.may_read(depth) {
            return Vec::new();
        }
        if let Some(target) = self.target(schema) {
            return self.alternatives(target, depth + 1);
        }
        if schema.get("properties").is_none()
            && let Some(variants) = variants(schema)
        {
            // Of `null` and something else the latter is the better example.
            let (nulls, others): (Vec<_>, Vec<_>) = variants.iter().partition(|one| is_null(one));
            let all = others.into_iter().chain(nulls);
            return all.flat_map(|one| self.alternatives(one, depth + 1)).collect();
        }
        match (schema.get("enum").and_then(Value::as_array), kind(schema)) {
            (Some(all), _) => all.clone(),
            (None, "boolean") if schema.get("const").is_none() => vec![true.into(), false.into()],
            _ => self.example(schema, depth).into_iter().collect(),
        }
    }

    fn may_read(&self, depth: u32) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0 && depth <= DEEPEST
    }

    fn example(&self, schema: &'s Value, depth: u32) -> Option<Value> {
        if !self.may_read(depth) {
            return None;
        }
        if let Some(target) = self.target(schema) {
            return self.example(target, depth + 1);
        }
        if let Some(value) = schema.get("const") {
            return Some(value.clone());
        }
        if variants(schema).is_some() || schema.get("enum").is_some() {
            return self.alternatives(schema, depth + 1).into_iter().next();
        }
        match kind(schema) {
            "null" => Some(Value::Null),
            "boolean" => Some(Value::Bool(true)),
            "string" => Some("...".into()),
            "integer" | "number" => Some(number(schema)),
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => None,
        }
    }

    fn array(&self, schema: &'s Value, depth: u32) -> Option<Value> {
        if let Some(places) = schema.get("prefixItems").and_then(Value::as_array) {
            let items: Option<Vec<_>> = places.iter().map(|place| self.example(place, depth + 1)).collect();
            return items.map(Value::Array);
        }
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(1);
        let item = self.example(schema.get("items")?, depth + 1)?;
        let least = usize::try_from(least).ok().filter(|least| *least <= MOST)?;
        Some(Value::Array(vec![item; least.max(1)]))
    }

    /// What is required; of an object whose names are free, nothing.
    fn object(&self, schema: &'s Value, depth: u32) -> Option<Value> {
        let mut object = Map::new();
        let required = schema.get("required").and_then(Value::as_array).map(Vec::as_slice);
        for name in required.unwrap_or_default() {
            let name = name.as_str()?;
            let property = schema.get("properties").and_then(|all| all.get(name))?;
            object.insert(name.to_owned(), self.example(property, depth + 1)?);
        }
        Some(Value::Object(object))
    }

    /// What a schema refers to, or has as its only part.
    fn target(&self, schema: &'s Value) -> Option<&'s Value> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            return self.root.pointer(reference.strip_prefix('#')?);
        }
        match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([one]) => Some(one),
            _ => None,
        }
    }
}

fn variants(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array)
}

fn is_null(schema: &Value) -> bool {
    kind(schema) == "null"
}

/// The type; of several, the first that is not `null`.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ => "",
    }
}

fn number(schema: &Value) -> Value {
    match schema.get("minimum") {
        Some(Value::Number(least)) => least.clone().into(),
        _ => match schema.get("exclusiveMinimum").and_then(Value::as_i64) {
            Some(below) => below.saturating_add(1).into(),
            None => Number::from(0).into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use serde_json::{Value, json};

    /// The example, and all alternatives.
    fn shown(schema: &Value) -> (String, String) {
        let (first, all) = of(schema);
        let all: Vec<_> = all.iter().map(Value::to_string).collect();
        (first.map(|first| first.to_string()).unwrap_or_default(), all.join(" | "))
    }

    #[track_caller]
    fn check(schema: &Value, first: &str, all: &str) {
        assert_eq!(shown(schema), (first.to_owned(), all.to_owned()));
    }

    #[test]
    fn simple_types_have_examples() {
        check(&json!({ "type": "boolean" }), "true", "true | false");
        check(&json!({ "type": "string" }), r#""...""#, r#""...""#);
        check(&json!({ "type": "integer", "minimum": 3 }), "3", "3");
        check(&json!({ "type": "integer", "exclusiveMinimum": 3 }), "4", "4");
        check(&json!({ "type": "number", "format": "double" }), "0", "0");
        check(&json!({ "type": ["null", "string"] }), r#""...""#, r#""...""#);
        check(&json!({ "type": "null" }), "null", "null");
        check(&json!({ "type": "array", "items": { "type": "string" } }), r#"["..."]"#, r#"["..."]"#);
        let pair = json!({ "type": "array", "prefixItems": [{ "type": "boolean" }, { "type": "integer" }] });
        check(&pair, "[true,0]", "[true,0]");
        check(&json!({ "type": "object" }), "{}", "{}");
        for unknown in [json!(true), json!({}), json!({ "type": "file" }), json!({ "$ref": "#/$defs/None" })]
        {
            check(&unknown, "", "");
        }
    }

    #[test]
    fn of_a_choice_all_are_listed() {
        check(&json!({ "enum": ["a", "b"] }), r#""a""#, r#""a" | "b""#);
        check(&json!({ "oneOf": [{ "const": "x" }, { "const": "y" }] }), r#""x""#, r#""x" | "y""#);
        let mixed = json!({ "oneOf": [{ "enum": ["x", "y"] }, { "const": "z" }] });
        check(&mixed, r#""x""#, r#""x" | "y" | "z""#);
        check(&json!({ "anyOf": [{ "type": "null" }, { "enum": [1, 2] }] }), "1", "1 | 2 | null");
        let many: Vec<_> = (0..30).collect();
        assert_eq!(of(&json!({ "enum": many })).1.len(), 20);
    }

    /// As `schemars` writes an enum whose variants have fields, with a type of their own in one of them.
    #[test]
    fn variants_are_written_as_serde_reads_them() {
        let decision = json!({
            "oneOf": [
                {
                    "type": "object",
                    "properties": { "approve": {
                        "type": "object",
                        "properties": { "cost_center": { "type": "string" }, "note": { "type": ["string", "null"] } },
                        "required": ["cost_center"],
                    } },
                    "required": ["approve"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": { "reject": { "$ref": "#/$defs/Reason" } },
                    "required": ["reject"],
                    "additionalProperties": false,
                },
                { "type": "string", "const": "later" },
            ],
            "$defs": { "Reason": { "type": "object", "properties": { "text": { "enum": ["late", "wrong"] } }, "required": ["text"] } },
        });
        let (approve, reject) = (r#"{"approve":{"cost_center":"..."}}"#, r#"{"reject":{"text":"late"}}"#);
        check(&decision, approve, &format!(r#"{approve} | {reject} | "later""#));
    }

    #[test]
    fn hostile_schemas_end() {
        let endless = json!({ "$ref": "#" });
        check(&endless, "", "");
        let variants: Vec<_> = (0..50).map(|_| json!({ "$ref": "#" })).collect();
        check(&json!({ "oneOf": variants }), "", "");
        let huge =
            json!({ "type": "array", "items": { "type": "string" }, "minItems": 1_000_000_000_000_u64 });
        check(&huge, "", "");
    }
}
