//! `ask`: a question to a person (human in the loop).

use crate::codec::{CodecError, Json};
use crate::context::Context;
use crate::durable::Reply;
use crate::error::{Error, ErrorKind, RunResult, Signal};
use crate::exec::{Cx, Driver, finished};
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::question::{Answered, Question, QuestionBuilder};
use schemars::Schema;
use std::sync::PoisonError;

/// Asks a person: `let reply: T = ask("..")`.
///
/// Options: `.showing(&value)`, `.timeout(duration, default)`, `.named("id")`. The node is named after its
/// `let` binding. The run pauses once nothing else is left to do; `flujo.resume::<p>(id).reply(v)` goes on
/// right after the question. `T` needs a JSON Schema: `#[derive(schemars::JsonSchema)]`.
pub fn ask(message: impl Into<String>) -> QuestionBuilder {
    QuestionBuilder::new(message.into())
}

impl<C: Context, R: Send + Sync> Cx<'_, C, R> {
    /// Begins a question. A method, so that generated code can say it at the user's `ask` without a path.
    #[doc(hidden)]
    pub fn question(&self, message: impl Into<String>) -> QuestionBuilder {
        QuestionBuilder::new(message.into())
    }

    /// Asks a person, and waits for the reply: recorded, or given while siblings run, or in another process
    /// next week.
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
            match self.driver.ask(id, question, &schema, &mut read).await {
                Ok(()) => finished(value),
                Err(error) => Err(error),
            }
        })
    }
}

/// Decodes a reply into its type.
type Read<'a> = &'a mut (dyn FnMut(&Json) -> Result<(), CodecError> + Send);

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    fn ask<'a>(
        &'a mut self,
        id: NodeId,
        question: QuestionBuilder,
        schema: &'a Schema,
        read: Read<'a>,
    ) -> BoxFuture<'a, RunResult<()>> {
        Box::pin(self.asked(id, question, schema, read))
    }

    async fn asked(
        &mut self,
        id: NodeId,
        question: QuestionBuilder,
        schema: &Schema,
        read: Read<'_>,
    ) -> RunResult<()> {
        let path = self.place(id).path();
        let Some(handle) = self.handle.as_deref_mut() else {
            let what = "a run that records nothing cannot wait for a reply".to_owned();
            return Err(Error::new(ErrorKind::Unconfigured(what)).at(path));
        };
        let codec = |e| Error::new(ErrorKind::Codec(e)).at(path.clone());
        let asked = self.env.clock.now();
        let (deadline, default) = match question.timeout {
            Some((wait, default)) => (Some(asked.plus(wait)), Some(default.map_err(codec)?)),
            None => (None, None),
        };
        let question = Question {
            path: path.clone(),
            message: question.message,
            shown: question.shown.transpose().map_err(codec)?,
            schema: Json::encode(schema.as_value()).map_err(codec)?,
            asked,
            deadline,
            default,
        };
        let mut is_new = false;
        let mut asked = |question: &Question| {
            is_new = true;
            if let Some(stage) = &self.env.stage {
                stage.asked(question);
            }
        };
        let reply = handle.ask(question.clone(), &mut asked).await?;
        read(&reply.value).map_err(|e| {
            Signal::mismatch(path, format_args!("the recorded reply does not decode any more: {e}"))
        })?;
        let answered = Answered { question, reply };
        if let Some(stage) = &self.env.stage {
            stage.answered(&answered, is_new);
        }
        self.env.history.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
        Ok(())
    }
}
