//! `gate`: validators of a value that is there (guardrails).

use super::form::Form;
use crate::codec::{CodecError, Digest, Json};
use crate::context::{Contains, Context};
use crate::durable::Durable;
use crate::engine::{AttemptCommand, AttemptRecord, Body, Exchanges, Finding, Key, Kind, RecordOutcome};
use crate::error::{Error, ErrorKind, FailureRecord, LastAttempt, RunResult, Signal};
use crate::exec::node_events::Gated;
use crate::exec::plugins::{Refused, ask};
use crate::exec::{Cx, Driver, InTime, RunEnv};
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::step::StepResult;
use crate::step::findings::{Found, keep};
use crate::step::plugin::Plugins;
use crate::step::{Findings, Plugin, RunInfo, ValidationResult, Validators};
use std::any::Any;
use std::fmt;
use std::marker::PhantomData;

/// Asks validators about a value, and fails the pipeline if one rejects it: guardrails, policy checks.
///
/// The value is fixed, so nothing is retried; validators of a step's own output, whose rejection makes the step try
/// again, belong to the step: `#[step(validate = ..)]`. Several validators are a tuple, and all of them are asked.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn answer(question: String) -> Result<String> {
///     Ok(format!("about {question}"))
/// }
///
/// struct NoDigits;
///
/// impl Validator<String> for NoDigits {
///     fn validate(&self, text: &String) -> ValidationResult {
///         if text.contains(char::is_numeric) {
///             ValidationResult::invalid("it contains a digit")
///         } else {
///             ValidationResult::valid()
///         }
///     }
/// }
///
/// pipeline! {
///     fn reply(question: String) -> String {
///         let text = answer(question);
///         gate(text, NoDigits)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let result = flujo.run(reply("rust".to_string())).await;
/// assert!(result.step("reply/gate").is_some_and(|gate| gate.is_done()));
/// assert_eq!(result.into_output()?, "about rust");
///
/// let error = flujo.run(reply("42".to_string())).await.into_output().unwrap_err();
/// assert_eq!(error.to_string(), "reply/gate: rejected: it contains a digit");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.strict(bool)` | `bool` | With `false`, a rejected value passes, with the findings recorded. Defaults to `true`. |
/// | `.plugin(plugin)` | `Plugin<T>` | A plugin that sees the value before the validators, and may replace it. May be given several times. |
/// | `.keep_findings()` | | Keeps the reasons of rejections in the context, in its part of type `Findings`. |
/// | `.named("id")` | literal | The id, a segment of paths. Defaults to `gate`. |
///
/// # What is recorded: checkpoints and resume
///
/// One record at the path of the gate, `reply/gate`: the verdict, the findings, and the value if a plugin replaced it. A
/// resumed run does not ask again about a value that has passed; a gate that failed the run is asked again.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/gate_of_no_validator.stderr`:
///
/// ```text
/// error[E0277]: `NoPii` does not validate `std::string::String` [not_a_validator]
///   --> ui/flow/gate_of_no_validator.rs:15:20
///    |
/// 15 |         gate(text, NoPii)
///    |         ----       ^^^^^ expected a validator of `std::string::String`
///    |         |
///    |         required by a bound introduced by this call
/// ```
///
/// `tests/ui/flow/gate_of_an_output.stderr`:
///
/// ```text
/// error: `limit` is a step, and its output is not available yet [output_not_available]
///        bind it to a variable first: `let x = limit(..);`
///   --> ui/flow/gate_of_an_output.rs:23:36
///    |
/// 23 |         gate(text.clone(), Shorter(limit(text))).named("again")
///    |                                    ^^^^^
/// ```
///
/// `tests/ui/flow/gate_retries.stderr`:
///
/// ```text
/// error: `gate` has no option `retries`, which belongs to calls [unknown_form_option]
///        set it on the call that makes the value
///        its options are `strict`, `plugin`, `keep_findings` and `named`
///   --> ui/flow/gate_retries.rs:23:27
///    |
/// 23 |         gate(text, NoPii).retries(2)
///    |                           ^^^^^^^
/// ```
pub fn gate<T, V>(value: T, _validators: V) -> Form<T> {
    Form::new(value)
}

/// The plugins of a gate.
pub struct GatePlugins<T>(Plugins, Option<Found>, PhantomData<fn(T)>);

impl<T> fmt::Debug for GatePlugins<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatePlugins")
    }
}

