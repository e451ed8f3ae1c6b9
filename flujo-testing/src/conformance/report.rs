//! The result of a suite: one line for each check.

use super::{Ability, Check};
use std::fmt;

/// A broken sentence of the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The behaviour that the contract requires.
    pub expected: String,
    /// The behaviour that was observed.
    pub seen: String,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The engine keeps the sentence.
    Kept,
    /// The engine breaks the sentence, panicked, or got stuck.
    Broken(Breach),
    /// The check did not run.
    Skipped {
        /// The ability that the subject was not given.
        needs: Ability,
        /// The reason, where the subject declares that the engine lacks the ability.
        why: Option<String>,
    },
}

/// A check with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckResult {
    id: String,
    sentence: String,
    verdict: Verdict,
}

impl CheckResult {
    pub(super) fn new(check: &Check, verdict: Verdict) -> Self {
        Self { id: check.id().to_owned(), sentence: check.sentence().to_owned(), verdict }
    }

    /// Returns the id of the check.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the sentence of the contract.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Returns the verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

impl fmt::Display for CheckResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, sentence, verdict } = self;
        match verdict {
            Verdict::Kept => write!(f, "kept     {id}: {sentence}"),
            Verdict::Broken(Breach { expected, seen }) => {
                write!(
                    f,
                    "BROKEN   {id}: {sentence}\n           expected: {expected}\n           seen:     {seen}"
                )
            }
            Verdict::Skipped { needs, why: Some(why) } => {
                write!(f, "skipped  {id}: {sentence}\n           needs {needs}: {why}")
            }
            Verdict::Skipped { needs, why: None } => write!(
                f,
                "SKIPPED  {id}: {sentence}\n           needs {needs}: give the subject this ability, or declare with \
                 `lacks` why the engine does not have it"
            ),
        }
    }
}

/// The results of all checks on one engine. Displays one line per check, and the expected and observed
/// behaviour of broken sentences.
///
/// ```
/// use flujo::engine::Memory;
/// use flujo_testing::conformance::{Breach, CheckResult, Subject, Verdict};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let subject = Subject::new("Memory", Memory::with_clock).patience(Duration::ZERO);
/// let report = subject.check_one("reply/first-wins").await;
/// let result: &CheckResult = &report.results()[0];
/// match result.verdict() {
///     Verdict::Kept => println!("{}: {}", result.id(), result.sentence()),
///     Verdict::Broken(Breach { expected, seen }) => println!("expected {expected}, seen {seen}"),
///     _ => println!("{} did not run", result.id()),
/// }
/// assert!(report.broken().is_empty() && report.skipped().is_empty());
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    name: String,
    results: Vec<CheckResult>,
}

impl Report {
    pub(super) fn new(name: String, results: Vec<CheckResult>) -> Self {
        Self { name, results }
    }

    pub(super) fn of_one(name: String, id: &str, mut results: Vec<CheckResult>) -> Self {
        if results.is_empty() {
            let breach = Breach { expected: "an id of `checks()`".to_owned(), seen: id.to_owned() };
            let sentence = "A check is run by its id.".to_owned();
            results.push(CheckResult { id: id.to_owned(), sentence, verdict: Verdict::Broken(breach) });
        }
        Self::new(name, results)
    }

    /// Returns every check with its verdict, in the order in which they ran.
    pub fn results(&self) -> &[CheckResult] {
        &self.results
    }

    /// Returns the ids of the checks that found a broken sentence.
    pub fn broken(&self) -> Vec<&str> {
        self.ids(|verdict| matches!(verdict, Verdict::Broken(_)))
    }

    /// Returns the ids of the checks that did not run, with or without a reason.
    pub fn skipped(&self) -> Vec<&str> {
        self.ids(|verdict| matches!(verdict, Verdict::Skipped { .. }))
    }

    fn ids(&self, which: impl Fn(&Verdict) -> bool) -> Vec<&str> {
        self.results.iter().filter(|result| which(&result.verdict)).map(CheckResult::id).collect()
    }

    /// Asserts that no sentence is broken, and that every skipped check has a reason.
    ///
    /// # Panics
    /// A sentence is broken, or a check was skipped without a reason. The message is the report without the
    /// sentences that are kept.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion that does not hold panics")]
    pub fn assert_kept(&self) {
        let fails = |result: &&CheckResult| {
            matches!(result.verdict, Verdict::Broken(_) | Verdict::Skipped { why: None, .. })
        };
        let failed: Vec<_> = self.results.iter().filter(fails).map(CheckResult::to_string).collect();
        assert!(failed.is_empty(), "{}\n{}", self.summary(), failed.join("\n"));
    }

    /// Returns the first line of the text.
    fn summary(&self) -> String {
        let (broken, skipped) = (self.broken().len(), self.skipped().len());
        let kept = self.results.len() - broken - skipped;
        format!("the engine contract on {}: {kept} kept, {broken} broken, {skipped} skipped", self.name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        for result in &self.results {
            write!(f, "\n{result}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Breach, CheckResult, Report, Verdict};
    use crate::conformance::{Ability, Subject};
    use flujo::engine::Memory;

    fn report() -> Report {
        let result =
            |id: &str, verdict| CheckResult { id: id.to_owned(), sentence: "It is so.".to_owned(), verdict };
        let breach = Breach { expected: "1".to_owned(), seen: "2".to_owned() };
        let why =
            |why: Option<&str>| Verdict::Skipped { needs: Ability::Reopen, why: why.map(str::to_owned) };
        let results = vec![
            result("a/kept", Verdict::Kept),
            result("a/broken", Verdict::Broken(breach)),
            result("a/lacked", why(Some("no disk"))),
            result("a/forgotten", why(None)),
        ];
        Report::new("Mine".to_owned(), results)
    }

    const BROKEN: &str = "BROKEN   a/broken: It is so.\n           expected: 1\n           seen:     2";
    const FORGOTTEN: &str = "SKIPPED  a/forgotten: It is so.\n           needs reopen: give the subject this ability, or \
                             declare with `lacks` why the engine does not have it";
    const SUMMARY: &str = "the engine contract on Mine: 1 kept, 1 broken, 2 skipped";

    #[test]
    fn a_report_has_a_line_for_each_check() {
        let expected = format!(
            "{SUMMARY}\nkept     a/kept: It is so.\n{BROKEN}\nskipped  a/lacked: It is so.\n           needs reopen: no \
             disk\n{FORGOTTEN}"
        );
        assert_eq!(report().to_string(), expected);
        assert_eq!(report().broken(), ["a/broken"]);
        assert_eq!(report().skipped(), ["a/lacked", "a/forgotten"]);
    }

    #[test]
    fn what_is_broken_or_skipped_without_a_reason_fails_an_assertion() {
        let panic = std::panic::catch_unwind(|| report().assert_kept()).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert_eq!(*text, format!("{SUMMARY}\n{BROKEN}\n{FORGOTTEN}"));
    }

    #[tokio::test]
    async fn a_check_that_does_not_exist_is_broken() {
        let report = Subject::new("Memory", Memory::with_clock).check_one("a/b").await;
        let expected = "the engine contract on Memory: 0 kept, 1 broken, 0 skipped\n\
                        BROKEN   a/b: A check is run by its id.\n           expected: an id of `checks()`\n           \
                        seen:     a/b";
        assert_eq!(report.to_string(), expected);
    }
}
