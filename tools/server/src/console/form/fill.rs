//! From a value to what the inputs of its form hold.

use super::field::{Field, Kind, List, text_of};
use super::raw::Raw;
use super::{Errors, html::OFFERED, name, read};
use serde_json::Value;

/// How many fields may be looked at to find the variants that values are of.
const FUEL: u32 = 20_000;

/// Returns what a form holds at first: a value, or else the defaults of the schema. A value that the form cannot show
/// exactly is written as JSON.
pub(crate) fn filled(field: &Field, name: &str, value: Option<&Value>) -> Raw {
    let mut raw = Raw::default();
    let mut fuel = FUEL;
    fill(field, name, value, &mut raw, &mut fuel);
    if let Some(value) = value {
        let back = read(field, name, &raw, &mut Errors::new());
        if back.as_ref() != Some(value) {
            raw = Raw::default();
            whole(name, value, &mut raw);
        }
    }
    raw
}

fn whole(name: &str, value: &Value, raw: &mut Raw) {
    raw.set(name::as_json(name), "json");
    raw.set(name, pretty(value));
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn fill(field: &Field, name: &str, value: Option<&Value>, raw: &mut Raw, fuel: &mut u32) {
    let value = value.or(field.default.as_ref());
    match (&field.kind, value) {
        (Kind::Json, Some(value)) => raw.set(name, pretty(value)),
        (Kind::Choice(values), Some(value)) => {
            if values.len() > OFFERED {
                raw.set(name, text_of(value));
            } else if let Some(i) = values.iter().position(|known| known == value) {
                raw.set(name, i.to_string());
            }
        }
        (Kind::Switch, Some(Value::Bool(on))) => raw.set(name, on.to_string()),
        (Kind::Number(_), Some(Value::Number(number))) => raw.set(name, number.to_string()),
        (Kind::Text(_), Some(value @ Value::String(text))) => {
            if is_kept(text) {
                raw.set(name, text);
            } else {
                whole(name, value, raw);
            }
        }
        (Kind::Object(properties), value) => {
            for property in properties {
                let given = value.and_then(|value| value.get(&property.name));
                let default = property.field.default.as_ref().filter(|_| value.is_none());
                let child = name::child(name, &property.name);
                if let (false, Some(_)) = (property.is_required, given.or(default)) {
                    raw.set(name::given(&child), "on");
                }
                fill(&property.field, &child, given, raw, fuel);
            }
        }
        (Kind::List(list), Some(Value::Array(values))) => {
            let shown = values.iter().take(List::MOST);
            raw.set(name::count(name), shown.len().to_string());
            shown
                .zip(0..)
                .for_each(|(value, i)| fill(&list.item, &name::item(name, i), Some(value), raw, fuel));
        }
        (Kind::List(list), _) => {
            raw.set(name::count(name), list.least.to_string());
            (0..list.least).for_each(|i| fill(&list.item, &name::item(name, i), None, raw, fuel));
        }
        (Kind::Tuple(fields), value) => {
            for (i, field) in (0..).zip(fields) {
                fill(field, &name::item(name, i), value.and_then(|value| value.get(i)), raw, fuel);
            }
        }
        (Kind::Nullable(inner), value) => {
            let value = value.filter(|value| !value.is_null());
            if value.is_some() {
                raw.set(name::given(name), "on");
            }
            fill(inner, name, value, raw, fuel);
        }
        (Kind::OneOf(variants), value) => {
            let found = value.and_then(|value| variants.iter().position(|v| fits(&v.field, value, fuel)));
            for (i, variant) in (0..).zip(variants) {
                let chosen = found == Some(i);
                if chosen {
                    raw.set(name::variant(name), i.to_string());
                }
                fill(&variant.field, &name::item(name, i), value.filter(|_| chosen), raw, fuel);
            }
        }
        // One value needs no input, and a value of another kind is written as JSON.
        _ => {}
    }
}

/// True if a browser sends a text back as it was: it would alter control characters.
fn is_kept(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}

/// True if a value has the shape of a field.
fn fits(field: &Field, value: &Value, fuel: &mut u32) -> bool {
    let Some(left) = fuel.checked_sub(1) else { return false };
    *fuel = left;
    match (&field.kind, value) {
        (Kind::Json, _) | (Kind::Switch, Value::Bool(_)) | (Kind::Text(_), Value::String(_)) => true,
        (Kind::Const(known), value) => known == value,
        (Kind::Choice(known), value) => known.contains(value),
        (Kind::Number(bounds), Value::Number(n)) => !bounds.is_integer || n.is_i64() || n.is_u64(),
        (Kind::Object(properties), Value::Object(found)) => {
            found.keys().all(|key| properties.iter().any(|property| property.name == *key))
                && properties.iter().all(|property| match found.get(&property.name) {
                    Some(value) => fits(&property.field, value, fuel),
                    None => !property.is_required,
                })
        }
        (Kind::List(list), Value::Array(values)) => values.iter().all(|value| fits(&list.item, value, fuel)),
        (Kind::Tuple(fields), Value::Array(values)) => {
            fields.len() == values.len()
                && fields.iter().zip(values).all(|(field, value)| fits(field, value, fuel))
        }
        (Kind::Nullable(inner), value) => value.is_null() || fits(inner, value, fuel),
        (Kind::OneOf(variants), value) => variants.iter().any(|variant| fits(&variant.field, value, fuel)),
        _ => false,
    }
}
