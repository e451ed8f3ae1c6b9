//! The result of a suite: one line for each check.

use super::{Ability, Check};
use std::fmt;

/// A sentence that an engine does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The behaviour that the contract asks for.
    pub expected: String,
    /// The behaviour of the engine.
    pub seen: String,
}

/// The result of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The engine keeps the sentence.
    Kept,
    /// The engine breaks the sentence, panicked, or did not come to an end.
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
pub struct Outcome {
    id: String,
    sentence: String,
    verdict: Verdict,
}

impl Outcome {
    pub(super) fn new(check: &Check, verdict: Verdict) -> Self {
        Self { id: check.id().to_owned(), sentence: check.sentence().to_owned(), verdict }
    }

    /// The id of the check.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The sentence of the contract.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// The verdict.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
}

impl fmt::Display for Outcome {
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

/// The results of all checks on one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    name: String,
    outcomes: Vec<Outcome>,
}

impl Report {
    pub(super) fn new(name: String, outcomes: Vec<Outcome>) -> Self {
        Self { name, outcomes }
    }

    pub(super) fn of_one(name: String, id: &str, mut outcomes: Vec<Outcome>) -> Self {
        if outcomes.is_empty() {
            let breach = Breach { expected: "an id of `checks()`".to_owned(), seen: id.to_owned() };
            let sentence = "A check is run by its id.".to_owned();
            outcomes.push(Outcome { id: id.to_owned(), sentence, verdict: Verdict::Broken(breach) });
        }
        Self::new(name, outcomes)
    }

    /// Every check with its verdict, in the order in which they ran.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The ids of the checks that found a broken sentence.
    pub fn broken(&self) -> Vec<&str> {
        self.ids(|verdict| matches!(verdict, Verdict::Broken(_)))
    }

    /// The ids of the checks that did not run, with or without a reason.
    pub fn skipped(&self) -> Vec<&str> {
        self.ids(|verdict| matches!(verdict, Verdict::Skipped { .. }))
    }

    fn ids(&self, which: impl Fn(&Verdict) -> bool) -> Vec<&str> {
        self.outcomes.iter().filter(|outcome| which(&outcome.verdict)).map(Outcome::id).collect()
    }

    /// Asserts that no sentence is broken, and that every skipped check has a reason.
    ///
    /// # Panics
    /// Otherwise, with the text of the report without the checks that were kept.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion that does not hold panics")]
    pub fn assert_kept(&self) {
        let fails = |outcome: &&Outcome| {
            matches!(outcome.verdict, Verdict::Broken(_) | Verdict::Skipped { why: None, .. })
        };
        let failed: Vec<_> = self.outcomes.iter().filter(fails).map(Outcome::to_string).collect();
        assert!(failed.is_empty(), "{}\n{}", self.summary(), failed.join("\n"));
    }

    /// The first line of the text.
    fn summary(&self) -> String {
        let (broken, skipped) = (self.broken().len(), self.skipped().len());
        let kept = self.outcomes.len() - broken - skipped;
        format!("the engine contract on {}: {kept} kept, {broken} broken, {skipped} skipped", self.name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        for outcome in &self.outcomes {
            write!(f, "\n{outcome}")?;
        }
        Ok(())
    }
}
