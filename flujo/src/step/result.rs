use super::RunInfo;
use crate::clock::Timestamp;
use crate::engine::{Finding, Kind, ModelUse, Record, RecordOutcome};
use crate::model::CallOptions;
use crate::path::{Path, Place, grammar};
use crate::usage::Usage;
use std::sync::Arc;
use std::time::Duration;

/// The result of one node.
///
/// ```
/// # use flujo::prelude::*;
/// use flujo::StepResult;
/// use flujo::model::{ModelReply, Script, Tokens};
///
/// #[step(model = "openai:gpt-4o-mini", max_tokens = 50, retries = 1, reasoning_effort = "low")]
/// fn numbers(text: String) -> Prompt<Vec<u32>> {
///     Prompt::ask(text)
/// }
/// pipeline! {
///     fn read(text: String) -> Vec<u32> { numbers(text) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let models = Script::new().then(ModelReply::new("[1, 2,]").used(Tokens::new(8, 4)));
/// let result = Flujo::builder().models(models).build()?.run(read("one and two".to_owned())).await;
/// let step: &StepResult = &result.steps[0];
/// assert_eq!((step.path().as_str(), step.attempts(), step.is_done()), ("read/numbers", 1, true));
/// assert_eq!((step.usage().model_calls, step.by_model()[0].0.as_str()), (1, "openai:gpt-4o-mini"));
/// // The answer had a comma too many, and the call an option that not every provider takes.
/// assert_eq!((step.is_repaired(), step.repairs()), (true, &["a trailing comma".to_owned()][..]));
/// assert!(step.options().is_some_and(|options| options.reasoning_effort.is_some()));
/// // Nothing was said against its output, and no other step stood in for it.
/// assert!(step.validation_passed() && step.findings().is_empty() && !step.is_fallback());
/// assert!(step.latency() < std::time::Duration::from_secs(60));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct StepResult {
    place: At,
    /// In nanoseconds.
    latency: u64,
    attempts: u32,
    done: bool,
    /// Details that most nodes do not have, in a box to keep the result small.
    extra: Option<Box<Extra>>,
}

#[derive(Clone, Debug)]
enum At {
    Place(Place),
    Path(Path),
}

#[derive(Clone, Debug, Default)]
struct Extra {
    usage: Usage,
    findings: Vec<Finding>,
    cached: bool,
    models: ModelUse,
}

impl Extra {
    fn boxed(self) -> Option<Box<Self>> {
        let Self { usage, findings, cached, models } = &self;
        let models = *models == ModelUse::default();
        let nothing = *usage == Usage::default() && findings.is_empty() && !cached && models;
        (!nothing).then(|| Box::new(self))
    }

    /// The details of an attempt. Most have none, which is checked before anything is allocated.
    fn of(usage: Usage, findings: &[Finding], cached: bool, models: Option<&ModelUse>) -> Option<Box<Self>> {
        let plain = findings.is_empty() && !cached && models.is_none() && usage == Usage::default();
        (!plain).then(|| {
            let models = models.cloned().unwrap_or_default();
            Box::new(Self { usage, findings: findings.to_vec(), cached, models })
        })
    }

    fn of_record(record: &Record) -> Option<Box<Self>> {
        Self::of(record.usage, &record.findings, record.cached, record.models.as_deref())
    }

    /// One more attempt, of which `later` is to be said: what was used adds up, what was found is that of the last.
    fn then(earlier: Option<Box<Self>>, later: Option<Box<Self>>) -> Option<Box<Self>> {
        let Some(mut all) = earlier else { return later };
        let Self { usage, findings, cached, models } = later.map(|later| *later).unwrap_or_default();
        all.add(usage, models);
        (all.findings, all.cached) = (findings, cached);
        (*all).boxed()
    }

    /// An attempt used so much.
    fn add(&mut self, usage: Usage, models: ModelUse) {
        self.usage += usage;
        for (model, usage) in models.by_model {
            match self.models.by_model.iter_mut().find(|(known, _)| *known == model) {
                Some((_, sum)) => *sum += usage,
                None => self.models.by_model.push((model, usage)),
            }
        }
        (self.models.repairs, self.models.reasoning) = (models.repairs, models.reasoning);
        self.models.options = models.options;
    }
}

impl StepResult {
    /// A node that took one attempt.
    #[inline]
    pub(crate) fn once(info: &mut RunInfo, latency: u64, done: bool) -> Self {
        let extra = info.spent().and_then(|usage| Extra { usage, ..Extra::default() }.boxed());
        Self { place: At::Place(info.place()), attempts: 1, latency, done, extra }
    }

    /// A gate where nothing is recorded.
    pub(crate) fn gate(place: Place, latency: u64, done: bool, findings: Vec<Finding>, usage: Usage) -> Self {
        let extra = Extra { usage, findings, ..Extra::default() }.boxed();
        Self { place: At::Place(place), attempts: 1, latency, done, extra }
    }

