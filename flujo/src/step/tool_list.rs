//! The list of tools of a model step: steps, pipelines and servers, and what is asked before their calls run.

use super::tool::StepTool;
use super::{Arguments, Step, ToolIn};
use crate::context::Context;
use crate::durable::Inputs;
use crate::exec::ServerForm;
use crate::graph::Facts;
use crate::model::ToolServer;
use crate::question::{Approval, ApprovalQuestion};
use crate::resources::Provides;
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The tools of a step, where the context is `C` and the resources are `R`; implemented by `#[step(tools = [..])]`.
#[doc(hidden)]
pub trait ToolSet<C, R> {
    /// Returns the tools that the model may call.
    fn tools() -> Vec<Tool<C, R>>;
}

/// An entry of a list of tools: a step, a pipeline or a server.
///
/// In a pipeline, names of steps and their options are tools: `.tools([search, refund.ask_first("Refund?")])`. A list that is
/// made elsewhere is made of these:
///
/// ```
/// use flujo::prelude::*;
/// use flujo::step::Tool;
/// use std::time::Duration;
///
/// /// Pays money back.
/// #[step]
/// async fn refund(cents: u32) -> Result<String> {
///     Ok(format!("paid {cents} cents"))
/// }
///
/// let tools: Vec<Tool<(), ()>> = vec![
///     Tool::of::<refund>()
///         .ask_first("Refund?")
///         .ask_first_if::<refund>(|cents| *cents > 1_000)
///         .timeout(Duration::from_secs(3600), Approval::deny("no reply in time")),
/// ];
/// # drop(tools);
/// ```
pub struct Tool<C, R>(pub(crate) Offered<C, R>);

pub(crate) enum Offered<C, R> {
    Step(StepTool<C, R>),
    Server(ServerTools<R>),
}

/// A server whose tools are offered.
pub(crate) struct ServerTools<R> {
    pub(crate) form: ServerForm,
    pub(crate) server: fn(&R) -> &dyn ToolServer,
}

impl<C, R> fmt::Debug for Tool<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tool");
        match &self.0 {
            Offered::Step(tool) => shown.field("spec", &tool.spec),
            Offered::Server(server) => shown.field("only", &server.form.only),
        };
        shown.finish_non_exhaustive()
    }
}

impl<C: Context, R: Send + Sync> Tool<C, R> {
    /// Creates the tool of the step or pipeline `S`.
    pub fn of<S: ToolIn<C, R>>() -> Self
    where
        S::Input: Arguments,
    {
        Self(Offered::Step(StepTool::of::<S>()))
    }

    /// Creates the entry of all tools of the server `T`, a resource.
    ///
    /// ```
    /// use flujo::Provides;
    /// use flujo::context::Context;
    /// use flujo::model::ToolServer;
    /// use flujo::step::Tool;
    ///
    /// /// What a model may use of a server that is one of the resources.
    /// fn offered<C: Context, R: Provides<T> + Send + Sync, T: ToolServer>() -> Vec<Tool<C, R>> {
    ///     let files = Tool::served::<T>()
    ///         .only(["read_file", "delete_file"])
    ///         .retries(1)
    ///         .ask_first_if_served(|tool, _arguments| tool == "delete_file");
    ///     vec![files]
    /// }
    /// ```
    pub fn served<T: ToolServer>() -> Self
    where
        R: Provides<T>,
    {
        Self(Offered::Server(ServerTools { form: ServerForm::default(), server: |res| res.provide() }))
    }

    fn question(&mut self) -> &mut Option<ApprovalQuestion> {
        match &mut self.0 {
            Offered::Step(tool) => &mut tool.form.question,
            Offered::Server(server) => &mut server.form.question,
        }
    }

    /// Asks a person for approval before a call runs: `refund.ask_first("Refund?")`.
    #[must_use]
    pub fn ask_first(mut self, message: &str) -> Self {
        self.question().get_or_insert_default().message = Some(message.to_owned());
        self
    }

    /// Asks for approval of the calls for which a function of the inputs returns true; others run at once.
    #[must_use]
    pub fn ask_first_if<S: Step<Input: Arguments>>(
        mut self,
        decides: <S::Input as Arguments>::Decides,
    ) -> Self {
        self.question().get_or_insert_default();
        if let Offered::Step(tool) = &mut self.0 {
            tool.form.needs_approval = Box::new(move |input| Ok(S::Input::recall(input)?.decided(&decides)));
        }
        self
    }

    /// Asks for approval of the calls of a server's tools for which a function of the tool's name and its arguments returns
    /// true.
    #[must_use]
    pub fn ask_first_if_served(mut self, decides: fn(&str, &Value) -> bool) -> Self {
        self.question().get_or_insert_default();
        if let Offered::Server(server) = &mut self.0 {
            server.form.asks_if = Some(decides);
        }
        self
    }

    /// Offers only these tools of a server.
    #[must_use]
    pub fn only<const N: usize>(mut self, tools: [&str; N]) -> Self {
        if let Offered::Server(server) = &mut self.0 {
            server.form.only = tools.map(str::to_owned).to_vec();
        }
        self
    }

    /// Sets the extra attempts of a call of a server's tool.
    #[must_use]
    pub fn retries(mut self, n: u32) -> Self {
        if let Offered::Server(server) = &mut self.0 {
            server.form.retries = n;
        }
        self
    }

    /// Sets the deadline of the question, and the reply after it.
    #[must_use]
    pub fn timeout(mut self, wait: Duration, default: Approval) -> Self {
        // Without a question this does not compile.
        if let Some(question) = self.question() {
            question.timeout = Some((wait, default));
        }
        self
    }
}

/// Refuses, at the tool's name, a tool with the name of another one: the model could not tell them apart.
#[doc(hidden)]
#[track_caller]
pub const fn assert_named_apart(facts: &Facts, other: &Facts, same_name: &str) {
    let (name, other) = (facts.name.as_bytes(), other.name.as_bytes());
    // The placeholder for a callee that is no step has no name.
    let (mut rest, mut others, mut same) = (name, other, !name.is_empty() && name.len() == other.len());
    while let ([a, more @ ..], [b, more_others @ ..]) = (rest, others) {
        same &= *a == *b;
        (rest, others) = (more, more_others);
    }
    assert!(!same, "{}", same_name);
}

/// Refuses, at the option, a deadline where the tool asks nothing.
#[doc(hidden)]
#[track_caller]
pub const fn assert_asks_first(facts: &Facts, no_question: &str) {
    assert!(facts.name.is_empty() || facts.ask_first.is_some(), "{}", no_question);
}

/// Refuses, at the option, a bound of rounds where there are no tools.
#[doc(hidden)]
#[track_caller]
pub const fn assert_has_tools(facts: &Facts) {
    assert!(
        facts.name.is_empty() || !facts.tools.is_empty(),
        "this option is about tool calls, and the call has no tools: add `.tools([..])`, or remove it [option_without_tools]"
    );
}

/// Refuses, at the tool's name, what no model can call.
#[doc(hidden)]
#[track_caller]
pub const fn assert_tool(facts: &Facts, is_function: &str) {
    // The placeholder for a callee that is no step has no name.
    assert!(!facts.name.is_empty(), "{}", is_function);
}
