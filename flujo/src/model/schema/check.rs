//! Checks of answers against the constraints of a schema that Rust's types do not have: bounds of numbers,
//! lengths of lists and strings. Providers enforce some of them or none; serde enforces none.

use super::mismatch::at_place;
use super::references::{Seen, referred};
use serde_json::{Map, Value};

/// The maximum depth of the recursion into a value: the deepest value, with four steps in the schema at each level.
const DEEPEST: usize = 512;

/// The keywords that are checked.
const WORDS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
];

/// True if the schema has constraints to check. Those that follow from an integer type do not count, such as
/// `minimum: 0` of an unsigned one.
pub(super) fn says_more(schema: &Value) -> bool {
    match schema {
        Value::Object(object) => {
            let typed = is_of_a_type(object);
            let tuple = object.contains_key("prefixItems");
            object.iter().any(|(word, value)| {
                let by_type = typed && word.ends_with("imum") || tuple && word.ends_with("Items");
                let checked = WORDS.contains(&word.as_str()) && !by_type;
                checked && !value.is_object() || says_more(value)
            })
        }
        Value::Array(list) => list.iter().any(says_more),
        _ => false,
    }
}

/// True if the bounds are those that `schemars` writes for a Rust integer type, which serde enforces.
fn is_of_a_type(object: &Map<String, Value>) -> bool {
    let format = object.get("format").and_then(Value::as_str).unwrap_or_default();
    let bound = |word| object.get(word).and_then(Value::as_i64);
    let known = match format {
        "uint8" => (Some(0), Some(255)),
        "uint16" => (Some(0), Some(65_535)),
        "uint32" | "uint64" | "uint" | "uint128" => (Some(0), None),
        "int8" => (Some(-128), Some(127)),
        "int16" => (Some(-32_768), Some(32_767)),
        _ => return false,
    };
    (bound("minimum"), bound("maximum")) == known
}

/// Returns the first violation in `value`, with a JSON pointer to it, as feedback for the model.
pub(crate) fn wrong(root: &Value, value: &Value) -> Option<String> {
    Check { root, seen: Seen::default() }.look(root, value, "", 0)
}

struct Check<'s> {
    root: &'s Value,
    seen: Seen,
}

impl Check<'_> {
    fn look(&self, schema: &Value, value: &Value, at: &str, depth: usize) -> Option<String> {
        let object = schema.as_object()?;
        if depth > DEEPEST {
            return None;
        }
        if let Some(target) = referred(self.root, object)
            && let Some(found) = self.seen.once(target, value, || self.look(target, value, at, depth + 1))
        {
            return Some(found);
        }
        let here = bounds(object, value).map(|problem| at_place(at, &problem));
        here.or_else(|| self.within(object, value, at, depth))
            .or_else(|| self.one_of(object, value, at, depth))
    }

    fn within(&self, object: &Map<String, Value>, value: &Value, at: &str, depth: usize) -> Option<String> {
        if let (Some(Value::Object(properties)), Value::Object(fields)) = (object.get("properties"), value) {
            for (name, schema) in properties {
                let Some(field) = fields.get(name) else { continue };
                if let Some(found) = self.look(schema, field, &format!("{at}/{name}"), depth + 1) {
                    return Some(found);
                }
            }
        }
        if let (Some(schema @ Value::Object(_)), Value::Object(fields)) =
            (object.get("additionalProperties"), value)
        {
            let named = object.get("properties").and_then(Value::as_object);
            for (name, field) in
                fields.iter().filter(|(name, _)| named.is_none_or(|n| !n.contains_key(*name)))
            {
                if let Some(found) = self.look(schema, field, &format!("{at}/{name}"), depth + 1) {
                    return Some(found);
                }
            }
        }
        let Value::Array(list) = value else { return None };
        let first: &[Value] = match object.get("prefixItems") {
            Some(Value::Array(schemas)) => schemas,
            _ => &[],
        };
        list.iter().enumerate().find_map(|(i, item)| {
            let schema = first.get(i).or_else(|| object.get("items"))?;
            self.look(schema, item, &format!("{at}/{i}"), depth + 1)
        })
    }

    /// Checks all of `allOf`, and of `anyOf` and `oneOf` that one alternative holds, among those that may
    /// match.
    fn one_of(&self, object: &Map<String, Value>, value: &Value, at: &str, depth: usize) -> Option<String> {
        if let Some(Value::Array(all)) = object.get("allOf")
            && let Some(found) = all.iter().find_map(|schema| self.look(schema, value, at, depth + 1))
        {
            return Some(found);
        }
        for word in ["anyOf", "oneOf"] {
            let Some(Value::Array(any)) = object.get(word) else { continue };
            let mut first = None;
            let mut fits = false;
            for schema in any.iter().filter(|schema| self.may_be(schema, value, depth)) {
                match self.look(schema, value, at, depth + 1) {
                    None => fits = true,
                    Some(found) => {
                        first.get_or_insert(found);
                    }
                }
            }
            if !fits && first.is_some() {
                return first;
            }
        }
        None
    }

    /// True if a value has the type, the constants and the required fields of a schema.
    fn may_be(&self, schema: &Value, value: &Value, depth: usize) -> bool {
        let Some(object) = schema.as_object() else { return schema != &Value::Bool(false) };
        if depth > DEEPEST {
            return true;
        }
        if object.contains_key("$ref") {
            return referred(self.root, object).is_none_or(|target| self.may_be(target, value, depth + 1));
        }
        let typed = match object.get("type") {
            Some(Value::String(ty)) => is_a(value, ty),
            Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).any(|ty| is_a(value, ty)),
            _ => true,
        };
        let constant = object.get("const").is_none_or(|constant| constant == value);
        let listed = !matches!(object.get("enum"), Some(Value::Array(list)) if !list.contains(value));
        let required =
            object.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let complete = required.iter().filter_map(Value::as_str).all(|name| value.get(name).is_some());
        let properties = object.get("properties").and_then(Value::as_object);
        let tags = properties.into_iter().flatten().all(|(name, schema)| {
            match (schema.get("const"), value.get(name)) {
                (Some(constant), Some(field)) => constant == field,
                _ => true,
            }
        });
        typed && constant && listed && complete && tags
    }
}