impl<T: Send + Sync + 'static> GatePlugins<T> {
    /// Adds a plugin.
    #[must_use]
    pub fn plugin<P: Plugin<T>>(mut self, plugin: P) -> Self {
        self.0.add(Plugins::of::<T, P>(plugin));
        self
    }
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Runs validators on a value. The value is fixed, so nothing is retried; the verdict is recorded, so that a
    /// resumed run passes the gate as before.
    ///
    /// # Errors
    /// The value was rejected, and the gate is strict; it cannot be recorded; a signal.
    // Boxed: the future of an `async fn` has bounds of its own, and what is no validator would be reported
    // twice.
    pub fn gate<T: Durable, V: Validators<T>>(
        &mut self,
        id: impl Into<NodeId>,
        value: T,
        validators: V,
        strict: bool,
    ) -> BoxFuture<'_, RunResult<T>> {
        let none = self.plugins(&value);
        self.gate_with(id, value, validators, strict, none)
    }

    /// An empty list of plugins for a gate on `value`.
    pub fn plugins<T: Durable>(&self, _value: &T) -> GatePlugins<T> {
        GatePlugins(Plugins::default(), None, PhantomData)
    }

    /// As [`gate`](Cx::gate), with plugins before the validators; the output is the value that they leave.
    ///
    /// # Errors
    /// As [`gate`](Cx::gate).
    pub fn gate_with<T: Durable, V: Validators<T>>(
        &mut self,
        id: impl Into<NodeId>,
        value: T,
        validators: V,
        strict: bool,
        plugins: GatePlugins<T>,
    ) -> BoxFuture<'_, RunResult<T>> {
        let (id, GatePlugins(plugins, found, _)) = (id.into(), plugins);
        Box::pin(async move {
            let mut value = GateValue { value, validators };
            match self.driver.gate(id, &mut value, strict, &plugins, found.as_ref()).await {
                Ok(()) => Ok(value.value),
                Err(error) => Err(error),
            }
        })
    }

    /// As [`gate_with`](Cx::gate_with), and keeps the findings in the context.
    ///
    /// # Errors
    /// As [`gate`](Cx::gate).
    pub fn gate_keeping<T: Durable, V: Validators<T>>(
        &mut self,
        id: impl Into<NodeId>,
        value: T,
        validators: V,
        strict: bool,
        plugins: GatePlugins<T>,
    ) -> BoxFuture<'_, RunResult<T>>
    where
        C: Contains<Findings>,
    {
        let (id, found) = (id.into(), Found::default());
        let plugins = GatePlugins(plugins.0, Some(found.clone()), PhantomData);
        Box::pin(async move {
            let done = self.gate_with(id, value, validators, strict, plugins).await;
            keep(self.ctx, self.driver.written, found.take());
            done
        })
    }
}

/// A gate's value and validators, without their types.
trait AnyGate: Send {
    fn value(&mut self) -> &mut (dyn Any + Send + Sync);
    fn encode(&self) -> Result<Json, CodecError>;
    /// Encodes a value that plugins replaced: in a list, so that it is never `null`.
    fn encode_replaced(&self) -> Result<Json, CodecError>;
    fn digest(&self) -> Result<Digest, CodecError>;
    /// Decodes the value from such a record.
    fn replace(&mut self, json: &Json) -> Result<(), CodecError>;
    fn validate(&self) -> Vec<ValidationResult>;
}

struct GateValue<T, V> {
    value: T,
    validators: V,
}

impl<T: Durable, V: Validators<T>> AnyGate for GateValue<T, V> {
    fn value(&mut self) -> &mut (dyn Any + Send + Sync) {
        &mut self.value
    }
    fn encode(&self) -> Result<Json, CodecError> {
        Json::encode(&self.value)
    }
    fn encode_replaced(&self) -> Result<Json, CodecError> {
        Json::encode(&(&self.value,))
    }
    fn digest(&self) -> Result<Digest, CodecError> {
        crate::codec::digest(&self.value)
    }
    fn replace(&mut self, json: &Json) -> Result<(), CodecError> {
        match json.decode() {
            Ok((value,)) => {
                self.value = value;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
    fn validate(&self) -> Vec<ValidationResult> {
        self.validators.validate_all(&self.value)
    }
}

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn gate<'a>(
        &'a mut self,
        id: NodeId,
        value: &'a mut dyn AnyGate,
        strict: bool,
        plugins: &'a Plugins,
        found: Option<&'a Found>,
    ) -> BoxFuture<'a, RunResult<()>> {
        Box::pin(self.gated(id, value, strict, plugins, found))
    }

