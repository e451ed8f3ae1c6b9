use super::Cx;
use super::review::{Refused, ask};
use super::tell::Gated;
use super::timed::InTime;
use crate::codec::Json;
use crate::context::{Contains, Context};
use crate::durable::Durable;
use crate::engine::{AttemptCommand, AttemptRecord, Body, BoxFuture, Finding, Key, Kind, RecordOutcome};
use crate::error::{Error, ErrorKind, FailureRecord, LastAttempt, RunResult, Signal};
use crate::path::{NodeId, Place};
use crate::run::{RunEnv, StepResult};
use crate::step::findings::{Found, keep};
use crate::step::plugin::Plugins;
use crate::step::{Findings, Plugin, RunInfo, ValidationResult, Validators};
use std::fmt;

/// The plugins of a gate.
pub struct GatePlugins<T>(Plugins<T>, Option<Found>);

impl<T> fmt::Debug for GatePlugins<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GatePlugins")
    }
}

impl<T: 'static> GatePlugins<T> {
    /// One more.
    #[must_use]
    pub fn plugin<P: Plugin<T>>(mut self, plugin: P) -> Self {
        self.0.add(Box::new(plugin));
        self
    }
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Asks validators about a value. The value is fixed, so nothing is retried; what they said is recorded,
    /// so that a resumed run passes the same gate the same way.
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

    /// No plugins yet, for a gate that `value` has to pass.
    pub fn plugins<T: Durable>(&self, _value: &T) -> GatePlugins<T> {
        GatePlugins(Plugins::NONE, None)
    }

    /// As [`gate`](Cx::gate), with plugins in front of the validators; what they leave goes on.
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
        let place = self.place(id.into());
        Box::pin(self.looked_at(place, value, validators, strict, plugins))
    }

    /// As [`gate_with`](Cx::gate_with), and keeps what was found in the context.
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
        let (place, found) = (self.place(id.into()), Found::default());
        let plugins = GatePlugins(plugins.0, Some(found.clone()));
        Box::pin(async move {
            let done = self.looked_at(place, value, validators, strict, plugins).await;
            keep(self.ctx, self.written, found.take());
            done
        })
    }

    async fn looked_at<T: Durable, V: Validators<T>>(
        &mut self,
        place: Place,
        value: T,
        validators: V,
        strict: bool,
        GatePlugins(plugins, found): GatePlugins<T>,
    ) -> RunResult<T> {
        let (path, env) = (place.path(), &**self.env);
        let told = Gated::new(env, &path);
        let timed = self.timed.clone();
        let note = |timed: &InTime, began, ended| timed.iter().for_each(|timed| timed.add(env, began, ended));
        let codec = |e| Error::new(ErrorKind::Codec(e)).at(path.clone());
        let n = env.forgiven(&path).saturating_add(1);
        let mut info = RunInfo::new(self.env.clone(), place.clone(), n);
        info.pays_from(self.purse(&self.within, Kind::Gate));
        let Some(handle) = self.handle.as_deref_mut() else {
            let mut value = value;
            told.looks(1);
            let done = look(&mut value, &validators, strict, &plugins, &info, (env, &timed)).await;
            note(&timed, done.started, done.ended);
            info.settle().await;
            let latency = done.ended.nanos_since(done.started);
            let passed = done.outcome.is_ok();
            told.looked(&done);
            if let Some(found) = &found {
                let at = (path.as_str(), n);
                match &done.outcome {
                    Ok(_) => found.passed(at, &done.findings),
                    Err(failure) => found.rejected(at, failure),
                }
            }
            let (findings, usage) = (done.findings, done.usage);
            self.log.push(env, || StepResult::gate(place.clone(), latency, passed, findings, usage));
            return told.ended(match done.outcome {
                Ok(_) => Ok(value),
                Err(failure) => Err(failure.of_attempt(LastAttempt { path, n, ended: done.ended }, n)),
            });
        };
        let digest = crate::codec::digest(&value).map_err(codec)?;
        // A resumed run asks again where it failed.
        let key = Key { path: path.clone(), kind: Kind::Gate, n };
        let mut value = value;
        let looked = &mut value;
        let body: Body<'_> = {
            let (told, timed) = (&told, &timed);
            Box::new(move || {
                Box::pin(async move {
                    told.looks(n);
                    Ok(look(looked, &validators, strict, &plugins, &info, (env, timed)).await)
                })
            })
        };
        let command =
            AttemptCommand { key, version: 1, migrates_from: 1, digest, within: self.within.clone() };
        let record = handle.attempt(command, body).await?;
        told.recorded(&record);
        note(&timed, record.started, record.ended);
        if let Some(found) = &found {
            let at = (path.as_str(), n);
            match &record.outcome {
                RecordOutcome::Failure(failure) => found.rejected(at, failure),
                RecordOutcome::Output(_) => found.passed(at, &record.findings),
            }
        }
        told.ended(match &record.outcome {
            // Nothing is recorded of a value that went through as it was.
            RecordOutcome::Output(output) if *output == Json::null() => Ok(value),
            RecordOutcome::Output(output) => match output.decode() {
                Ok((replaced,)) => Ok(replaced),
                Err(e) => {
                    let what = format!("what plugins made of it does not decode any more: {e}");
                    Err(Signal::mismatch(path, what).into())
                }
            },
            RecordOutcome::Failure(failure) => {
                Err(failure.of_attempt(LastAttempt { path, n, ended: record.ended }, n))
            }
        })
    }
}

async fn look<T: Durable, V: Validators<T>>(
    value: &mut T,
    validators: &V,
    strict: bool,
    plugins: &Plugins<T>,
    info: &RunInfo,
    (env, timed): (&RunEnv, &InTime),
) -> AttemptRecord {
    let started = env.clock.now();
    let judged = judge(value, validators, strict, plugins, info);
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
        started,
        ended: env.clock.now(),
    }
}

/// What is recorded: nothing, or what plugins made of the value; and what was said against it.
async fn judge<T: Durable, V: Validators<T>>(
    value: &mut T,
    validators: &V,
    strict: bool,
    plugins: &Plugins<T>,
    info: &RunInfo,
) -> (Result<Json, FailureRecord>, Vec<String>) {
    let mut reasons = Vec::new();
    let before = (!plugins.is_empty()).then(|| Json::encode(value).ok()).flatten();
    if !plugins.is_empty() {
        match ask(plugins, strict, value, info).await {
            Ok(said) => reasons = said,
            Err(Refused::Rejected(reason)) => {
                let last = Json::encode(value).ok();
                return (Err(FailureRecord::rejected(std::slice::from_ref(&reason), last)), vec![reason]);
            }
            Err(Refused::Redirected(plugin)) => {
                return (Err(FailureRecord::redirected_at_gate(plugin)), reasons);
            }
        }
    }
    let said = validators.validate_all(value);
    reasons.extend(said.iter().filter_map(ValidationResult::reason).map(str::to_owned));
    if strict && !reasons.is_empty() {
        return (Err(FailureRecord::rejected(&reasons, Json::encode(value).ok())), reasons);
    }
    let replaced = match (before, Json::encode(value)) {
        (Some(before), Ok(after)) if before != after => Json::encode(&(&*value,)),
        (Some(_), Err(e)) => Err(e),
        _ => Ok(Json::null()),
    };
    (replaced.map_err(|e| FailureRecord::codec(&e)), reasons)
}