pub(super) fn is_a(value: &Value, ty: &str) -> bool {
    match ty {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|n| n.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn bounds(object: &Map<String, Value>, value: &Value) -> Option<String> {
    let number = |word| object.get(word).and_then(Value::as_f64);
    let count = |word| object.get(word).and_then(Value::as_u64);
    let length = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    match value {
        Value::Number(given) => {
            let n = given.as_f64()?;
            let least = number("minimum").filter(|least| n < *least);
            let most = number("maximum").filter(|most| n > *most);
            let above = number("exclusiveMinimum").filter(|bound| n <= *bound);
            let below = number("exclusiveMaximum").filter(|bound| n >= *bound);
            let step = number("multipleOf").filter(|step| {
                let times = n / step;
                *step > 0.0 && (times - times.round()).abs() > 1e-9
            });
            least
                .map(|least| format!("is {given}, and must be at least {least}"))
                .or_else(|| most.map(|most| format!("is {given}, and must be at most {most}")))
                .or_else(|| above.map(|bound| format!("is {given}, and must be more than {bound}")))
                .or_else(|| below.map(|bound| format!("is {given}, and must be less than {bound}")))
                .or_else(|| step.map(|step| format!("is {given}, and must be a multiple of {step}")))
        }
        Value::String(text) => {
            let n = length(text.chars().count());
            let short = count("minLength").filter(|least| n < *least);
            let long = count("maxLength").filter(|most| n > *most);
            short
                .map(|least| format!("has {n} characters, and must have at least {least}"))
                .or_else(|| long.map(|most| format!("has {n} characters, and must have at most {most}")))
        }
        Value::Array(list) => {
            let n = length(list.len());
            let few = count("minItems").filter(|least| n < *least);
            let many = count("maxItems").filter(|most| n > *most);
            let twice = || {
                let unique = object.get("uniqueItems") == Some(&Value::Bool(true));
                let mut earlier = list.iter().enumerate();
                unique && earlier.any(|(i, item)| list.iter().take(i).any(|other| other == item))
            };
            few.map(|least| format!("has {n} items, and must have at least {least}"))
                .or_else(|| many.map(|most| format!("has {n} items, and must have at most {most}")))
                .or_else(|| twice().then(|| "has an item twice".to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, schema_for};
    use serde_json::json;
    use std::collections::{BTreeMap, BTreeSet};

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    struct Score {
        #[schemars(range(min = 0.0, max = 1.0))]
        confidence: f64,
        #[schemars(length(min = 2, max = 4))]
        name: String,
        #[schemars(length(max = 2))]
        notes: Vec<Note>,
        other: Option<Box<Score>>,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code, reason = "only its schema is used")]
    #[schemars(tag = "kind")]
    enum Note {
        Short {
            #[schemars(range(max = 3))]
            n: u8,
        },
        Long {
            #[schemars(range(min = 100))]
            n: u32,
        },
    }

    #[test]
    fn what_types_say_by_themselves_is_not_looked_at() {
        assert!(!says_more(schema_for!(String).as_value()));
        assert!(!says_more(schema_for!(Vec<u8>).as_value()));
        assert!(!says_more(schema_for!(BTreeMap<String, (u64, i8, Option<u32>)>).as_value()));
        assert!(says_more(schema_for!(Score).as_value()));
        assert!(says_more(schema_for!(BTreeSet<u8>).as_value()));
    }

    #[test]
    fn the_first_problem_is_told_with_its_place() {
        let schema = schema_for!(Score);
        let found = |value: Value| wrong(schema.as_value(), &value);
        let good = json!({"confidence": 1, "name": "äöü", "notes": [{"kind": "Short", "n": 3}]});
        assert_eq!(found(good.clone()), None);
        for (pointer, value, says) in [
            ("/confidence", json!(1.5), "`/confidence` is 1.5, and must be at most 1"),
            ("/confidence", json!(-0.5), "`/confidence` is -0.5, and must be at least 0"),
            ("/name", json!("a"), "`/name` has 1 characters, and must have at least 2"),
            ("/name", json!("abcde"), "`/name` has 5 characters, and must have at most 4"),
            ("/notes", json!([{}, {}, {}]), "`/notes` has 3 items, and must have at most 2"),
            ("/notes/0/n", json!(4), "`/notes/0/n` is 4, and must be at most 3"),
            ("/notes/0", json!({"kind": "Long", "n": 4}), "`/notes/0/n` is 4, and must be at least 100"),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert_eq!(found(bad).as_deref(), Some(says));
        }
        let mut nested = good;
        nested["other"] = json!({"confidence": 7, "name": "abc", "notes": []});
        assert_eq!(found(nested).as_deref(), Some("`/other/confidence` is 7, and must be at most 1"));
        assert_eq!(
            wrong(schema_for!(BTreeSet<u8>).as_value(), &json!([1, 2, 1])).as_deref(),
            Some("the value has an item twice")
        );
        assert_eq!(wrong(&json!({"multipleOf": 0.1}), &json!(0.3)), None);
        assert_eq!(
            wrong(&json!({"multipleOf": 5, "exclusiveMinimum": 0}), &json!(7)).as_deref(),
            Some("the value is 7, and must be a multiple of 5")
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_comes_to_an_end() {
        // More references than steps, each of them new.
        let defs: Map<_, _> =
            (0..2_000).map(|i| (i.to_string(), json!({"$ref": format!("#/$defs/{}", i + 1)}))).collect();
        assert!(wrong(&json!({"$ref": "#/$defs/0", "$defs": defs}), &json!(5)).is_none());
        let endless = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A", "minimum": 3}}});
        assert!(wrong(&endless, &json!(5)).is_none());
        assert!(wrong(&endless, &json!(1)).is_some());
        let both = json!([{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]);
        for word in ["anyOf", "oneOf", "allOf"] {
            let endless = json!({"$ref": "#/$defs/A", "$defs": {"A": {word: both, "minimum": 3}}});
            assert!(wrong(&endless, &json!(5)).is_none());
            assert!(wrong(&endless, &json!(1)).is_some());
        }
    }

    /// Each alternative may be it, at each level of the answer.
    #[test]
    fn alternatives_alike_are_looked_at_once() {
        let next = json!({"next": {"$ref": "#"}, "n": {"type": "integer", "maximum": 5}});
        let one = json!({"type": "object", "properties": next});
        let schema = json!({"anyOf": [one, one, {"type": "null"}]});
        let list = |last: u8| (0..120).fold(json!({"n": last}), |next, _| json!({"n": 1, "next": next}));
        assert_eq!(wrong(&schema, &list(5)), None);
        let at = "/next".repeat(120);
        assert_eq!(wrong(&schema, &list(6)), Some(format!("`{at}/n` is 6, and must be at most 5")));
    }
}
