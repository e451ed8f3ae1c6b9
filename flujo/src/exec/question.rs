//! Questions to people: asked, recorded, answered.

use super::driver::Driver;
use crate::codec::{CodecError, Json};
use crate::error::{Error, ErrorKind, RunResult, Signal};
use crate::future::BoxFuture;
use crate::path::NodeId;
use crate::question::{Answered, Question, QuestionBuilder};
use serde_json::Value;
use std::sync::PoisonError;

/// Decodes a reply into its type.
type Read<'a> = &'a mut (dyn FnMut(&Json) -> Result<(), CodecError> + Send);

impl Driver<'_> {
    /// Boxed here, where the future has its type: it is compiled once.
    pub(crate) fn ask<'a>(
        &'a mut self,
        id: NodeId,
        question: QuestionBuilder,
        schema: &'a Value,
        read: Read<'a>,
    ) -> BoxFuture<'a, RunResult<()>> {
        Box::pin(self.asked(id, question, schema, read))
    }

    async fn asked(
        &mut self,
        id: NodeId,
        question: QuestionBuilder,
        schema: &Value,
        read: Read<'_>,
    ) -> RunResult<()> {
        let path = self.place(id).path();
        let Some(handle) = self.handle.as_deref_mut() else {
            let what = "an ephemeral run cannot wait for a reply: start it without `.ephemeral()`".to_owned();
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
            schema: Json::encode(schema).map_err(codec)?,
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
        read(&reply.value)
            .map_err(|e| Signal::mismatch(path, format_args!("the recorded reply no longer decodes: {e}")))?;
        let answered = Answered { question, reply };
        if let Some(stage) = &self.env.stage {
            stage.answered(&answered, is_new);
        }
        self.env.history.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
        Ok(())
    }
}
