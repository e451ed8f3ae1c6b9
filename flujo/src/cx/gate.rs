use super::Cx;
use crate::codec::Json;
use crate::context::Context;
use crate::durable::Durable;
use crate::engine::{AttemptCommand, AttemptRecord, Body, BoxFuture, Finding, Key, Kind, RecordOutcome};
use crate::error::{Error, ErrorKind, FailureRecord, RunResult};
use crate::path::{NodeId, Place};
use crate::run::{RunEnv, StepResult};
use crate::step::{ValidationResult, Validators};
use crate::usage::Usage;

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
        let place = self.place(id.into());
        Box::pin(self.looked_at(place, value, validators, strict))
    }

    async fn looked_at<T: Durable, V: Validators<T>>(
        &mut self,
        place: Place,
        value: T,
        validators: V,
        strict: bool,
    ) -> RunResult<T> {
        let (path, env) = (place.path(), &**self.env);
        let codec = |e| Error::new(ErrorKind::Codec(e)).at(path.clone());
        let Some(handle) = self.handle.as_deref_mut() else {
            let started = env.clock.now();
            let done = look(&value, &validators, strict, env);
            let latency = env.clock.now().nanos_since(started);
            let passed = done.outcome.is_ok();
            self.log.push(env, || StepResult::gate(place.clone(), latency, passed, done.findings.clone()));
            return match done.outcome {
                Ok(_) => Ok(value),
                Err(failure) => Err(failure.to_error().at(path)),
            };
        };
        let digest = crate::codec::digest(&value).map_err(codec)?;
        // A resumed run asks again where it failed.
        let n = env.forgiven(&path).saturating_add(1);
        let key = Key { path: path.clone(), kind: Kind::Gate, n };
        let looked = &value;
        let body: Body<'_> =
            Box::new(move || Box::pin(async move { look(looked, &validators, strict, env) }));
        let record = handle.attempt(AttemptCommand { key, version: 1, digest }, body).await?;
        match &record.outcome {
            RecordOutcome::Output(_) => Ok(value),
            RecordOutcome::Failure(failure) => Err(failure.to_error().at(path).after(n, n)),
        }
    }
}

fn look<T: Durable, V: Validators<T>>(
    value: &T,
    validators: &V,
    strict: bool,
    env: &RunEnv,
) -> AttemptRecord {
    let started = env.clock.now();
    let said = validators.validate_all(value);
    let reasons: Vec<String> = said.iter().filter_map(ValidationResult::reason).map(str::to_owned).collect();
    let rejected = strict && !reasons.is_empty();
    AttemptRecord {
        outcome: if rejected {
            Err(FailureRecord::rejected(&reasons, Json::encode(value).ok()))
        } else {
            Ok(Json::null())
        },
        parts: Vec::new(),
        usage: Usage::default(),
        findings: reasons.into_iter().map(|message| Finding { message }).collect(),
        started,
        ended: env.clock.now(),
    }
}
