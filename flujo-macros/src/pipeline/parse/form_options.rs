//! Which form has which options, and what is said of one that it does not have.

use super::FlowParser;
use crate::mistake;
use crate::{diag, options};
use proc_macro2::Ident;
use syn::ExprMethodCall;

/// The options of every form that has some, in the order in which messages list them.
const OPTIONS: [(&str, &[&str]); 8] = [
    ("ask", &["showing", "timeout", "named"]),
    ("join", &["timeout", "limits", "settle", "named"]),
    ("repeat", &["until", "max", "or_last", "timeout", "limits", "settle", "named"]),
    ("refine", &["max", "or_last", "timeout", "limits", "settle", "named"]),
    ("map", &["concurrency", "max", "timeout", "limits", "settle", "named"]),
    ("route", &["timeout", "limits", "settle", "named"]),
    ("gate", &["strict", "plugin", "keep_findings", "named"]),
    ("wait", &["named"]),
];

/// The options of a form.
pub(super) fn of(form: &str) -> &'static [&'static str] {
    OPTIONS.iter().find(|(word, _)| *word == form).map_or(&[], |(_, options)| options)
}

/// Where an option that the form does not have is at home.
fn home(form: &str, option: &str) -> Option<String> {
    if options::find(option).is_some_and(|word| word.applies(options::Place::Call)) {
        let next = match form {
            "join" | "repeat" | "refine" | "map" | "route" => "\nset it on the calls inside",
            "gate" => "\nset it on the call that makes the value",
            _ => "",
        };
        return Some(format!(", which belongs to calls{next}"));
    }
    with(option).map(|forms| format!(", which belongs to {forms}"))
}

/// The forms that have this option, as words.
pub(super) fn with(option: &str) -> Option<String> {
    let forms = || OPTIONS.iter().filter(|(_, options)| options.contains(&option)).map(|(word, _)| *word);
    forms().next().map(|_| diag::list(forms()))
}

impl FlowParser<'_> {
    /// Reports options that the form does not have, and those that are given twice.
    pub(super) fn form_options(&mut self, form: &Ident, options: &[&ExprMethodCall]) {
        let known = of(&form.to_string());
        for (i, option) in options.iter().enumerate() {
            let (name, before) = (option.method.to_string(), options.get(..i).unwrap_or_default());
            if name != "plugin" && before.iter().any(|other| other.method == name) {
                self.errors.at(
                    &option.method,
                    mistake::given_twice,
                    format!("`{name}` is given twice\nkeep one of them"),
                );
            }
            if known.contains(&name.as_str()) {
                continue;
            }
            let meant = home(&form.to_string(), &name).unwrap_or_else(|| {
                diag::did_you_mean(&name, known.iter().copied())
                    .map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
            });
            let list = diag::list(known.iter().copied());
            let list =
                if known.len() == 1 { format!("option is {list}") } else { format!("options are {list}") };
            self.errors.at(
                &option.method,
                mistake::unknown_form_option,
                format!("`{form}` has no option `{name}`{meant}\nits {list}"),
            );
        }
    }

    /// Reports the options of a form that has none.
    pub(super) fn no_options(&mut self, form: &Ident, options: &[&ExprMethodCall], next: &str) {
        if let Some(option) = options.first() {
            self.errors.at(
                &option.method,
                mistake::unknown_form_option,
                format!("`{form}` has no options\n{next}"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made;

    /// `FLUJO_BOOK=overwrite cargo test -p flujo-macros` writes the table.
    #[test]
    fn the_book_has_the_options_of_every_form() {
        let mut words: Vec<&str> = Vec::new();
        for word in OPTIONS.iter().flat_map(|(_, options)| *options) {
            if !words.contains(word) {
                words.push(word);
            }
        }
        let row = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut table = row(["form".to_owned()]
            .into_iter()
            .chain(words.iter().map(|word| format!("`{word}`")))
            .collect());
        table.push_str(&row(vec!["---".to_owned(); words.len() + 1]));
        for (form, options) in OPTIONS {
            let takes = words.iter().map(|word| if options.contains(word) { "yes" } else { "" }.to_owned());
            table.push_str(&row([format!("[`{form}`](forms/{form}.md)")].into_iter().chain(takes).collect()));
        }
        made::compare("reference/forms.md", &[("options", table)]).unwrap();
    }
}
