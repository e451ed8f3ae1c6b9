use super::{Period, Record, RunFilter, RunView};
use crate::clock::Timestamp;
use crate::usage::Usage;
use std::collections::BTreeMap;

/// A filter of a report of usage. The default takes everything.
///
/// ```
/// use flujo::clock::Timestamp;
/// use flujo::engine::{Period, UsageFilter};
///
/// let of_acme = UsageFilter::default()
///     .period(Period::new(Some(Timestamp(100)), None))
///     .pipeline("moderate")
///     .label("tenant", "acme")
///     .by_label("team");
/// // The runs that such a report has to read.
/// let runs = of_acme.runs();
/// assert_eq!(runs.labels, [("tenant".to_owned(), "acme".to_owned())]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageFilter {
    /// Only attempts that ended in this period, and lost calls that were made again in it.
    pub period: Period,
    /// Only runs of this pipeline.
    pub pipeline: Option<String>,
    /// Only runs with all of these labels, by name and value.
    pub labels: Vec<(String, String)>,
    /// The name of a label: its values are told apart.
    pub by_label: Option<String>,
}

impl UsageFilter {
    /// Takes only attempts that ended in this period.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = period;
        self
    }

    /// Takes only runs of this pipeline.
    #[must_use]
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// Takes only runs with this label; with several calls, with all of them.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// Tells the values of a label apart.
    #[must_use]
    pub fn by_label(mut self, name: impl Into<String>) -> Self {
        self.by_label = Some(name.into());
        self
    }

    /// Returns the filter of the runs that are asked for.
    pub fn runs(&self) -> RunFilter {
        let mut runs = RunFilter::default();
        runs.pipeline.clone_from(&self.pipeline);
        runs.labels.clone_from(&self.labels);
        // What ended in the period was created before its end, and changed since its beginning.
        runs.created = Period::new(None, self.period.until);
        runs.changed = Period::new(self.period.from, None);
        runs
    }
}

/// The usage of one pipeline on one model on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsageLine {
    /// The beginning of the day, in UTC.
    pub day: Timestamp,
    /// The durable name of the pipeline.
    pub pipeline: String,
    /// The model, as `provider:model`; [`LOST`](Self::LOST) for calls of which no record says the model, and `None` for
    /// usage that code reported.
    pub model: Option<String>,
    /// The value of the label that is asked for; `None` for runs without it.
    pub label: Option<String>,
    /// The usage: calls, tokens, and cost in nano-dollars.
    pub usage: Usage,
}

impl UsageLine {
    /// The place of the model in lines of calls without a record: they were lost with their process, or their attempt was
    /// abandoned. What they used is known, or charged at what was reserved; which model it was is not recorded.
    pub const LOST: &str = "(lost call)";
}

/// A day in nanoseconds.
const DAY: u64 = 86_400 * 1_000_000_000;

/// The sums of usage while records are read.
///
/// ```
/// # use flujo::prelude::*;
/// # #[step]
/// # async fn greet(name: String) -> Result<String> { Ok(format!("Hello, {name}!")) }
/// # pipeline! {
/// #     fn welcome(name: String) -> String { greet(name) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// use flujo::clock::Timestamp;
/// use flujo::engine::{UsageFilter, UsageLine, UsageReport};
/// use flujo::Usage;
///
/// # let memory = flujo::engine::Memory::new();
/// # let flujo = Flujo::builder().engine(memory.clone()).build()?;
/// # flujo.run(welcome("Ada".to_owned())).id("r-1").await.into_output()?;
/// # let view = flujo.inspect("r-1").await?;
/// let mut report = UsageReport::default();
/// assert_eq!(view.lost, []);
/// // A run whose steps cost nothing adds no line.
/// report.add_run(&view, &UsageFilter::default());
/// let call = Usage::default().model_calls(1);
/// report.add(Timestamp(0), ("moderate", Some("acme")), call, &[("openai:gpt-4o-mini".to_owned(), call)]);
///
/// // A call that was lost with its process.
/// report.add_lost(Timestamp(0), ("moderate", None), call.estimated());
///
/// let lines = report.lines();
/// assert_eq!(lines.len(), 2);
/// assert_eq!(lines[0].model.as_deref(), Some(UsageLine::LOST));
/// assert_eq!(lines[1].model.as_deref(), Some("openai:gpt-4o-mini"));
/// assert_eq!((lines[1].label.as_deref(), lines[1].usage), (Some("acme"), call));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct UsageReport(BTreeMap<(Timestamp, String, Option<String>, Option<String>), Usage>);

impl UsageReport {
    /// Adds the usage of a run: that of its records, and what is in no record. Records that were taken over from another
    /// run cost nothing again.
    pub fn add_run(&mut self, view: &RunView, filter: &UsageFilter) {
        let run = &view.run;
        let label = filter.by_label.as_deref().and_then(|name| run.labels.get(name));
        let is_own =
            |record: &&std::sync::Arc<Record>| run.seed.origin.is_none() || record.started >= run.created;
        for record in view.records.iter().filter(is_own).filter(|r| filter.period.contains(r.ended)) {
            let models = record.models.as_deref().map(|used| used.by_model.as_slice()).unwrap_or_default();
            self.add(record.ended, (&run.pipeline, label), record.usage, models);
        }
        for (key, usage) in &view.lost {
            let made_again = view.records.iter().filter(is_own).find(|record| record.key == *key);
            let at = made_again.map(|record| record.ended).or(view.ended).unwrap_or(view.changed);
            if filter.period.contains(at) {
                self.add_lost(at, (&run.pipeline, label), *usage);
            }
        }
    }

    /// Adds the usage of an attempt without a record. `at` is the end of the attempt that was made in its place; of the
    /// run, where none was; or the last change of a run that goes on.
    pub fn add_lost(&mut self, at: Timestamp, of: (&str, Option<&str>), usage: Usage) {
        let models = [(UsageLine::LOST.to_owned(), usage)];
        // Without a call it is usage that code reported.
        self.add(at, of, usage, if usage.model_calls > 0 { &models } else { &[] });
    }

    /// Adds the usage of an attempt that ended at `at`, of a run of a pipeline with the label that is asked for; `models`
    /// says which part of it is whose.
    pub fn add(
        &mut self,
        at: Timestamp,
        (pipeline, label): (&str, Option<&str>),
        usage: Usage,
        models: &[(String, Usage)],
    ) {
        let day = Timestamp(at.0 - at.0 % DAY);
        let mut to = |model: Option<&str>, usage: Usage| {
            if usage != Usage::default() {
                let key = (day, pipeline.to_owned(), model.map(str::to_owned), label.map(str::to_owned));
                *self.0.entry(key).or_default() += usage;
            }
        };
        let mut of_models = Usage::default();
        for (model, usage) in models {
            to(Some(model), *usage);
            of_models += *usage;
        }
        to(None, usage.without(of_models));
    }

    /// Returns the lines, in the order of days, pipelines, models and labels.
    pub fn lines(self) -> Vec<UsageLine> {
        let line = |((day, pipeline, model, label), usage)| UsageLine { day, pipeline, model, label, usage };
        self.0.into_iter().map(line).collect()
    }
}
