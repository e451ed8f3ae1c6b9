//! Whether a value fits a schema, for values that no Rust type decodes: what people and servers write.

use super::check::{is_a, wrong};
use super::references::{Seen, referred};
use serde_json::{Map, Value};

/// The maximum depth of the recursion into a value and its schema.
const DEEPEST: usize = 512;

/// Returns the first reason why `value` does not fit the schema, with a JSON pointer to it. Words that are not known are
/// not checked.
pub(crate) fn mismatch(schema: &Value, value: &Value) -> Option<String> {
    Shape { root: schema, seen: Seen::default() }.look(schema, value, "", 0).or_else(|| wrong(schema, value))
}

struct Shape<'s> {
    root: &'s Value,
    seen: Seen,
}

impl Shape<'_> {
    fn look(&self, schema: &Value, value: &Value, at: &str, depth: usize) -> Option<String> {
        let Some(object) = schema.as_object() else {
            return (schema == &Value::Bool(false)).then(|| at_place(at, "is not allowed"));
        };
        if depth > DEEPEST {
            return None;
        }
        if let Some(target) = referred(self.root, object)
            && let Some(found) = self.seen.once(target, value, || self.look(target, value, at, depth + 1))
        {
            return Some(found);
        }
        own_problem(object, value)
            .map(|problem| at_place(at, &problem))
            .or_else(|| self.within(object, value, at, depth))
            .or_else(|| self.alternatives(object, value, at, depth))
    }

    fn within(&self, object: &Map<String, Value>, value: &Value, at: &str, depth: usize) -> Option<String> {
        match value {
            Value::Object(fields) => {
                let named = object.get("properties").and_then(Value::as_object);
                let others = object.get("additionalProperties");
                fields.iter().find_map(|(name, field)| {
                    let schema = named.and_then(|named| named.get(name));
                    if schema.is_none() && others == Some(&Value::Bool(false)) {
                        return Some(at_place(at, &format!("has an unknown property `{name}`")));
                    }
                    self.look(schema.or(others)?, field, &format!("{at}/{name}"), depth + 1)
                })
            }
            Value::Array(items) => {
                let first = object
                    .get("prefixItems")
                    .and_then(Value::as_array)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                items.iter().enumerate().find_map(|(i, item)| {
                    let schema = first.get(i).or_else(|| object.get("items"))?;
                    self.look(schema, item, &format!("{at}/{i}"), depth + 1)
                })
            }
            _ => None,
        }
    }

    fn alternatives(
        &self,
        object: &Map<String, Value>,
        value: &Value,
        at: &str,
        depth: usize,
    ) -> Option<String> {
        if let Some(Value::Array(all)) = object.get("allOf")
            && let Some(found) = all.iter().find_map(|schema| self.look(schema, value, at, depth + 1))
        {
            return Some(found);
        }
        ["anyOf", "oneOf"].into_iter().find_map(|word| {
            let any = object.get(word)?.as_array()?;
            let problems: Vec<_> = any.iter().map(|schema| self.look(schema, value, at, depth + 1)).collect();
            if problems.is_empty() || problems.iter().any(Option::is_none) {
                return None;
            }
            let problems: Vec<String> = problems.into_iter().flatten().collect();
            // The deepest place is in the alternative that was meant, if one was.
            let place =
                |problem: &str| problem.split('`').nth(1).filter(|place| place.starts_with(at)).map(str::len);
            let within =
                problems.iter().filter(|problem| place(problem) > Some(at.len()) && problem.starts_with('`'));
            let deepest = within.max_by_key(|problem| place(problem)).cloned();
            deepest.or_else(|| Some(at_place(at, &format!("fits no alternative: {}", problems.join("; ")))))
        })
    }
}

/// Returns the problem of the value itself, without those of what it contains.
fn own_problem(object: &Map<String, Value>, value: &Value) -> Option<String> {
    let types: Vec<&str> = match object.get("type") {
        Some(Value::String(ty)) => vec![ty],
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|ty| is_a(value, ty)) {
        return Some(format!("must be of the type {}", types.join(" or ")));
    }
    if let Some(constant) = object.get("const").filter(|constant| *constant != value) {
        return Some(format!("must be {constant}"));
    }
    if let Some(Value::Array(list)) = object.get("enum")
        && !list.contains(value)
    {
        let list: Vec<_> = list.iter().map(Value::to_string).collect();
        return Some(format!("must be one of {}", list.join(", ")));
    }
    let required = object.get("required").and_then(Value::as_array).filter(|_| value.is_object());
    let missing = required?.iter().filter_map(Value::as_str).find(|name| value.get(name).is_none())?;
    Some(format!("has no property `{missing}`"))
}

pub(super) fn at_place(at: &str, problem: &str) -> String {
    if at.is_empty() { format!("the value {problem}") } else { format!("`{at}` {problem}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, schema_for};
    use serde_json::json;

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Order {
        cents: u64,
        reason: Option<String>,
        lines: Vec<Line>,
        kind: Kind,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(deny_unknown_fields)]
    struct Line {
        #[schemars(range(max = 9))]
        n: u8,
        pair: (u8, String),
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(rename_all = "snake_case")]
    enum Kind {
        Gift,
        Return { days: u32 },
    }

    #[test]
    fn the_first_problem_is_told_with_its_place() {
        let schema = schema_for!(Order);
        let good =
            json!({"cents": 4, "lines": [{"n": 1, "pair": [1, "a"]}], "kind": {"return": {"days": 3}}});
        assert_eq!(mismatch(schema.as_value(), &good), None);
        for (pointer, value, says) in [
            ("", json!([]), "the value must be of the type object"),
            ("", json!({"cents": 1, "kind": "gift"}), "the value has no property `lines`"),
            ("/cents", json!("4"), "`/cents` must be of the type integer"),
            ("/cents", json!(-4), "`/cents` is -4, and must be at least 0"),
            ("/lines/0/n", json!(10), "`/lines/0/n` is 10, and must be at most 9"),
            ("/lines/0", json!({"n": 1, "pair": [1, "a"], "m": 2}), "`/lines/0` has an unknown property `m`"),
            ("/lines/0/pair/1", json!(2), "`/lines/0/pair/1` must be of the type string"),
            (
                "/kind",
                json!("gft"),
                "`/kind` fits no alternative: `/kind` must be one of \"gift\"; `/kind` must be of the type object",
            ),
            ("/kind/return/days", json!("three"), "`/kind/return/days` must be of the type integer"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert_eq!(mismatch(schema.as_value(), &bad).as_deref(), Some(says), "{pointer}");
        }
        assert_eq!(
            mismatch(schema.as_value(), &json!({"cents": 1, "lines": [], "kind": "gift", "reason": null})),
            None
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_comes_to_an_end() {
        let endless = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A", "type": "string"}}});
        assert_eq!(mismatch(&endless, &json!("x")), None);
        assert_eq!(mismatch(&endless, &json!(1)).as_deref(), Some("the value must be of the type string"));
        assert_eq!(
            mismatch(&json!({"properties": {"a": false}}), &json!({"a": 1})).as_deref(),
            Some("`/a` is not allowed")
        );
        assert_eq!(mismatch(&json!(true), &json!(1)), None);
    }
}
