//! The inputs of a form. They work without a script: what is not chosen is hidden by the style sheet alone.

use super::super::show::{printable, text};
use super::field::{Bounds, Field, Kind, Length, List, Property, Variant, text_of};
use super::{Errors, Raw, edit, name, read};
use maud::{Markup, html};
use std::fmt::Write as _;

/// The most values that are offered to choose from; of more, one is written.
pub(super) const OFFERED: usize = 200;
/// The most values that stand beside each other.
const BESIDE: usize = 5;

/// Returns the inputs of a field. The form around them begins with a button that sends it: the enter key presses the
/// first one.
pub(crate) fn fieldset(field: &Field, name: &str, raw: &Raw, errors: &Errors) -> Markup {
    Html { raw, errors }.field(field, field.title.as_deref(), name)
}

struct Html<'f> {
    raw: &'f Raw,
    errors: &'f Errors,
}

/// The `id` of a field: its name without what an id may not have.
fn id(name: &str) -> String {
    let mut out = String::from("f-");
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "-{:x}-", u32::from(c));
        }
    }
    out
}

impl Html<'_> {
    fn field(&self, field: &Field, label: Option<&str>, name: &str) -> Markup {
        if self.raw.get(&name::as_json(name)).is_some() {
            return html! {
                input type="hidden" name=(name::as_json(name)) value="json";
                (self.input(field, label, name, "JSON", &self.area(field, name, 4)))
            };
        }
        match &field.kind {
            Kind::Const(_) => html! {},
            Kind::Json => self.input(field, label, name, "JSON", &self.area(field, name, 4)),
            Kind::Text(length) => {
                self.input(field, label, name, &said_of(*length), &self.area(field, name, 2))
            }
            Kind::Number(bounds) => {
                self.input(field, label, name, &said_of_bounds(bounds), &self.number(field, bounds, name))
            }
            Kind::Choice(values) if values.len() > OFFERED => {
                let said = format!("one of {} values", values.len());
                self.input(field, label, name, &said, &self.area(field, name, 1))
            }
            Kind::Choice(values) if values.len() > BESIDE => {
                self.input(field, label, name, "", &self.select(field, values, name))
            }
            Kind::Choice(values) => {
                let values: Vec<_> =
                    (0_usize..).zip(values).map(|(i, v)| (i.to_string(), text_of(v))).collect();
                self.group(field, label, name, &self.radios(name, &values))
            }
            Kind::Switch => {
                let values = [("true".to_owned(), "yes".to_owned()), ("false".to_owned(), "no".to_owned())];
                self.group(field, label, name, &html! { div class="switch" { (self.radios(name, &values)) } })
            }
            Kind::Object(properties) => self.group(
                field,
                label,
                name,
                &html! { @for one in properties { (self.property(one, name)) } },
            ),
            Kind::List(list) => self.group(field, label, name, &self.list(list, name)),
            Kind::Tuple(fields) => {
                let inner = html! {
                    @for (i, field) in (0_usize..).zip(fields) {
                        @let place = (i + 1).to_string();
                        (self.field(field, Some(field.title.as_deref().unwrap_or(&place)), &name::item(name, i)))
                    }
                };
                self.group(field, label, name, &inner)
            }
            Kind::Nullable(inner) => self.given(label, name, &self.field(inner, Some("value"), name)),
            Kind::OneOf(variants) => self.group(field, label, name, &self.variants(variants, name)),
        }
    }

    fn property(&self, property: &Property, around: &str) -> Markup {
        let name = name::child(around, &property.name);
        if property.is_required || property.field.is_silent() {
            return self.field(&property.field, Some(&property.name), &name);
        }
        // A property that may be absent, and a value that may be null: one switch for both.
        if let Kind::Nullable(inner) = &property.field.kind
            && self.raw.get(&name::as_json(&name)).is_none()
        {
            return self.given(Some(&property.name), &name, &self.field(inner, Some("value"), &name));
        }
        self.given(Some(&property.name), &name, &self.field(&property.field, Some("value"), &name))
    }

    /// A value behind a switch.
    fn given(&self, label: Option<&str>, name: &str, inner: &Markup) -> Markup {
        let (choice, id) = (name::given(name), id(&name::given(name)));
        html! {
            div class="optional" {
                input type="checkbox" id=(id) name=(choice) value="on" checked[read::is_given(name, self.raw)];
                label for=(id) { (text(label.unwrap_or("value"))) " " span class="kind" { "optional" } }
                div class="given" { (inner) }
            }
        }
    }

    fn input(&self, field: &Field, label: Option<&str>, name: &str, said: &str, control: &Markup) -> Markup {
        let id = id(name);
        html! {
            div class="field" {
                label for=(id) {
                    (text(label.unwrap_or("value")))
                    @if !said.is_empty() { " " span class="kind" { (said) } }
                }
                (doc(field, &id))
                (control)
                (self.error(name, &id))
            }
        }
    }

    fn group(&self, field: &Field, label: Option<&str>, name: &str, inner: &Markup) -> Markup {
        let id = id(name);
        html! {
            fieldset id=(id) aria-describedby=[self.described(field, name, &id)] {
                legend { (text(label.unwrap_or("value"))) }
                (doc(field, &id))
                (self.error(name, &id))
                (inner)
            }
        }
    }

    fn error(&self, name: &str, id: &str) -> Markup {
        html! {
            @if let Some(message) = self.errors.get(name) {
                p class="error" id=(format!("{id}-error")) { (text(message)) }
            }
        }
    }

    /// The ids of what is said about a field.
    fn described(&self, field: &Field, name: &str, id: &str) -> Option<String> {
        let doc = field.doc.is_some().then(|| format!("{id}-doc"));
        let error = self.errors.contains_key(name).then(|| format!("{id}-error"));
        let all: Vec<_> = doc.into_iter().chain(error).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    fn invalid(&self, name: &str) -> Option<&'static str> {
        self.errors.contains_key(name).then_some("true")
    }

    fn area(&self, field: &Field, name: &str, rows: u8) -> Markup {
        let id = id(name);
        html! {
            textarea id=(id) name=(name) rows=(rows) spellcheck="false" dir="auto"
                aria-describedby=[self.described(field, name, &id)] aria-invalid=[self.invalid(name)] {
                // A browser drops the first line break.
                "\n" (self.sent(name))
            }
        }
    }

    /// What an input holds. A browser sends no control characters but line breaks; what else sends some sees signs.
    fn sent(&self, name: &str) -> String {
        printable(&self.raw.get(name).unwrap_or_default().replace("\r\n", "\n"))
    }

    fn number(&self, field: &Field, bounds: &Bounds, name: &str) -> Markup {
        let id = id(name);
        let mode = if bounds.is_integer { "numeric" } else { "decimal" };
        // Not `type="number"`: browsers round large numbers, and send nothing for what they do not understand.
        html! {
            input type="text" id=(id) name=(name) inputmode=(mode) autocomplete="off"
                value=(self.sent(name))
                aria-describedby=[self.described(field, name, &id)] aria-invalid=[self.invalid(name)];
        }
    }

    fn select(&self, field: &Field, values: &[serde_json::Value], name: &str) -> Markup {
        let (id, chosen) = (id(name), self.raw.get(name));
        html! {
            select id=(id) name=(name)
                aria-describedby=[self.described(field, name, &id)] aria-invalid=[self.invalid(name)] {
                option value="" { "choose" }
                @for (i, value) in (0_usize..).zip(values) {
                    @let i = i.to_string();
                    option value=(i) selected[chosen == Some(i.as_str())] { (printable(&text_of(value))) }
                }
            }
        }
    }

    fn radios(&self, name: &str, values: &[(String, String)]) -> Markup {
        let chosen = self.raw.get(name);
        html! {
            div class="choice" {
                @for (value, label) in values {
                    @let id = id(&format!("{name}={value}"));
                    span {
                        input type="radio" id=(id) name=(name) value=(value) checked[chosen == Some(value.as_str())];
                        label for=(id) { (text(label)) }
                    }
                }
            }
        }
    }

    fn variants(&self, variants: &[Variant], name: &str) -> Markup {
        let choice = name::variant(name);
        let chosen = read::chosen(variants, name, self.raw).map(|(i, _)| i);
        html! {
            @for (i, variant) in (0_usize..).zip(variants) {
                @let id = id(&format!("{choice}={i}"));
                div class="variant" {
                    input type="radio" id=(id) name=(choice) value=(i) checked[chosen == Some(i)];
                    label for=(id) { (text(&variant.label)) }
                    @if !variant.field.is_silent() {
                        div class="given" { (self.field(&variant.field, Some(&variant.label), &name::item(name, i))) }
                    }
                }
            }
        }
    }

    fn list(&self, list: &List, name: &str) -> Markup {
        let count = self.raw.count(name, List::MOST);
        html! {
            input type="hidden" name=(name::count(name)) value=(count);
            @for i in 0..count {
                div class="item" {
                    @let label = (i + 1).to_string();
                    (self.field(&list.item, Some(&label), &name::item(name, i)))
                    button type="submit" name=(edit::EDIT) value=(edit::remove(name, i))
                        aria-label=(format!("Remove item {label}")) { "Remove" }
                }
            }
            @if count < list.most {
                button type="submit" name=(edit::EDIT) value=(edit::add(name)) { "Add an item" }
            }
        }
    }
}

fn doc(field: &Field, id: &str) -> Markup {
    html! {
        @if let Some(doc) = &field.doc { p class="doc" id=(format!("{id}-doc")) { (text(doc)) } }
    }
}

fn said_of(length: Length) -> String {
    match (length.least, length.most) {
        (_, Some(most)) => format!("text of at most {most} characters"),
        (Some(least @ 2..), None) => format!("text of at least {least} characters"),
        _ => "text".to_owned(),
    }
}

fn said_of_bounds(bounds: &Bounds) -> String {
    let what = if bounds.is_integer { "whole number" } else { "number" };
    let end = |limit: &super::field::Limit, open, closed| {
        format!("{} {}", if limit.is_exclusive { open } else { closed }, limit.value)
    };
    match (&bounds.least, &bounds.most) {
        (None, None) => what.to_owned(),
        (Some(least), None) => format!("{what}, {}", end(least, "more than", "at least")),
        (None, Some(most)) => format!("{what}, {}", end(most, "less than", "at most")),
        (Some(least), Some(most)) => {
            format!(
                "{what}, {} and {}",
                end(least, "more than", "at least"),
                end(most, "less than", "at most")
            )
        }
    }
}
