//! Fields of queries and forms, as values that types are read from.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Reads a type from fields; `state=a&state=b` is a list, and `label[tenant]=acme` a map.
///
/// # Errors
/// A field comes twice, or does not fit; the error names it.
pub(crate) fn read<T: DeserializeOwned>(
    pairs: impl IntoIterator<Item = (String, String)>,
) -> Result<T, String> {
    serde_path_to_error::deserialize(map(pairs)?).map_err(|error| named(&error))
}

/// The message of an error, behind the field that it is about.
pub(crate) fn named(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let (path, message) = (error.path(), error.inner().to_string());
    // A missing or unknown field is named by the message already.
    let depth = path.iter().count();
    let is_named = depth == 0 || (depth == 1 && message.starts_with("unknown field"));
    if is_named { message } else { format!("`{path}`: {message}") }
}

/// The names that may come several times.
const LISTS: [&str; 1] = ["state"];

fn map(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Value, String> {
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
