//! A model's call of a tool, from its arguments to what runs: checked, and approved by a person where the tool asks first.

use super::driver::Driver;
use crate::codec::{CodecError, Json};
use crate::error::{Error, RunResult};
use crate::future::BoxFuture;
use crate::model::{mismatch, wrong};
use crate::path::NodeId;
use crate::question::{Approval, ApprovalQuestion, QuestionBuilder};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// True for an input whose call needs an approval.
type NeedsApproval = Box<dyn Fn(&Json) -> Result<bool, CodecError> + Send + Sync>;

/// The form of the calls of one tool.
pub(crate) struct CallForm {
    pub(crate) tool: Cow<'static, str>,
    /// The inputs of a step; `None` if the arguments are taken as they are.
    pub(crate) inputs: Option<&'static [(&'static str, &'static str)]>,
    /// The schema of the arguments.
    pub(crate) schema: Arc<Value>,
    /// The question before a call runs, if there is one.
    pub(crate) question: Option<ApprovalQuestion>,
    /// The error is that the input does not decode.
    pub(crate) needs_approval: NeedsApproval,
}

/// The decision about a call: the input to run with, and a note for the model that precedes the result; or the message to the
/// model in place of a result.
pub(crate) type Approved = Result<(Json, Option<String>), String>;

impl CallForm {
    /// Reads arguments as a model writes them: the error is the text for the model.
    pub(crate) fn arguments(&self, text: &str) -> Result<(Value, Json), String> {
        let given = if text.trim().is_empty() { "{}" } else { text };
        let given: Value = serde_json::from_str(given).map_err(|e| misfit(&e))?;
        let input = self.input(given.clone())?;
        Ok((given, input))
    }

    /// Puts arguments in the order of the inputs, after they were checked.
    fn input(&self, given: Value) -> Result<Json, String> {
        let Some(inputs) = self.inputs else { return self.whole(&given) };
        let Value::Object(mut given) = given else { return Err(misfit(&NO_OBJECT)) };
        if let Some(unknown) = given.keys().find(|key| inputs.iter().all(|(name, _)| name != key)) {
            return Err(misfit(&format_args!("unknown argument `{unknown}`")));
        }
        // One that may be left out is `null`.
        for (name, _) in inputs {
            given.entry(*name).or_insert(Value::Null);
        }
        let given = Value::Object(given);
        if let Some(wrong) = wrong(&self.schema, &given) {
            return Err(misfit(&wrong));
        }
        // No inputs are the unit type, which is recorded as `null`.
        if inputs.is_empty() {
            return Ok(Json::null());
        }
        let input: Vec<&Value> = inputs.iter().filter_map(|(name, _)| given.get(*name)).collect();
        Json::encode(&input).map_err(|e| misfit(&e))
    }

    /// Takes arguments as they are, after they were checked.
    fn whole(&self, given: &Value) -> Result<Json, String> {
        if !given.is_object() {
            return Err(misfit(&NO_OBJECT));
        }
        match mismatch(&self.schema, given) {
            Some(wrong) => Err(misfit(&wrong)),
            None => Json::encode(given).map_err(|e| misfit(&e)),
        }
    }
}

const NO_OBJECT: &str = "they are not a JSON object";

/// Returns the message to the model that its arguments do not fit the tool.
pub(crate) fn misfit(what: &dyn fmt::Display) -> String {
    format!("the arguments do not fit: {what}")
}

impl Driver<'_> {
    /// Asks a person about a call, if the tool asks first. Boxed here, where the future has its type: it is compiled once.
    ///
    /// # Errors
    /// As of every question.
    pub(crate) fn approve<'a>(
        &'a mut self,
        id: NodeId,
        form: &'a CallForm,
        given: Value,
        input: Json,
    ) -> BoxFuture<'a, RunResult<Approved>> {
        Box::pin(self.approved(id, form, given, input))
    }

    async fn approved(
        &mut self,
        id: NodeId,
        form: &CallForm,
        given: Value,
        input: Json,
    ) -> RunResult<Approved> {
        let Some(asked) = &form.question else { return Ok(Ok((input, None))) };
        // Where the function that decides panics, a person decides: the call must not run unasked, and the run goes on.
        let needed = catch_unwind(AssertUnwindSafe(|| (form.needs_approval)(&input)));
        match needed.unwrap_or(Ok(true)) {
            Ok(true) => {}
            Ok(false) => return Ok(Ok((input, None))),
            // It is not for a person to decide about what cannot run.
            Err(e) => return Ok(Err(misfit(&e))),
        }
        let message = asked.message.clone().unwrap_or_else(|| format!("Allow the call of `{}`?", form.tool));
        let mut question =
            QuestionBuilder::new(message).showing(&json!({"tool": form.tool, "arguments": given}));
        if let Some((wait, default)) = &asked.timeout {
            question = question.timeout(*wait, default);
        }
        let mut approval = None;
        let mut read = |reply: &Json| {
            approval = Some(reply.decode()?);
            Ok(())
        };
        self.ask(id, question, &approval_schema(&form.schema), &mut read).await?;
        Ok(match approval {
            Some(Approval::Allow) => Ok((input, None)),
            Some(Approval::Deny(reason)) => Err(format!("denied: {reason}")),
            Some(Approval::Edit(arguments)) => {
                let note = format!("a person changed the arguments to {arguments}");
                form.input(arguments).map(|input| (input, Some(note)))
            }
            None => return Err(Error::internal("a question ended without a reply")),
        })
    }
}

/// The schema of the replies to a call of a tool whose arguments have this schema. What may be `null` may be left out.
fn approval_schema(arguments: &Value) -> Value {
    let optional = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        let mut one = arguments.clone();
        if let Some(fields) = one.as_object_mut() {
            fields.insert("required".to_owned(), json!([]));
        }
        mismatch(&one, &json!({name: null})).is_none()
    };
    let required = arguments.get("required").and_then(Value::as_array).into_iter().flatten();
    let required: Vec<&Value> = required.filter(|name| !optional(name)).collect();
    let required = json!(required);
    let mut arguments = arguments.clone();
    if let Some(schema) = arguments.as_object_mut() {
        schema.insert("required".to_owned(), required);
    }
    // References are from the root.
    let shared = arguments.as_object_mut().and_then(|schema| schema.remove("$defs"));
    let one = |name: &str, schema: Value| json!({"type": "object", "properties": {name: schema}, "required": [name], "additionalProperties": false});
    let mut schema = json!({"oneOf": [
        {"const": "allow", "description": "The tool runs with the arguments of the model."},
        one("deny", json!({"type": "string", "description": "The tool does not run; the model is told this reason."})),
        one("edit", arguments),
    ]});
    if let (Some(shared), Some(schema)) = (shared, schema.as_object_mut()) {
        schema.insert("$defs".to_owned(), shared);
    }
    schema
}
