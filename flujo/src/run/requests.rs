//! Requests of callers without types to [`Control`](super::Control).

use crate::codec::Json;
use crate::durable::Inputs;
use crate::engine::{Labels, RunId};
use crate::error::{Error, ErrorKind, RunResult};
use crate::exec::Pipeline;
use crate::path::Path;
use crate::usage::UsageLimits;

/// A run to be started by the name of its pipeline.
///
/// ```
/// use flujo::UsageLimits;
/// use flujo::codec::Json;
/// use flujo::engine::Labels;
/// use flujo::run::StartRun;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut labels = Labels::default();
/// labels.set("tenant", "acme")?;
/// let start = StartRun::new("welcome", "r-1", Json::encode(&("Ada",))?)
///     .context(Json::parse(r#"{"seen":[]}"#)?)
///     .labels(labels)
///     .limits(UsageLimits::usd("0.50"))
///     .by("ops");
/// assert_eq!((start.pipeline.as_str(), start.id.as_str()), ("welcome", "r-1"));
/// assert_eq!(start.labels.get("tenant"), Some("acme"));
/// # Ok(())
/// # }
/// ```
///
/// A caller that has the pipeline creates it with its types: [`StartRun::of`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StartRun {
    /// The durable name of the pipeline, which must be registered.
    pub pipeline: String,
    /// The id of the run.
    pub id: RunId,
    /// The list of the pipeline's inputs.
    pub input: Json,
    /// The context that the run begins with; the default of its type if there is none.
    pub context: Option<Json>,
    /// The labels.
    pub labels: Labels,
    /// Limits of the run; those of the engine apply as well.
    pub limits: Option<UsageLimits>,
    /// The name of the caller.
    pub by: Option<String>,
}

impl StartRun {
    /// Creates a request to start a run with these inputs.
    pub fn new(pipeline: impl Into<String>, id: impl Into<RunId>, input: Json) -> Self {
        Self {
            pipeline: pipeline.into(),
            id: id.into(),
            input,
            context: None,
            labels: Labels::default(),
            limits: None,
            by: None,
        }
    }

    /// Creates a request to start a run of `P` with these inputs, a tuple as in the call. `Control::start` with it returns
    /// once the run is durable, which [`Run::start`](super::Run::start) does not wait for: a queue acknowledges its message
    /// then.
    ///
    /// ```
    /// # use flujo::prelude::*;
    /// use flujo::run::{Control, StartRun};
    ///
    /// # #[step]
    /// # async fn greet(name: String) -> Result<String> { Ok(name) }
    /// pipeline! {
    ///     fn welcome(name: String) -> String { greet(name) }
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// let flujo = Flujo::builder().pipeline::<welcome>().build()?;
    /// Control::start(&flujo, &StartRun::of::<welcome>("r-1", &("Ada".to_string(),))?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Codec`]: an input cannot be encoded as JSON.
    pub fn of<P: Pipeline>(id: impl Into<RunId>, input: &P::Input) -> RunResult<Self> {
        match input.record() {
            Ok(input) => Ok(Self::new(P::FACTS.name, id, input)),
            Err(error) => Err(Error::new(ErrorKind::Codec(error))),
        }
    }

    /// Sets the context that the run begins with.
    #[must_use]
    pub fn context(mut self, context: Json) -> Self {
        self.context = Some(context);
        self
    }

    /// Sets the labels.
    #[must_use]
    pub fn labels(mut self, labels: Labels) -> Self {
        self.labels = labels;
        self
    }

    /// Adds a label.
    ///
    /// # Errors
    /// As [`Labels::set`].
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> RunResult<Self> {
        self.labels.set(name, value)?;
        Ok(self)
    }

    /// Sets limits of the run.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets the name of the caller.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }
}

/// A fork of an ended run, from one of its nodes on.
///
/// ```
/// use flujo::run::ForkRun;
///
/// let fork = ForkRun::new("r-1", "welcome/greet", "r-2").by("ops");
/// assert_eq!((fork.of.as_str(), fork.from.as_str(), fork.id.as_str()), ("r-1", "welcome/greet", "r-2"));
/// ```
///
/// ```
/// use flujo::codec::Json;
/// use flujo::run::ForkRun;
///
/// let fork = ForkRun::new("post-1", "moderate/judge", "post-1-again")
///     .input(Json::parse(r#"["Hello, you!"]"#).unwrap())
///     .model("moderate/judge", "openai:gpt-4o")
///     .limits(flujo::UsageLimits::usd("0.50"))
///     .by("ops");
/// assert_eq!((fork.models.len(), fork.limits), (1, Some(flujo::UsageLimits::usd("0.50"))));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ForkRun {
    /// The run to fork.
    pub of: RunId,
    /// The first node that is executed again: one with a record or a question, or one that the run came to, such as the node
    /// whose call was refused by a limit.
    pub from: Path,
    /// The id of the new run.
    pub id: RunId,
    /// The list of inputs of the new run; those of the run that is forked if there are none.
    pub input: Option<Json>,
    /// Models that answer in place of those of the code, as `provider:model`, by the path of a node; all nodes within it
    /// are meant.
    pub models: Vec<(Path, String)>,
    /// Limits of the new run, in place of those of the run that is forked; where a unit has none here, that of the forked
    /// run holds. Those of the engine apply as well. What is taken over does not count: it was paid by that run.
    pub limits: Option<UsageLimits>,
    /// The name of the caller.
    pub by: Option<String>,
}

impl ForkRun {
    /// Creates a request to fork the run `of` from a node on.
    pub fn new(of: impl Into<RunId>, from: impl Into<Path>, id: impl Into<RunId>) -> Self {
        Self {
            of: of.into(),
            from: from.into(),
            id: id.into(),
            input: None,
            models: Vec::new(),
            limits: None,
            by: None,
        }
    }

    /// Sets other inputs.
    #[must_use]
    pub fn input(mut self, input: Json) -> Self {
        self.input = Some(input);
        self
    }

    /// Names another model for a node, and for all nodes within it.
    #[must_use]
    pub fn model(mut self, node: impl Into<Path>, model: impl Into<String>) -> Self {
        self.models.push((node.into(), model.into()));
        self
    }

    /// Sets limits of the new run, unit by unit, in place of those of the run that is forked.
    #[must_use]
    pub fn limits(mut self, limits: UsageLimits) -> Self {
        self.limits = Some(limits);
        self
    }

    /// Sets the name of the caller.
    #[must_use]
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }
}
