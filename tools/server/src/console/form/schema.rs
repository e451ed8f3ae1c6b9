//! From JSON Schema to fields. Schemas come from types of the user's code, but also from records: they are bounded in
//! depth, in number of fields and in references, and what has no form of its own is written as JSON.

use super::field::{Bounds, Field, Kind, Length, Limit, List, Property, Variant, text_of};
use serde_json::{Map, Value};

/// The deepest nesting of fields.
const DEEPEST: usize = 12;
/// The most fields of a form.
const MOST: usize = 1_000;
/// How often a reference may be followed within itself.
const AGAIN: usize = 2;

type Object = Map<String, Value>;

pub(super) fn field_of(schema: &str) -> Field {
    match serde_json::from_str::<Value>(schema) {
        Ok(root) => {
            let mut reader = Reader { root: &root, followed: Vec::new(), fields: 0 };
            reader.field(&root, 0)
        }
        Err(_) => Field::json(),
    }
}

struct Reader<'s> {
    root: &'s Value,
    /// The references that are being followed.
    followed: Vec<&'s str>,
    fields: usize,
}

impl<'s> Reader<'s> {
    fn field(&mut self, schema: &'s Value, depth: usize) -> Field {
        self.fields += 1;
        let Value::Object(object) = schema else { return Field::json() };
        if depth > DEEPEST || self.fields > MOST {
            return described(object, Field::json());
        }
        let field = match object.get("$ref").and_then(Value::as_str) {
            Some(reference) => self.referred(reference, depth),
            None => Field::new(self.kind(object, depth).unwrap_or_default()),
        };
        described(object, field)
    }

    fn referred(&mut self, reference: &'s str, depth: usize) -> Field {
        let again = self.followed.iter().filter(|known| **known == reference).count();
        let root = self.root;
        let target = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        match target {
            Some(target) if again < AGAIN => {
                self.followed.push(reference);
                let field = self.field(target, depth + 1);
                self.followed.pop();
                field
            }
            _ => Field::json(),
        }
    }

