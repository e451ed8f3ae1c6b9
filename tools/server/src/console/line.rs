//! A line of text in a form, beside those that a schema makes.

use super::form::{Errors, Raw};
use super::show;
use maud::{Markup, html};

pub(super) fn line(name: &str, label: &str, doc: &str, raw: &Raw, errors: &Errors) -> Markup {
    let id = format!("run-{name}");
    html! {
        div class="field" {
            label for=(id) { (label) }
            p class="doc" id=(format!("{id}-doc")) { (doc) }
            input type="text" id=(id) name=(name) value=[raw.get(name).map(show::printable)] autocomplete="off" aria-describedby=(format!("{id}-doc"))
                aria-invalid=[errors.contains_key(name).then_some("true")];
            @if let Some(message) = errors.get(name) { p class="error" { (show::text(message)) } }
        }
    }
}
