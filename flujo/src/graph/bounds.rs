use crate::const_text::{Text, fail};

/// The worst case of one run; `None` means that a number cannot be derived from the graph.
///
/// `moderate::BOUNDS` is computed by the compiler, so a limit can be a compile-time check:
/// `const _: () = moderate::BOUNDS.assert_model_calls_at_most(18);`
///
/// ```
/// use flujo::graph::Bounds;
///
/// // A model that may be asked twice, then a person or a step.
/// let bounds = Bounds::MODEL.times(Some(2)).then(Bounds::QUESTION.or(Bounds::STEP));
/// assert_eq!((bounds.step_runs, bounds.model_calls, bounds.questions), (Some(3), Some(2), Some(1)));
/// assert!(bounds.model_calls_at_most(2) && bounds.questions_at_most(1));
/// // As constants these would not compile if there were more, and say how many there are.
/// bounds.assert_step_runs_at_most(3);
/// bounds.assert_model_calls_at_most(2);
/// bounds.assert_questions_at_most(1);
/// assert_eq!(Bounds::ZERO.then(bounds), bounds);
///
/// // How often a loop runs that has no bound is not known.
/// assert_eq!(Bounds::STEP.times(None).step_runs, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Attempts of steps, model steps included.
    pub step_runs: Option<u64>,
    /// Calls to models.
    pub model_calls: Option<u64>,
    /// Questions to people.
    pub questions: Option<u64>,
}

/// How often a model step may ask models.
///
/// ```
/// use flujo::graph::{Asking, Bounds, Facts};
///
/// // Two models, where a call of the first one fails, with a tool in at most eight rounds.
/// let asking = Asking { models: 2, ..Asking::DEFAULT };
/// let look_up = Facts { name: "look_up", ..Facts::NONE };
/// let bounds = Bounds::asking(Some(asking.models), Some(asking.tool_rounds), &[&look_up]);
/// assert_eq!(bounds.model_calls, Some(2 * 9));
/// assert_eq!(look_up.call(), look_up.called());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The number of models that may be asked for one reply: where a call of one fails, the next is asked.
    pub models: u32,
    /// The most rounds of tool calls in one attempt, if there are tools.
    pub tool_rounds: u32,
}

impl Asking {
    /// One model, and eight rounds.
    pub const DEFAULT: Self = Self { models: 1, tool_rounds: 8 };
}

impl Bounds {
    /// The bounds of nothing.
    pub const ZERO: Self = Self::of(0, 0, 0);
    /// The bounds of one attempt of a code step.
    pub const STEP: Self = Self::of(1, 0, 0);
    /// The bounds of one attempt of a model step.
    pub const MODEL: Self = Self::of(1, 1, 0);
    /// The bounds of one question.
    pub const QUESTION: Self = Self::of(0, 0, 1);

    const fn of(step_runs: u64, model_calls: u64, questions: u64) -> Self {
        Self { step_runs: Some(step_runs), model_calls: Some(model_calls), questions: Some(questions) }
    }

    /// Returns the bounds of one attempt of a model step that asks at most `models` models for each reply, and whose model calls
    /// tools in at most `rounds` rounds. `None` is an unknown number. The number of calls of tools in one round is unknown.
    #[must_use]
    pub const fn asking(models: Option<u32>, rounds: Option<u32>, tools: &[&super::Facts]) -> Self {
        let models = match models {
            Some(models) => Some(models as u64),
            None => None,
        };
        if tools.is_empty() {
            return Self { model_calls: models, ..Self::MODEL };
        }
        let mut silent = true;
        let mut rest = tools;
        while let [tool, more @ ..] = rest {
            silent = silent && matches!(tool.bounds.model_calls, Some(0));
            rest = more;
        }
        let replies = match rounds {
            Some(rounds) if silent => Some(rounds as u64 + 1),
            _ => None,
        };
        Self { step_runs: None, model_calls: mul(replies, models), questions: Some(0) }
    }

