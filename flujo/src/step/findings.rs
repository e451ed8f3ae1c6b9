use crate::context::Contains;
use crate::context::rules::{Append, Merged};
use crate::context::{ALL, Context};
use crate::engine::{Finding, Record, RecordOutcome};
use crate::error::FailureRecord;
use crate::exec::{Cx, Redirected, StepFuture};
use crate::path::NodeId;
use crate::step::writes::project;
use crate::step::{Fallback, FallbackSlot, Step, WritesIn};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

/// Something that was said against an output: by a plugin, by a validator, or by the parser of a model's
/// answer.
///
/// ```
/// use flujo::KeptFinding;
///
/// /// The lines of a report: what was said against outputs that passed all the same.
/// fn lenient(findings: &[KeptFinding]) -> Vec<String> {
///     findings.iter().filter(|found| found.passed).map(|found| format!("{}: {}", found.path, found.message)).collect()
/// }
/// # assert!(lenient(&[]).is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeptFinding {
    /// The node.
    pub path: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The reason.
    pub message: String,
    /// True if the output passed all the same: the call was lenient.
    pub passed: bool,
}

/// A context part for what was said against outputs: `.keep_findings()` at a call or a `gate` writes it.
///
/// It is written when the node ends, whether it succeeded or failed: one entry for each reason, in the order
/// of the attempts. It is an ordinary part, read like any other. `merge = append` lets parallel branches keep
/// their findings concurrently; without a rule that does not compile, as for every other part.
///
/// ```
/// use flujo::prelude::*;
/// use flujo::Findings;
///
/// #[context]
/// #[derive(Default)]
/// struct Review {
///     #[context(part, merge = append)]
///     findings: Findings,
/// }
///
/// struct Short;
/// impl Validator<String> for Short {
///     fn validate(&self, text: &String) -> ValidationResult {
///         if text.len() < 6 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
///     }
/// }
///
/// #[step]
/// async fn write(text: String) -> Result<String> {
///     Ok(text)
/// }
///
/// pipeline! {
///     fn review(text: String, ctx: &mut Review) -> String {
///         write(text).validate(Short).strict(false).keep_findings()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let result = Flujo::builder().build()?.run(review("at length".to_string())).await;
/// assert_eq!(result.context.findings[0].message, "too long");
/// assert!(result.context.findings[0].passed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings(Vec<KeptFinding>);

impl Deref for Findings {
    type Target = [KeptFinding];
    fn deref(&self) -> &[KeptFinding] {
        &self.0
    }
}

#[diagnostic::do_not_recommend]
impl Append for Findings {
    fn append(base: &Self, arms: &[Self]) -> Merged<Self> {
        let arms: Vec<_> = arms.iter().map(|arm| arm.0.clone()).collect();
        <Vec<_> as Append>::append(&base.0, &arms).map(Self)
    }
}

/// Writes findings into the context, and notes that it did.
pub(crate) type Keep<C> = fn(&mut C, &mut u64, Vec<KeptFinding>);

/// [`Keep`] for a context that has the part.
pub(crate) fn keep<C: Contains<Findings>>(context: &mut C, written: &mut u64, found: Vec<KeptFinding>) {
    context.part_mut().0.extend(found);
    *written |= project(<C as Contains<Findings>>::BIT, ALL);
}

/// The findings of a call under way.
#[derive(Clone, Default)]
pub(crate) struct Found(Arc<Mutex<Vec<KeptFinding>>>);

impl Found {
    fn add(&self, at: (&str, u32), passed: bool, reasons: &mut dyn Iterator<Item = &str>) {
        let (path, attempt) = at;
        let found = reasons.map(|message| KeptFinding {
            path: path.to_owned(),
            attempt,
            message: message.to_owned(),
            passed,
        });
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
    }
    /// Adds the findings of a failed attempt: none, unless the next attempt got them as feedback.
    pub(crate) fn rejected(&self, at: (&str, u32), failure: &FailureRecord) {
        if failure.feedback.is_some() {
            self.add(at, false, &mut failure.chain.iter().map(String::as_str));
        }
    }
    /// Adds the findings of an attempt that passed.
    pub(crate) fn passed(&self, at: (&str, u32), findings: &[Finding]) {
        self.add(at, true, &mut findings.iter().map(|finding| finding.message.as_str()));
    }
    /// Adds the findings of a recorded attempt.
    pub(crate) fn record(&self, record: &Record) {
        let at = (record.key.path.as_str(), record.key.n);
        match &record.outcome {
            RecordOutcome::Failure(failure) => self.rejected(at, failure),
            RecordOutcome::Output(_) => self.passed(at, &record.findings),
        }
    }
    pub(crate) fn take(&self) -> Vec<KeptFinding> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The steps `F` that may stand in for another, in a call whose findings are kept.
pub struct KeepingFindings<F>(PhantomData<fn() -> F>);

impl<F> fmt::Debug for KeepingFindings<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeepingFindings")
    }
}

#[diagnostic::do_not_recommend]
impl<F: FallbackSlot> FallbackSlot for KeepingFindings<F> {
    type Input = F::Input;
    type Output = F::Output;
    type RedirectInput = F::RedirectInput;
    type RedirectOutput = F::RedirectOutput;
    type WithFallback<T: Step> = KeepingFindings<F::WithFallback<T>>;
    type WithRedirect<T: Step> = KeepingFindings<F::WithRedirect<T>>;
}

impl<C: Context + Contains<Findings>, R: Send + Sync, F: Fallback<C, R>> Fallback<C, R>
    for KeepingFindings<F>
{
    const NAME: &'static str = F::NAME;
    const MASK: u64 = F::MASK;
    const REDIRECT: &'static str = F::REDIRECT;
    const KEEP: Option<Keep<C>> = Some(keep::<C>);
    fn exec<'a>(cx: &'a mut Cx<'_, C, R>, id: NodeId, input: F::Input) -> StepFuture<'a, F::Output> {
        F::exec(cx, id, input)
    }
    fn redirect<'a>(
        cx: &'a mut Cx<'_, C, R>,
        id: NodeId,
        redirected: Redirected<F::RedirectInput>,
    ) -> StepFuture<'a, F::RedirectOutput> {
        F::redirect(cx, id, redirected)
    }
}

/// Writes the part for findings, as the checks on parallel branches see it.
#[derive(Debug)]
pub enum KeepsFindings {}
impl<C: Contains<Findings>> WritesIn<C> for KeepsFindings {
    const MASK: u64 = project(<C as Contains<Findings>>::BIT, ALL);
}