    async fn gated(
        &mut self,
        id: NodeId,
        value: &mut dyn AnyGate,
        strict: bool,
        plugins: &Plugins,
        found: Option<&Found>,
    ) -> RunResult<()> {
        let place = self.place(id);
        let (path, env) = (place.path(), &**self.env);
        let reporter = Gated::new(env, &path);
        let timed = self.timed.clone();
        let note = |timed: &InTime, began, ended| timed.iter().for_each(|timed| timed.add(env, began, ended));
        let n = env.forgiven(&path).saturating_add(1);
        let mut info = RunInfo::new(self.env.clone(), place.clone(), n);
        info.pays_from(self.billing(&self.within, Kind::Gate));
        let Some(handle) = self.handle.as_deref_mut() else {
            reporter.looks(1);
            let done = look(value, strict, plugins, &info, (env, &timed)).await;
            note(&timed, done.started, done.ended);
            info.settle().await;
            let latency = done.ended.nanos_since(done.started);
            let passed = done.outcome.is_ok();
            reporter.looked(&done);
            if let Some(found) = found {
                let at = (path.as_str(), n);
                match &done.outcome {
                    Ok(_) => found.passed(at, &done.findings),
                    Err(failure) => found.rejected(at, failure),
                }
            }
            let (findings, usage) = (done.findings, done.usage);
            self.results.push(env, || StepResult::gate(place.clone(), latency, passed, findings, usage));
            return reporter.ended(match done.outcome {
                Ok(_) => Ok(()),
                Err(failure) => Err(failure.of_attempt(LastAttempt { path, n, ended: done.ended }, n)),
            });
        };
        let digest = value.digest().map_err(|e| Error::new(ErrorKind::Codec(e)).at(path.clone()))?;
        // A resumed run asks again where it failed.
        let key = Key { path: path.clone(), kind: Kind::Gate, n };
        let body: Body<'_> = {
            let (reporter, timed, value) = (&reporter, &timed, &mut *value);
            Box::pin(async move {
                reporter.looks(n);
                Ok(look(value, strict, plugins, &info, (env, timed)).await)
            })
        };
        let command =
            AttemptCommand { key, version: 1, migrates_from: 1, digest, within: self.within.clone() };
        let record = handle.attempt(command, body).await?;
        reporter.recorded(&record);
        note(&timed, record.started, record.ended);
        if let Some(found) = found {
            found.record(&record);
        }
        reporter.ended(match &record.outcome {
            // A value that passed unchanged is not in the record: the caller still has it.
            RecordOutcome::Output(output) if *output == Json::null() => Ok(()),
            RecordOutcome::Output(output) => value.replace(output).map_err(|e| {
                let what = format!("what plugins made of it no longer decodes: {e}");
                Signal::mismatch(path, what).into()
            }),
            RecordOutcome::Failure(failure) => {
                Err(failure.of_attempt(LastAttempt { path, n, ended: record.ended }, n))
            }
        })
    }
}

async fn look(
    value: &mut dyn AnyGate,
    strict: bool,
    plugins: &Plugins,
    info: &RunInfo,
    (env, timed): (&RunEnv, &InTime),
) -> AttemptRecord {
    let started = env.clock.now();
    let judged = judge(value, strict, plugins, info);
    let (outcome, reasons) = match timed {
        None => judged.await,
        Some(timed) => match timed.bound(env, judged, |_| false).await {
            Ok(judged) => judged,
            Err(cut_off) => (Err(cut_off), Vec::new()),
        },
    };
    AttemptRecord {
        outcome: outcome.map_err(Box::new),
        parts: Vec::new(),
        usage: info.used(),
        findings: reasons.into_iter().map(|message| Finding { message }).collect(),
        cached: false,
        models: None,
        messages: Exchanges::default(),
        started,
        ended: env.clock.now(),
    }
}

/// Runs plugins and validators. Returns the record, which holds the value only if a plugin replaced it, and the
/// reasons for rejections.
async fn judge(
    value: &mut dyn AnyGate,
    strict: bool,
    plugins: &Plugins,
    info: &RunInfo,
) -> (Result<Json, FailureRecord>, Vec<String>) {
    let mut reasons = Vec::new();
    let before = if plugins.is_empty() { None } else { value.encode().ok() };
    if !plugins.is_empty() {
        match ask(plugins, strict, value.value(), info).await {
            Ok(said) => reasons = said,
            Err(Refused::Rejected(reason)) => {
                let last = value.encode().ok();
                return (Err(FailureRecord::rejected(std::slice::from_ref(&reason), last)), vec![reason]);
            }
            Err(Refused::Redirected(plugin)) => {
                return (Err(FailureRecord::redirected_at_gate(plugin)), reasons);
            }
        }
    }
    let said = value.validate();
    reasons.extend(said.iter().filter_map(ValidationResult::reason).map(str::to_owned));
    if strict && !reasons.is_empty() {
        return (Err(FailureRecord::rejected(&reasons, value.encode().ok())), reasons);
    }
    let replaced = match (before, value.encode()) {
        (Some(before), Ok(after)) if before != after => value.encode_replaced(),
        (Some(_), Err(e)) => Err(e),
        _ => Ok(Json::null()),
    };
    (replaced.map_err(|e| FailureRecord::codec(&e)), reasons)
}