    /// The path of the node.
    pub fn path(&self) -> Path {
        match &self.place {
            At::Place(place) => place.path(),
            At::Path(path) => path.clone(),
        }
    }

    /// Returns the number of attempts.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The time that all attempts took together, waits between them not counted.
    pub fn latency(&self) -> Duration {
        Duration::from_nanos(self.latency)
    }

    /// Returns the usage of all attempts together.
    pub fn usage(&self) -> Usage {
        self.extra.as_ref().map(|extra| extra.usage).unwrap_or_default()
    }

    /// Returns the findings of validators on an output that passed all the same.
    pub fn findings(&self) -> &[Finding] {
        self.extra.as_ref().map(|extra| extra.findings.as_slice()).unwrap_or_default()
    }

    /// Returns true if the output came from the cache, at no cost.
    pub fn is_cached(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.cached)
    }

    /// Returns the usage of each model that it called, all attempts together: `provider:model`, in the order of the first
    /// calls.
    pub fn by_model(&self) -> &[(String, Usage)] {
        self.extra.as_ref().map(|extra| extra.models.by_model.as_slice()).unwrap_or_default()
    }

    /// Returns the repairs that were needed to read the answer of a model, in words; none if it was clean. The value is what
    /// the model wrote all the same: what could have meant two things is not mended.
    pub fn repairs(&self) -> &[String] {
        self.extra.as_ref().map(|extra| extra.models.repairs.as_slice()).unwrap_or_default()
    }

    /// Returns the text of the model's reasoning in the last attempt, where the step asked to record it:
    /// `#[step(reasoning_text = true)]`.
    pub fn reasoning(&self) -> Option<&str> {
        self.extra.as_ref()?.models.reasoning.as_deref()
    }

    /// Returns the options of the last call of a model that not every provider takes, if there were any: what was sent, `extra`
    /// included.
    pub fn options(&self) -> Option<&CallOptions> {
        self.extra.as_ref()?.models.options.as_deref()
    }

    /// Returns true if the answer of a model had to be repaired before it could be read.
    pub fn is_repaired(&self) -> bool {
        !self.repairs().is_empty()
    }

    /// Returns true if no validator rejected the output.
    pub fn validation_passed(&self) -> bool {
        self.findings().is_empty()
    }

    /// Returns true if the last attempt succeeded.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns true if the node is the fallback of one that failed: `node!fallback`.
    pub fn is_fallback(&self) -> bool {
        grammar::has_stand_in(self.path().as_str())
    }

    /// One result per node, in the order in which the nodes' first attempts were recorded.
    pub(crate) fn of_records(records: &[Arc<Record>]) -> Vec<Self> {
        let mut results: Vec<Self> = Vec::with_capacity(records.len());
        for record in records.iter().filter(|r| matches!(r.key.kind, Kind::Step | Kind::Model | Kind::Gate)) {
            let done = matches!(record.outcome, RecordOutcome::Output(_));
            let latency = record.ended.nanos_since(record.started);
            // Attempts of one node are close together: looking back finds the first one soon.
            let earlier = (record.key.n > 1).then(|| {
                results.iter_mut().rfind(|r| matches!(&r.place, At::Path(p) if *p == record.key.path))
            });
            if let Some(result) = earlier.flatten() {
                result.attempts += 1;
                result.latency = result.latency.saturating_add(latency);
                result.extra = Extra::then(result.extra.take(), Extra::of_record(record));
                result.done = done;
                continue;
            }
            results.push(Self {
                place: At::Path(record.key.path.clone()),
                attempts: 1,
                latency,
                done,
                extra: Extra::of_record(record),
            });
        }
        results
    }
}

/// The sum of the attempts of a node in an ephemeral run.
#[derive(Default)]
pub(crate) struct Tally {
    attempts: u32,
    latency: u64,
    extra: Option<Box<Extra>>,
}

impl Tally {
    pub(crate) fn add(&mut self, info: &mut RunInfo, started: Timestamp, ended: Timestamp) {
        self.attempts += 1;
        self.latency = self.latency.saturating_add(ended.nanos_since(started));
        let (usage, models, _) = info.account();
        let later = Extra::of(usage, &[], info.is_cached(), models.as_deref());
        self.extra = Extra::then(self.extra.take(), later);
    }
    pub(crate) fn found(&mut self, findings: Vec<Finding>) {
        if !findings.is_empty() {
            self.extra.get_or_insert_default().findings = findings;
        }
    }
    pub(crate) fn findings(&self) -> &[Finding] {
        self.extra.as_ref().map(|extra| extra.findings.as_slice()).unwrap_or_default()
    }
    pub(crate) fn into_result(self, place: Place, done: bool) -> StepResult {
        let Self { attempts, latency, extra } = self;
        StepResult { place: At::Place(place), attempts, latency, done, extra }
    }
}
