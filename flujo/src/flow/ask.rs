//! `ask`: a question to a person (human in the loop).

use crate::codec::Json;
use crate::context::Context;
use crate::durable::Reply;
use crate::error::RunResult;
use crate::exec::{Cx, finished};
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::question::QuestionBuilder;

/// Asks a person and waits for the reply: human in the loop, approval, durable pause.
///
/// The type of the reply is that of the `let` binding; it needs a JSON Schema, `#[derive(schemars::JsonSchema)]`. The run
/// pauses once nothing else is left to do, and goes on after the question when the reply is there: next week, in another
/// process.
///
/// ```
/// # use flujo::prelude::*;
/// #[step]
/// async fn publish(text: String) -> Result<String> {
///     Ok(format!("published: {text}"))
/// }
///
/// pipeline! {
///     fn release(text: String) -> String {
///         let approved: bool = ask("May this be published?").showing(&text);
///         if approved { publish(text) } else { fail("not approved") }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), flujo::Error> {
/// let flujo = Flujo::builder().build()?;
/// let paused = flujo.run(release("a post".to_string())).id("post-1").await;
/// let [question] = paused.questions() else { panic!("one question is open") };
/// assert_eq!(question.path, "release/approved");
/// assert_eq!(question.message, "May this be published?");
///
/// let result = flujo.resume::<release>("post-1").reply(true).by("editor").await?;
/// assert_eq!(result.hitl_history.len(), 1);
/// assert_eq!(result.into_output()?, "published: a post");
/// # Ok(())
/// # }
/// ```
///
/// # Options
///
/// | option | type | meaning |
/// |---|---|---|
/// | `.showing(&value)` | any `Serialize` | The value that the person sees beside the question. Defaults to none. |
/// | `.timeout(duration, default)` | `"2h"` or a `Duration`, and a reply | The reply after that time, counted from when the question was asked, also while no process runs. Defaults to none: the run waits without a bound. |
/// | `.named("id")` | literal | The id, a segment of paths. Defaults to the name of the `let` binding, else `ask`. |
///
/// # What is recorded: checkpoints and resume
///
/// The question, with its schema and its deadline, at the path of the node, `release/approved`; and the reply, with who
/// gave it and when. A resumed run takes the recorded reply from the journal. If the question in the code differs from the
/// recorded one, the run stops with a journal mismatch and changes nothing.
///
/// # What the compiler tells you
///
/// `tests/ui/flow/ask_without_type.stderr`:
///
/// ```text
/// error: `ask(..)` needs the type of its reply [ask_without_type]
///        write `let reply: Reply = ask(..);`
///  --> ui/flow/ask_without_type.rs:8:21
///   |
/// 8 |         let reply = ask("is this sarcastic?");
///   |                     ^^^
/// ```
///
/// `tests/ui/flow/ask_without_schema.stderr`:
///
/// ```text
/// error[E0277]: `Label` cannot be used as a reply [not_a_reply]
///   --> ui/flow/ask_without_schema.rs:13:20
///    |
/// 13 |         let label: Label = ask("is this sarcastic?").showing(&text);
///    |                    ^^^^^ no JSON Schema for this type
/// ```
///
/// `tests/ui/flow/ask_timeout_without_default.stderr`:
///
/// ```text
/// error: `timeout` of a question takes a duration and a default reply [ask_timeout_without_default]
///        write `.timeout("2h", Reply::default())`
///   --> ui/flow/ask_timeout_without_default.rs:13:54
///    |
/// 13 |         let label: Label = ask("is this sarcastic?").timeout("2h");
///    |                                                      ^^^^^^^
/// ```
pub fn ask(message: impl Into<String>) -> QuestionBuilder {
    QuestionBuilder::new(message.into())
}

#[doc(hidden)]
impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Begins a question. A method, so that generated code needs no path at the user's `ask`.
    #[doc(hidden)]
    pub fn question(&self, message: impl Into<String>) -> QuestionBuilder {
        QuestionBuilder::new(message.into())
    }

    /// Asks a person and waits for the reply, which may be recorded already, or arrive while other arms run.
    ///
    /// # Errors
    /// The run has nothing else to do and pauses; another signal; what is shown cannot be recorded.
    // Boxed: the future of an `async fn` has bounds of its own, and a type that is no reply would be
    // reported twice.
    pub fn ask<T: Reply>(
        &mut self,
        id: impl Into<NodeId>,
        question: QuestionBuilder,
    ) -> BoxFuture<'_, RunResult<T>> {
        let id = id.into();
        Box::pin(async move {
            let schema = schemars::SchemaGenerator::default().into_root_schema_for::<T>();
            let mut value = None;
            let mut read = |reply: &Json| match reply.decode() {
                Ok(decoded) => {
                    value = Some(decoded);
                    Ok(())
                }
                Err(error) => Err(error),
            };
            match self.driver.ask(id, question, schema.as_value(), &mut read).await {
                Ok(()) => finished(value),
                Err(error) => Err(error),
            }
        })
    }
}
