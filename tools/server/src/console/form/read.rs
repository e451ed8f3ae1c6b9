//! From what a browser sends to a value, with a message at each field that does not fit.

use super::field::{Bounds, Field, Kind, Length, Limit, List, Property, Variant, text_of};
use super::raw::Raw;
use super::{Errors, html::OFFERED, name};
use serde_json::{Map, Number, Value};
use std::cmp::Ordering;

/// Reads the value of a field; `None` if something is wrong, with its messages in `errors`.
pub(crate) fn read(field: &Field, name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    if raw.get(&name::as_json(name)).is_some() {
        return json(name, raw, errors);
    }
    match &field.kind {
        Kind::Json => json(name, raw, errors),
        Kind::Const(value) => Some(value.clone()),
        Kind::Choice(values) => choice(values, name, raw, errors),
        Kind::Switch => match raw.get(name) {
            Some("true") => Some(Value::Bool(true)),
            Some("false") => Some(Value::Bool(false)),
            _ => wrong(errors, name, "choose yes or no"),
        },
        Kind::Number(bounds) => number(bounds, name, raw, errors),
        Kind::Text(length) => text(*length, name, raw, errors),
        Kind::Object(properties) => object(properties, name, raw, errors),
        Kind::List(list) => list_of(list, name, raw, errors),
        Kind::Tuple(fields) => {
            let values: Vec<_> =
                (0..).zip(fields).map(|(i, field)| read(field, &name::item(name, i), raw, errors)).collect();
            values.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Kind::Nullable(inner) if is_given(name, raw) => read(inner, name, raw, errors),
        Kind::Nullable(_) => Some(Value::Null),
        Kind::OneOf(variants) => match chosen(variants, name, raw) {
            Some((i, variant)) => read(&variant.field, &name::item(name, i), raw, errors),
            None => wrong(errors, name, "choose one of these"),
        },
    }
}

/// True if the switch of a value that may be absent is on.
pub(super) fn is_given(name: &str, raw: &Raw) -> bool {
    raw.get(&name::given(name)).is_some()
}

/// The chosen variant with its index.
pub(super) fn chosen<'v>(variants: &'v [Variant], name: &str, raw: &Raw) -> Option<(usize, &'v Variant)> {
    let i = raw.get(&name::variant(name))?.parse().ok()?;
    Some((i, variants.get(i)?))
}

fn wrong<T>(errors: &mut Errors, name: &str, message: impl Into<String>) -> Option<T> {
    errors.insert(name.to_owned(), message.into());
    None
}

/// Browsers send lines that end with two characters.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn json(name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let text = raw.get(name).unwrap_or_default();
    if text.trim().is_empty() {
        return wrong(
            errors,
            name,
            "write a value as JSON, for instance \"text\", 3, [1, 2] or {\"a\": true}",
        );
    }
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(error) => wrong(errors, name, format!("this is not JSON: {error}")),
    }
}

fn choice(values: &[Value], name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let sent = raw.get(name).unwrap_or_default();
    let found = if values.len() > OFFERED {
        values.iter().find(|value| text_of(value) == sent)
    } else {
        sent.parse::<usize>().ok().and_then(|i| values.get(i))
    };
    match found {
        Some(value) => Some(value.clone()),
        None if sent.is_empty() => wrong(errors, name, "choose one of these"),
        None => wrong(errors, name, "this is not one of the values"),
    }
}

fn number(bounds: &Bounds, name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let text = raw.get(name).unwrap_or_default().trim();
    if text.is_empty() {
        return wrong(
            errors,
            name,
            if bounds.is_integer { "write a whole number" } else { "write a number" },
        );
    }
    let Some(value) = parsed(text, bounds.is_integer) else {
        let what = if bounds.is_integer { "a whole number" } else { "a number" };
        return wrong(errors, name, format!("this is not {what} that can be kept"));
    };
    let outside = |limit: &Limit, side: Ordering| {
        let order = compare(&value, &limit.value);
        order == side || (limit.is_exclusive && order == Ordering::Equal)
    };
    if let Some(limit) = bounds.least.as_ref().filter(|limit| outside(limit, Ordering::Less)) {
        let word = if limit.is_exclusive { "more than" } else { "at least" };
        return wrong(errors, name, format!("this must be {word} {}", limit.value));
    }
    if let Some(limit) = bounds.most.as_ref().filter(|limit| outside(limit, Ordering::Greater)) {
        let word = if limit.is_exclusive { "less than" } else { "at most" };
        return wrong(errors, name, format!("this must be {word} {}", limit.value));
    }
    Some(Value::Number(value))
}

fn parsed(text: &str, is_integer: bool) -> Option<Number> {
    if is_integer {
        let signed = text.parse::<i64>().ok().map(Number::from);
        return signed.or_else(|| text.parse::<u64>().ok().map(Number::from));
    }
    // JSON's own grammar: no `inf`, no `0x10`.
    serde_json::from_str::<Number>(text).ok()
}

/// Whole numbers are compared as such: as floats, two large ones would be equal.
fn compare(a: &Number, b: &Number) -> Ordering {
    if let (Some(a), Some(b)) = (a.as_i128(), b.as_i128()) {
        return a.cmp(&b);
    }
    let float = |n: &Number| n.as_f64().unwrap_or(f64::NAN);
    float(a).total_cmp(&float(b))
}

fn text(length: Length, name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let Some(text) = raw.get(name) else { return wrong(errors, name, "write a text") };
    let text = lines(text);
    let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    if let Some(least) = length.least.filter(|least| characters < *least) {
        let what = if least == 1 {
            "write something here".to_owned()
        } else {
            format!("write at least {least} characters")
        };
        return wrong(errors, name, what);
    }
    if let Some(most) = length.most.filter(|most| characters > *most) {
        return wrong(errors, name, format!("this has {characters} characters, the most are {most}"));
    }
    Some(Value::String(text))
}

fn object(properties: &[Property], name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let mut found = Map::new();
    let mut is_whole = true;
    for property in properties {
        let name = name::child(name, &property.name);
        let absent = !property.is_required && !property.field.is_silent() && !is_given(&name, raw);
        if absent {
            continue;
        }
        match read(&property.field, &name, raw, errors) {
            Some(value) => {
                found.insert(property.name.clone(), value);
            }
            None => is_whole = false,
        }
    }
    is_whole.then_some(Value::Object(found))
}

fn list_of(list: &List, name: &str, raw: &Raw, errors: &mut Errors) -> Option<Value> {
    let count = raw.count(name, List::MOST);
    let values: Vec<_> = (0..count).map(|i| read(&list.item, &name::item(name, i), raw, errors)).collect();
    if count < list.least {
        return wrong(errors, name, format!("this needs at least {} items", list.least));
    }
    if count > list.most {
        return wrong(errors, name, format!("this has {count} items, the most are {}", list.most));
    }
    values.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
}
