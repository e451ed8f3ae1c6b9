//! Values on the command line: JSON, `@FILE`, or `-` for the input.

use crate::console::Console;
use crate::runs::{self, Pipeline};
use crate::stop::{CliResult, Stop};
use flujo::codec::Json;
use serde_json::Value;
use std::io::Read;

/// The most bytes of a value.
const MOST: u64 = 64 << 20;

/// Reads a value.
pub(super) fn value(what: &str, text: &str, console: &mut Console<'_>) -> CliResult<Json> {
    let mut read = String::new();
    let unreadable = |error: std::io::Error| Stop::usage(format_args!("{what} cannot be read: {error}"));
    let text = if text == "-" {
        console.input.by_ref().take(MOST).read_to_string(&mut read).map_err(unreadable)?;
        read.as_str()
    } else if let Some(path) = text.strip_prefix('@') {
        let file = std::fs::File::open(path)
            .map_err(|error| Stop::usage(format_args!("{what} cannot be read from `{path}`: {error}")))?;
        file.take(MOST).read_to_string(&mut read).map_err(unreadable)?;
        read.as_str()
    } else {
        text
    };
    Json::parse(text).map_err(|error| {
        // A word without quotes is the usual mistake: the shell took them.
        let meant = Json::encode(text).ok().filter(|_| text.len() < 60 && !text.contains(['"', '{', '[']));
        let hint = meant.map(|meant| format!("; text has quotes: '{meant}'")).unwrap_or_default();
        Stop::usage(format_args!("{what} is no JSON: {error}{hint}"))
    })
}

/// Returns the list of a pipeline's inputs: the value is that list, or an object of their names, or the one input.
pub(super) fn inputs(known: &Pipeline, value: Option<Json>) -> CliResult<Json> {
    let names: Vec<&str> = known.inputs.iter().map(|input| input.name.as_str()).collect();
    let Some(value) = value else {
        if names.is_empty() {
            return listed(&Vec::<Value>::new());
        }
        let all = names.join("`, `");
        return Err(Stop::usage(format_args!(
            "`{}` has the inputs `{all}`: give them with `--input`",
            known.name
        )));
    };
    let decoded: Value = value.decode().map_err(|error| Stop::usage(format_args!("the input: {error}")))?;
    match (decoded, names.as_slice()) {
        (Value::Array(values), _) if values.len() == names.len() => listed(&values),
        (Value::Object(mut given), _) if has_names(&given, &names) => {
            listed(&names.iter().filter_map(|name| given.remove(*name)).collect::<Vec<_>>())
        }
        (Value::Array(values), _) => Err(Stop::usage(format_args!(
            "the input is a list of {}, and `{}` has {} inputs: {}",
            values.len(),
            known.name,
            names.len(),
            signature(known)
        ))),
        (value, [_]) => listed(&[value]),
        _ => Err(Stop::usage(format_args!(
            "the input does not fit: give a list, or an object with the names of `{}`: {}",
            known.name,
            signature(known)
        ))),
    }
}

/// Returns names and types of the inputs: `post: Post, urgent: bool`.
pub(super) fn signature(known: &Pipeline) -> String {
    let input = |input: &runs::Value| format!("{}: {}", input.name, input.type_name);
    known.inputs.iter().map(input).collect::<Vec<_>>().join(", ")
}

fn has_names(given: &serde_json::Map<String, Value>, names: &[&str]) -> bool {
    given.len() == names.len() && names.iter().all(|name| given.contains_key(*name))
}

fn listed(values: &(impl serde::Serialize + ?Sized)) -> CliResult<Json> {
    Json::encode(values).map_err(|error| Stop::usage(format_args!("the input: {error}")))
}
