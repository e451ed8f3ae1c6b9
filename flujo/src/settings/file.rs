//! `flujo.toml`: every key is known, or an error with its line and the nearest one.

use super::keys::{
    OF_PROVIDERS, PROVIDERS, ROLES, find, is_provider, keys, of_provider, role_of, sections, variable_of,
};
use super::suggest::suggest;
use super::value::Form;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A setting of the file.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// Reads the text of a file.
///
/// # Errors
/// Everything that is wrong with it, each with its line. No value is shown.
pub(super) fn read(text: &str) -> Result<Vec<Found>, Vec<(usize, String)>> {
    let line = |at: usize| text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        // The error as it is displayed shows the line itself.
        Err(error) => {
            let at = error.span().map_or(1, |span| line(span.start));
            return Err(vec![(at, format!("invalid TOML: {}", error.message()))]);
        }
    };
    let mut reader = Reader { line: &line, found: Vec::new(), problems: Vec::new() };
    for (section, value) in table.get_ref() {
        reader.section(section, value);
    }
    let Reader { mut found, mut problems, .. } = reader;
    found.sort_by_key(|found| found.line);
    problems.sort();
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

struct Reader<'l> {
    line: &'l dyn Fn(usize) -> usize,
    found: Vec<Found>,
    problems: Vec<(usize, String)>,
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;

impl Reader<'_> {
    fn problem(&mut self, key: &Key<'_>, what: String) {
        self.problems.push(((self.line)(key.span().start), what));
    }

    fn section(&mut self, name: &Key<'_>, value: &Spanned<DeValue<'_>>) {
        let section: &str = name.get_ref();
        if !sections().contains(&section) {
            return self.problem(name, unknown("section", section, &sections()));
        }
        let DeValue::Table(table) = value.get_ref() else {
            return self.problem(name, format!("`{section}` is a section: write `[{section}]`"));
        };
        for (key, value) in table {
            let word: &str = key.get_ref();
            match section {
                PROVIDERS => self.provider(key, value),
                ROLES if role_of(&variable_of(word)).as_deref() != Some(word) => {
                    self.problem(key, format!("`{word}` is not a role name: use a-z, 0-9 and `_`"));
                }
                ROLES => self.take(key, value, &format!("{ROLES}.{word}"), Form::Model),
                _ => match find(section, word) {
                    Some(known) => self.take(key, value, known.path, known.form),
                    None => self.problem(key, unknown("key", word, &keys(section))),
                },
            }
        }
    }

    fn provider(&mut self, name: &Key<'_>, value: &Spanned<DeValue<'_>>) {
        let provider: &str = name.get_ref();
        let DeValue::Table(table) = value.get_ref() else {
            let what = format!("`{provider}` is a section: write `[{PROVIDERS}.{provider}]`");
            return self.problem(name, what);
        };
        if !is_provider(provider) {
            let what = format!("`{provider}` is not a provider name: use a-z, 0-9, `-` and `_`");
            return self.problem(name, what);
        }
        for (key, value) in table {
            let word: &str = key.get_ref();
            let words: Vec<_> = OF_PROVIDERS.iter().map(|(word, _)| *word).collect();
            match of_provider(word) {
                Some(form) => self.take(key, value, &format!("{PROVIDERS}.{provider}.{word}"), form),
                None => self.problem(key, unknown("key", word, &words)),
            }
        }
    }

    fn take(&mut self, key: &Key<'_>, value: &Spanned<DeValue<'_>>, name: &str, form: Form) {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            DeValue::Float(number) => number.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            _ => return self.problem(key, format!("`{}` is one value, not several", key.get_ref())),
        };
        match form.check(&text) {
            Ok(()) => {
                let line = (self.line)(key.span().start);
                self.found.push(Found { key: name.to_owned(), value: text, line });
            }
            Err(why) => self.problem(key, format!("`{}` {why}", key.get_ref())),
        }
    }
}

fn unknown(what: &str, word: &str, words: &[&str]) -> String {
    if word == "key" || word.ends_with("_key") {
        return format!(
            "`{word}` does not belong here: keys are variables of the environment or of `.env`; of a provider of your \
             own, `key_variable` is the name of that"
        );
    }
    match suggest(word, words) {
        Some(meant) => format!("unknown {what} `{word}`; did you mean `{meant}`?"),
        None => format!("unknown {what} `{word}`; known are `{}`", words.join("`, `")),
    }
}
