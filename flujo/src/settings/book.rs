//! The table of settings in the book has every key.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo --features settings --lib settings` writes it.

use super::keys::{KEYS, LIMITS, OF_PROVIDERS, PROVIDERS, ROLES, in_variables, variable_of};
use super::value::{Form, WIRES};
use std::fmt::Write as _;

#[path = "../../../tests/src/made.rs"]
mod made;

/// What a value looks like.
fn form(form: Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Duration => "a duration: `500ms`, `20s`, `2min`, `1h`, `1d`".to_owned(),
        Form::Dollars => "dollars, up to nine decimals: `0.50`".to_owned(),
        Form::Count => "a whole number".to_owned(),
        Form::Positive => "a whole number from 1".to_owned(),
        Form::Flag => "`true` or `false`".to_owned(),
        Form::Address => "an `http://` or `https://` address".to_owned(),
        Form::Model => "`provider:model`".to_owned(),
        Form::Wire => {
            format!("one of {}", WIRES.iter().map(|wire| format!("`{wire}`")).collect::<Vec<_>>().join(", "))
        }
        Form::Variable => "the name of a variable".to_owned(),
    }
}

#[test]
fn the_book_has_every_setting() {
    let mut table = "| key | variable | value | default |\n|---|---|---|---|\n".to_owned();
    let review = variable_of("review");
    writeln!(
        table,
        "| `{ROLES}.review`, and so for every role | `{review}` | {} | none |",
        form(Form::Model)
    )
    .unwrap();
    for key in KEYS {
        let default = key.default.map_or_else(|| "none".to_owned(), |default| format!("`{default}`"));
        writeln!(table, "| `{}` | `{}` | {} | {default} |", key.path, key.variable, form(key.form)).unwrap();
    }
    for (word, of) in OF_PROVIDERS {
        let variable = if LIMITS.contains(word) {
            format!("`FLUJO_{}_{}`", in_variables("openai"), word.to_uppercase())
        } else {
            "none".to_owned()
        };
        writeln!(
            table,
            "| `{PROVIDERS}.openai.{word}`, and so for every provider | {variable} | {} | none |",
            form(*of)
        )
        .unwrap();
    }
    made::compare("reference/settings.md", &[("keys", table)]).unwrap();
}