    fn kind(&mut self, object: &'s Object, depth: usize) -> Option<Kind> {
        if let Some(value) = object.get("const") {
            return Some(Kind::Const(value.clone()));
        }
        if let Some(values) = object.get("enum").and_then(Value::as_array) {
            return Some(match values.as_slice() {
                [] => Kind::Json,
                [one] => Kind::Const(one.clone()),
                all => Kind::Choice(all.to_vec()),
            });
        }
        if let Some(all) = object.get("oneOf").or_else(|| object.get("anyOf")).and_then(Value::as_array) {
            return Some(self.one_of(object, all, depth));
        }
        if let Some([one]) = object.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            return Some(self.field(one, depth + 1).kind);
        }
        match object.get("type")? {
            Value::String(word) => self.of_type(word, object, depth),
            Value::Array(words) => {
                let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
                match words.as_slice() {
                    [one] => self.of_type(one, object, depth),
                    [one, "null"] | ["null", one] => {
                        let inner = self.of_type(one, object, depth)?;
                        Some(Kind::Nullable(Box::new(Field::new(inner))))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn of_type(&mut self, word: &str, object: &'s Object, depth: usize) -> Option<Kind> {
        Some(match word {
            "null" => Kind::Const(Value::Null),
            "boolean" => Kind::Switch,
            "integer" | "number" => Kind::Number(bounds(word == "integer", object)),
            "string" => {
                let length = |key| object.get(key).and_then(Value::as_u64);
                Kind::Text(Length { least: length("minLength"), most: length("maxLength") })
            }
            "object" => self.object(object, depth)?,
            "array" => self.array(object, depth)?,
            _ => return None,
        })
    }

    /// An object with properties. One whose properties have any names is written as JSON.
    fn object(&mut self, object: &'s Object, depth: usize) -> Option<Kind> {
        let empty = Map::new();
        let properties = match object.get("properties").and_then(Value::as_object) {
            Some(properties) => properties,
            None if object.get("additionalProperties") == Some(&Value::Bool(false)) => &empty,
            None => return None,
        };
        if object.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false)) {
            return None;
        }
        let required: Vec<&str> = object
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        // The names that are required stand in the order of their declaration, which the sorted properties lost.
        let place = |name: &str| required.iter().position(|known| *known == name).unwrap_or(required.len());
        let mut names: Vec<&String> = properties.keys().collect();
        names.sort_by_key(|name| (place(name), name.as_str()));
        let mut found = Vec::new();
        for name in names {
            if self.fields > MOST {
                return None;
            }
            let schema = object.get("properties").and_then(|all| all.get(name))?;
            let field = self.field(schema, depth + 1);
            found.push(Property {
                name: name.clone(),
                is_required: required.contains(&name.as_str()),
                field,
            });
        }
        Some(Kind::Object(found))
    }

    fn array(&mut self, object: &'s Object, depth: usize) -> Option<Kind> {
        let size = |key| object.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (least, most) = (size("minItems").unwrap_or(0), size("maxItems").unwrap_or(usize::MAX));
        if let Some(places) = object.get("prefixItems").and_then(Value::as_array) {
            if places.len() != least || places.len() != most {
                return None;
            }
            return Some(Kind::Tuple(places.iter().map(|place| self.field(place, depth + 1)).collect()));
        }
        // A list that needs more items than a form shows.
        if least > List::MOST {
            return None;
        }
        let item = self.field(object.get("items")?, depth + 1);
        Some(Kind::List(Box::new(List { item, least, most: most.min(List::MOST) })))
    }

    fn one_of(&mut self, object: &'s Object, all: &'s [Value], depth: usize) -> Kind {
        let is_null = |schema: &Value| schema.get("type").and_then(Value::as_str) == Some("null");
        let rest: Vec<&'s Value> = all.iter().filter(|schema| !is_null(schema)).collect();
        if let ([one], true) = (rest.as_slice(), rest.len() < all.len()) {
            return Kind::Nullable(Box::new(self.field(one, depth + 1)));
        }
        // Properties beside the variants belong to each of them: that is written as JSON.
        if object.contains_key("properties") || rest.len() > 50 {
            return Kind::Json;
        }
        let mut variants = Vec::new();
        for (i, schema) in rest.iter().enumerate() {
            let field = self.field(schema, depth + 1);
            variants.push(Variant { label: label(schema, &field, i), field });
        }
        // Variants that are all single values are a choice; one of several strings among them is part of it.
        let values: Option<Vec<Value>> = variants.iter().try_fold(Vec::new(), |mut values, variant| {
            match &variant.field.kind {
                Kind::Const(value) => values.push(value.clone()),
                Kind::Choice(more) => values.extend(more.iter().cloned()),
                _ => return None,
            }
            Some(values)
        });
        let kind = match values {
            Some(values) => Kind::Choice(values),
            None => Kind::OneOf(variants),
        };
        if rest.len() < all.len() { Kind::Nullable(Box::new(Field::new(kind))) } else { kind }
    }
}

/// Adds what the schema says beside its type.
fn described(object: &Object, field: Field) -> Field {
    let text = |key| object.get(key).and_then(Value::as_str).map(str::to_owned);
    Field {
        // The titles that `schemars` writes are names of types; they say less than the name of a property.
        title: field.title,
        doc: text("description").or(field.doc),
        default: object.get("default").cloned().or(field.default),
        kind: field.kind,
    }
}

/// The name of a variant: its value, its tag, its only property, or its title.
fn label(schema: &Value, field: &Field, i: usize) -> String {
    match &field.kind {
        Kind::Const(value) => return text_of(value),
        Kind::Object(properties) => {
            let tag = properties.iter().find_map(|property| match &property.field.kind {
                Kind::Const(value @ Value::String(_)) => Some(text_of(value)),
                _ => None,
            });
            if let Some(tag) = tag {
                return tag;
            }
            if let [one] = properties.as_slice() {
                return one.name.clone();
            }
        }
        _ => {}
    }
    let title = schema.get("title").and_then(Value::as_str).map(str::to_owned);
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
    let word = schema.get("type").and_then(Value::as_str);
    title
        .or_else(|| reference.map(str::to_owned))
        .or_else(|| word.map(str::to_owned))
        .unwrap_or_else(|| format!("option {}", i + 1))
}

fn bounds(is_integer: bool, object: &Object) -> Bounds {
    let limit = |key: &str, is_exclusive| match object.get(key) {
        Some(Value::Number(value)) => Some(Limit { value: value.clone(), is_exclusive }),
        _ => None,
    };
    Bounds {
        is_integer,
        least: limit("minimum", false).or_else(|| limit("exclusiveMinimum", true)),
        most: limit("maximum", false).or_else(|| limit("exclusiveMaximum", true)),
    }
}
