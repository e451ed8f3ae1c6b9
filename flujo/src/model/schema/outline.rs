//! A schema in one line, for people: `"pay" | {"refuse": {"why": string}}`.

use super::references::referred;
use serde_json::{Map, Value};
use std::cell::Cell;

/// The most levels of types in types: what is deeper is `..`, and so is a type within itself.
const DEEPEST: usize = 6;
/// The most schemas that are looked at: one that refers to itself several times would be as wide as deep.
const MOST: usize = 200;

/// Returns the outline of the values that fit the schema: its types, without constraints on texts and numbers.
pub(crate) fn outline(schema: &Value) -> String {
    Outline { root: schema, left: Cell::new(MOST) }.of(schema, 0)
}

struct Outline<'s> {
    root: &'s Value,
    left: Cell<usize>,
}

impl Outline<'_> {
    fn of(&self, schema: &Value, depth: usize) -> String {
        let Some(object) = schema.as_object() else { return "any value".to_owned() };
        let left = self.left.get();
        if depth > DEEPEST || left == 0 {
            return "..".to_owned();
        }
        self.left.set(left - 1);
        if let Some(target) = referred(self.root, object) {
            return self.of(target, depth + 1);
        }
        if let Some(constant) = object.get("const") {
            return constant.to_string();
        }
        if let Some(Value::Array(all)) = object.get("enum") {
            return joined(all.iter().map(Value::to_string));
        }
        let list = |word| object.get(word).and_then(Value::as_array);
        if let Some(all) = list("oneOf").or_else(|| list("anyOf")) {
            return joined(all.iter().map(|one| self.of(one, depth + 1)));
        }
        if let Some([one]) = list("allOf").map(Vec::as_slice) {
            return self.of(one, depth + 1);
        }
        match object.get("type") {
            Some(Value::String(ty)) => self.typed(ty, object, depth),
            Some(Value::Array(types)) => {
                joined(types.iter().filter_map(Value::as_str).map(|ty| self.typed(ty, object, depth)))
            }
            _ if object.contains_key("properties") => self.typed("object", object, depth),
            _ => "any value".to_owned(),
        }
    }

    fn typed(&self, ty: &str, object: &Map<String, Value>, depth: usize) -> String {
        match ty {
            "object" => self.object(object, depth),
            "array" => self.array(object, depth),
            other => other.to_owned(),
        }
    }

    fn object(&self, object: &Map<String, Value>, depth: usize) -> String {
        let required = object.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        let named = object.get("properties").and_then(Value::as_object);
        let fields = named.into_iter().flatten().map(|(name, schema)| {
            let mark = if is_required(name) { "" } else { "?" };
            format!("{}{mark}: {}", Value::from(name.as_str()), self.of(schema, depth + 1))
        });
        let others = object.get("additionalProperties").filter(|others| others.is_object());
        let others = others.map(|others| format!("any name: {}", self.of(others, depth + 1)));
        let fields: Vec<_> = fields.chain(others).collect();
        if fields.is_empty() { "object".to_owned() } else { format!("{{{}}}", fields.join(", ")) }
    }

    fn array(&self, object: &Map<String, Value>, depth: usize) -> String {
        if let Some(Value::Array(first)) = object.get("prefixItems") {
            let items: Vec<_> = first.iter().map(|item| self.of(item, depth + 1)).collect();
            return format!("[{}]", items.join(", "));
        }
        match object.get("items") {
            Some(items) => format!("[{}, ..]", self.of(items, depth + 1)),
            None => "array".to_owned(),
        }
    }
}

fn joined(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, schema_for};
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Order {
        cents: u64,
        note: Option<String>,
        lines: Vec<(u8, String)>,
        kind: Kind,
        by_name: BTreeMap<String, bool>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(rename_all = "snake_case")]
    enum Kind {
        Gift,
        Return { days: u32 },
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Tree {
        children: Vec<Tree>,
    }

    #[test]
    fn a_type_is_one_line() {
        let of = |schema: schemars::Schema| outline(schema.as_value());
        assert_eq!(of(schema_for!(String)), "string");
        assert_eq!(of(schema_for!(Option<u8>)), "integer | null");
        assert_eq!(of(schema_for!(Kind)), r#""gift" | {"return": {"days": integer}}"#);
        assert_eq!(
            of(schema_for!(Order)),
            r#"{"by_name": {any name: boolean}, "cents": integer, "kind": "gift" | {"return": {"days": integer}}, "lines": [[integer, string], ..], "note"?: string | null}"#
        );
        assert_eq!(outline(&json!({"enum": ["a", "b"]})), r#""a" | "b""#);
        assert_eq!(outline(&json!(true)), "any value");
        assert_eq!(outline(&json!({"type": "object"})), "object");
        assert_eq!(of(schema_for!(Tree)), r#"{"children": [{"children": [{"children": ..}, ..]}, ..]}"#);
    }
}
