//! Fields of queries and forms, as values that types are read from.

use serde_json::{Map, Value};

/// The names that may come several times.
const LISTS: [&str; 1] = ["state"];

/// Returns the fields as a map: `state=a&state=b` is a list, and `label[tenant]=acme` a map in it.
///
/// # Errors
/// A field comes twice.
pub(crate) fn map(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Value, String> {
    let mut all = Map::new();
    for (name, value) in pairs {
        let twice = || format!("`{}` comes twice", name.escape_debug());
        let value = Value::String(value);
        if let Some((outer, inner)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            let map = all.entry(outer).or_insert_with(|| Value::Object(Map::new()));
            let before = map.as_object_mut().ok_or_else(twice)?.insert(inner.to_owned(), value);
            if before.is_some() {
                return Err(twice());
            }
        } else if LISTS.contains(&name.as_str()) {
            let list = all.entry(name.as_str()).or_insert_with(|| Value::Array(Vec::new()));
            list.as_array_mut().ok_or_else(twice)?.push(value);
        } else if all.insert(name.clone(), value).is_some() {
            return Err(twice());
        }
    }
    Ok(Value::Object(all))
}
