//! Agents made at run time: each answers an input of one type with an output of another.
//!
//! A model step says in its attribute which model answers. Where that is known only when the program runs, or there
//! are any number of them, [`make_agent`] makes one as a value: a service like any other, held in the resources and
//! asked by a step of one line.
//!
//! ```
//! use flujo::agent::{Agent, ModelAgent, make_agent};
//! use flujo::model::Script;
//! use flujo::prelude::*;
//!
//! struct Translator(ModelAgent<String, String>);
//!
//! #[step]
//! async fn translate(text: String, translator: &Translator, run: &RunInfo) -> Result<String> {
//!     translator.0.answer(text, run).await
//! }
//!
//! #[resources]
//! struct App {
//!     translator: Translator,
//! }
//!
//! pipeline! {
//!     fn publish(text: String, app: &App) -> String {
//!         translate(text)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), flujo::Error> {
//! let model = "openai:gpt-4o-mini";
//! let translator = make_agent(model).system("Translate into French.").max_tokens(200).retries(1).build();
//! let script = Script::new().then("Bonjour.");
//! let app = App { translator: Translator(translator) };
//! let flujo = Flujo::builder().resources(app).models(script.clone()).build()?;
//! let result = flujo.run(publish("Hello.".to_string())).await;
//! assert_eq!(result.usage.model_calls, 1);
//! assert_eq!(result.into_output()?, "Bonjour.");
//! assert_eq!(script.requests()[0].messages[0].text, "Translate into French.");
//! # Ok(())
//! # }
//! ```
//!
//! Its calls are those of the step that asks: they are charged to it, reserved on every limit around it, and
//! made again with it after a crash. They cannot be records of their own: an engine runs the body of a step as one
//! command, and takes no other command while it is under way. So where a retry should not repeat what came before it
//! crashed, say `retries` of the step, whose attempts are recorded, and not of the agent. A model step is better wherever the model is known: graphs show it, `BOUNDS`
//! counts it, and what could never be answered is refused when the engine is built.

mod builder;
mod model;

pub use builder::{AgentBuilder, make_agent};
pub use model::ModelAgent;

use crate::error::StepError;
use crate::step::RunInfo;
use async_trait::async_trait;
use std::sync::Arc;

/// A model, service or stub that answers an `In` with an `Out`.
#[async_trait]
pub trait Agent<In, Out>: Send + Sync + 'static
where
    In: Send + 'static,
{
    /// Answers. `run` is that of the step that asks.
    ///
    /// # Errors
    /// There is no answer; says whether trying again makes sense.
    async fn answer(&self, input: In, run: &RunInfo) -> Result<Out, StepError>;
}

#[async_trait]
impl<In, Out, T> Agent<In, Out> for Arc<T>
where
    In: Send + 'static,
    T: Agent<In, Out> + ?Sized,
{
    async fn answer(&self, input: In, run: &RunInfo) -> Result<Out, StepError> {
        (**self).answer(input, run).await
    }
}
