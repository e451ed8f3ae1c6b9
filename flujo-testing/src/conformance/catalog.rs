//! The checks, by their ids.

use super::Ability;
use super::bench::Bench;
use super::checks::ALL;
use super::report::Breach;
use flujo::engine::BoxFuture;
use std::fmt;

/// The result of a check: the broken sentence, if there is one.
pub(super) type Checked<T = ()> = Result<T, Breach>;

type Run = for<'a> fn(&'a Bench) -> BoxFuture<'a, Checked>;

/// A sentence of the engine contract, with the code that checks it.
///
/// ```
/// use flujo_testing::conformance::{Ability, Check, checks};
///
/// let check: &Check = checks().find(|check| check.id() == "reply/first-wins").expect("it is one of them");
/// println!("{}", check.sentence());
/// assert_eq!(check.needs(), None::<Ability>);
/// ```
#[derive(Clone, Copy)]
pub struct Check {
    id: &'static str,
    sentence: &'static str,
    needs: Option<Ability>,
    run: Run,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("id", &self.id).field("needs", &self.needs).finish_non_exhaustive()
    }
}

impl Check {
    pub(super) const fn new(id: &'static str, sentence: &'static str, run: Run) -> Self {
        Self { id, sentence, needs: None, run }
    }

    pub(super) const fn needing(self, ability: Ability) -> Self {
        Self { needs: Some(ability), ..self }
    }

    /// Returns the stable id, `topic/rule`.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the sentence of the contract.
    pub fn sentence(&self) -> &'static str {
        self.sentence
    }

    /// Returns the ability that the check needs, if not every engine has it.
    pub fn needs(&self) -> Option<Ability> {
        self.needs
    }

    pub(super) fn run<'a>(&self, bench: &'a Bench) -> BoxFuture<'a, Checked> {
        (self.run)(bench)
    }
}

/// Returns every check, in the order in which they run.
///
/// ```
/// let ids: Vec<_> = flujo_testing::conformance::checks().map(|check| check.id()).collect();
/// assert!(ids.contains(&"reply/first-wins"));
/// ```
pub fn checks() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::checks;
    use std::collections::BTreeSet;
    use std::fmt::Write;

    /// Returns the page of the contract, as in the documentation of the module.
    fn page() -> String {
        let mut page = "# The contract\n\nEvery check, with the sentence that it stands for.\n".to_owned();
        let mut topic = "";
        for check in checks() {
            let (of, _) = check.id().split_once('/').unwrap();
            if of != topic {
                topic = of;
                writeln!(page, "\n| `{topic}` | sentence |\n|---|---|").unwrap();
            }
            let needs = check.needs().map(|ability| format!(" Needs *{ability}*.")).unwrap_or_default();
            writeln!(page, "| `{}` | {}{needs} |", check.id(), check.sentence()).unwrap();
        }
        page
    }

    #[test]
    fn the_documentation_has_every_sentence() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/conformance/contract.md");
        if std::env::var("FLUJO_BOOK").is_ok_and(|mode| mode == "overwrite") {
            std::fs::write(path, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap(), page(), "FLUJO_BOOK=overwrite writes it");
    }

    #[test]
    fn ids_are_stable_names_and_sentences_are_sentences() {
        let ids: BTreeSet<_> = checks().map(super::Check::id).collect();
        assert_eq!(ids.len(), checks().count());
        for check in checks() {
            let plain = |c: char| c.is_ascii_lowercase() || "/-".contains(c);
            assert!(check.id().chars().all(plain) && check.id().matches('/').count() == 1, "{check:?}");
            let sentence = check.sentence();
            assert!(sentence.ends_with('.') && !sentence.contains(['\n', '|']), "{sentence}");
            assert!(sentence.starts_with(|c: char| c.is_uppercase() || c == '`'), "{sentence}");
        }
    }
}
