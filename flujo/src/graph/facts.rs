//! Compile-time data of one step or pipeline.

use super::{AnswerSchema, Asking, Bounds, Graph, NodeKind, OptionText};

/// The facts of a step or a pipeline that are known at compile time, independent of its context.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The function's name, or the pipeline's durable name.
    pub name: &'static str,
    /// The kind: step, model step or pipeline.
    pub kind: NodeKind,
    /// The version, `version = n`; defaults to 1.
    pub version: u32,
    /// The oldest version whose records it accepts: `version`, unless `migrate` converts older ones.
    pub migrates_from: u32,
    /// Input names and types.
    pub inputs: &'static [(&'static str, &'static str)],
    /// The output type.
    pub output: &'static str,
    /// Types of context parts that it reads.
    pub reads: &'static [&'static str],
    /// Types of context parts that it may write.
    pub writes: &'static [&'static str],
    /// Types of resources that it uses.
    pub resources: &'static [&'static str],
    /// True if it takes `run: &RunInfo`.
    pub run: bool,
    /// Options of the attribute.
    pub options: &'static [OptionText],
    /// The doc comment.
    pub doc: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line in the source file.
    pub line: u32,
    /// The worst case of one attempt.
    pub bounds: Bounds,
    /// The default number of retries.
    pub retries: u64,
    /// The worst case of the fallback that the attribute names.
    pub fallback: Bounds,
    /// The worst case of one attempt of the step that the attribute redirects to.
    pub redirect: Bounds,
    /// The step that the attribute names as fallback.
    pub falls_back_to: Option<&'static Facts>,
    /// The step that the attribute redirects to.
    pub redirects_to: Option<&'static Facts>,
    /// The tools of a model step.
    pub tools: &'static [&'static Facts],
    /// The tools that ask a person first because the list of tools says so, each with true if the question has a deadline.
    /// Others ask because their own attribute says so.
    pub tools_that_ask: &'static [(&'static Facts, bool)],
    /// How often a model step may ask models.
    pub asking: Asking,
    /// The question that is asked before a model's call of it runs.
    pub ask_first: Option<&'static str>,
    /// The graph, if it is a pipeline.
    pub graph: Option<&'static Graph>,
    /// The JSON Schema of the answer of a model step.
    pub answer: Option<AnswerSchema>,
    /// The JSON Schema of the output of a step, if its type has one: it is stored with each run.
    pub schema: Option<AnswerSchema>,
}

/// Name, inputs, output, file and line, and the schema of a step.
#[doc(hidden)]
pub type StepTexts = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    (&'static str, u32),
    Option<AnswerSchema>,
);

impl Facts {
    /// Returns the worst case of one call with its default retries.
    pub const fn call(&self) -> Bounds {
        self.attempts(Some(self.retries), self.redirect)
    }

    /// Returns the worst case of one call with the options of its attribute, fallbacks included.
    pub const fn called(&self) -> Bounds {
        // A short cut for most steps: the compiler interprets this function for every call of every pipeline.
        if self.retries == 0 && self.falls_back_to.is_none() {
            return self.bounds;
        }
        self.call().then(self.fallback)
    }

    /// Returns the worst case of one attempt and `retries` more, each of which may be one of the step that it is
    /// redirected to.
    pub const fn attempts(&self, retries: Option<u64>, redirect: Bounds) -> Bounds {
        self.bounds.then(self.bounds.or(redirect).times(retries))
    }

    /// Creates the facts of a code step without options.
    #[doc(hidden)]
    pub const fn step(texts: StepTexts) -> Self {
        let (name, inputs, output, (file, line), schema) = texts;
        Self { name, inputs, output, file, line, schema, bounds: Bounds::STEP, ..Self::NONE }
    }

    /// The facts of a node that calls neither a step nor a pipeline: a form, or a call that does not compile.
    pub const NONE: Self = Self {
        name: "",
        kind: NodeKind::Step,
        version: 1,
        migrates_from: 1,
        inputs: &[],
        output: "",
        reads: &[],
        writes: &[],
        resources: &[],
        run: false,
        options: &[],
        doc: "",
        file: "",
        line: 0,
        bounds: Bounds::ZERO,
        retries: 0,
        fallback: Bounds::ZERO,
        redirect: Bounds::ZERO,
        falls_back_to: None,
        redirects_to: None,
        tools: &[],
        tools_that_ask: &[],
        asking: Asking::DEFAULT,
        ask_first: None,
        graph: None,
        answer: None,
        schema: None,
    };
}