    /// Returns the sum of the calls that are the nodes `from` to `end`, without the last.
    #[doc(hidden)]
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "the macro that writes the nodes counts them")]
    pub const fn of_calls(nodes: &[super::Node], from: usize, end: usize) -> Self {
        let mut sum = Self::ZERO;
        let mut i = from;
        while i < end {
            sum = sum.then(nodes[i].facts.called());
            i += 1;
        }
        sum
    }

    /// Returns the sum: both happen, one after the other or in parallel.
    #[must_use]
    pub const fn then(self, other: Self) -> Self {
        Self {
            step_runs: add(self.step_runs, other.step_runs),
            model_calls: add(self.model_calls, other.model_calls),
            questions: add(self.questions, other.questions),
        }
    }

    /// Returns the maximum: one of the two happens.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            step_runs: larger(self.step_runs, other.step_runs),
            model_calls: larger(self.model_calls, other.model_calls),
            questions: larger(self.questions, other.questions),
        }
    }

    /// Returns `n` times these bounds; `None` is an unknown number of times.
    #[must_use]
    pub const fn times(self, n: Option<u64>) -> Self {
        Self {
            step_runs: mul(self.step_runs, n),
            model_calls: mul(self.model_calls, n),
            questions: mul(self.questions, n),
        }
    }

    /// Fails if more than `n` attempts of steps are possible: a constant with it does not compile, and the message says how
    /// many there are.
    ///
    /// # Panics
    /// More than `n` are possible, or their number is not known.
    #[track_caller]
    pub const fn assert_step_runs_at_most(self, n: u64) {
        assert_at_most(self.step_runs, n, "runs of steps");
    }

    /// Fails if more than `n` model calls are possible.
    ///
    /// # Panics
    /// More than `n` are possible, or their number is not known.
    #[track_caller]
    pub const fn assert_model_calls_at_most(self, n: u64) {
        assert_at_most(self.model_calls, n, "model calls");
    }

    /// Fails if more than `n` questions are possible.
    ///
    /// # Panics
    /// More than `n` are possible, or their number is not known.
    #[track_caller]
    pub const fn assert_questions_at_most(self, n: u64) {
        assert_at_most(self.questions, n, "questions");
    }

    /// Returns true if at most `n` attempts of steps are possible.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// #[step(retries = 2)]
    /// async fn greet(name: String) -> Result<String> { Ok(name) }
    /// pipeline! {
    ///     fn welcome(name: String) -> String { greet(name) }
    /// }
    /// assert!(welcome::BOUNDS.step_runs_at_most(3) && !welcome::BOUNDS.step_runs_at_most(2));
    /// assert!(welcome::BOUNDS.model_calls_at_most(0) && welcome::BOUNDS.questions_at_most(0));
    /// ```
    pub const fn step_runs_at_most(self, n: u64) -> bool {
        at_most(self.step_runs, n)
    }

    /// Returns true if at most `n` model calls are possible.
    pub const fn model_calls_at_most(self, n: u64) -> bool {
        at_most(self.model_calls, n)
    }

    /// Returns true if at most `n` questions are possible.
    pub const fn questions_at_most(self, n: u64) -> bool {
        at_most(self.questions, n)
    }
}

const fn add(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => a.checked_add(b),
        _ => None,
    }
}

const fn larger(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a > b { a } else { b }),
        _ => None,
    }
}

/// Zero times an unknown number is zero.
const fn mul(a: Option<u64>, n: Option<u64>) -> Option<u64> {
    match (a, n) {
        (Some(0), _) | (_, Some(0)) => Some(0),
        (Some(a), Some(n)) => a.checked_mul(n),
        _ => None,
    }
}

#[track_caller]
const fn assert_at_most(most: Option<u64>, allowed: u64, what: &str) {
    if at_most(most, allowed) {
        return;
    }
    let text = Text::new();
    if let Some(most) = most {
        let text = text.push_number(most).push(" ").push(what).push(" are possible, and at most ");
        fail(text.push_number(allowed).push(" are allowed"), " [bound_exceeded]");
    } else {
        let text = text.push("the number of ").push(what).push(" is not known, and at most ");
        let text = text.push_number(allowed).push(" are allowed: give each loop and each `map` a `.max(n)`, and write counts as literals or constants");
        fail(text, " [bound_unknown]");
    }
}

const fn at_most(a: Option<u64>, n: u64) -> bool {
    match a {
        Some(a) => a <= n,
        None => false,
    }
}
