use super::name;
use std::collections::BTreeMap;

/// What the inputs of a form hold, by name, as a browser sends it: the one representation of a form that is begun,
/// sent, and shown again with errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw(BTreeMap<String, String>);

impl Raw {
    /// Takes the pairs of a form. Of a name that comes twice the last value counts: a switch sends its hidden `false`
    /// first.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    /// Adds what another form holds.
    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The number of items of a list, at most `most`.
    pub(super) fn count(&self, list: &str, most: usize) -> usize {
        self.get(&name::count(list)).and_then(|n| n.parse().ok()).unwrap_or(0).min(most)
    }

    /// Removes item `gone` of `count` items, and moves those behind it forward.
    pub(super) fn remove_item(&mut self, list: &str, gone: usize, count: usize) {
        for i in gone..count {
            let (to, from) = (name::item(list, i), name::item(list, i + 1));
            self.0.retain(|name, _| !is_of(name, &to));
            let moved: Vec<_> = self
                .0
                .iter()
                .filter(|(name, _)| is_of(name, &from))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect();
            for (name, value) in moved {
                let rest = name.get(from.len()..).unwrap_or_default();
                self.0.insert(format!("{to}{rest}"), value);
            }
        }
        self.set(name::count(list), count.saturating_sub(1).to_string());
    }
}

/// True if a name is that of a field, or of something in it.
fn is_of(name: &str, field: &str) -> bool {
    name.strip_prefix(field)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#', '!', '^']))
}
