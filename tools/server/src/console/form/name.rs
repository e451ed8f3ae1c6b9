//! The names of fields: JSON pointers behind the name of the form, `reply/deny`, `reply/tags/0`. What a value is
//! chosen by has a name of its own, which no property can have.

use std::fmt::Write as _;

/// The name of a property below a field.
pub(super) fn child(name: &str, property: &str) -> String {
    let mut out = format!("{name}/");
    for c in property.chars() {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            '?' => out.push_str("~2"),
            '#' => out.push_str("~3"),
            '!' => out.push_str("~4"),
            '^' => out.push_str("~5"),
            // A browser would send another character, or none.
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "~x{:x}-", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// The name of an item of a list.
pub(super) fn item(name: &str, i: usize) -> String {
    format!("{name}/{i}")
}

/// The choice among variants.
pub(super) fn variant(name: &str) -> String {
    format!("{name}^")
}

/// The switch that says whether there is a value.
pub(super) fn given(name: &str) -> String {
    format!("{name}?")
}

/// The number of items of a list.
pub(super) fn count(name: &str) -> String {
    format!("{name}#")
}

/// The mark of a text that is written as JSON, because a form would alter it.
pub(super) fn as_json(name: &str) -> String {
    format!("{name}!")
}
