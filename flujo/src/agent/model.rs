use super::Agent;
use super::builder::AgentOptions;
use crate::codec::Json;
use crate::durable::Reply;
use crate::error::{Cause, StepError};
use crate::exec::{ModelCall, ask_for};
use crate::model::{Message, Role};
use crate::step::RunInfo;
use async_trait::async_trait;
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;

/// An agent that asks a model: made by [`make_agent`](super::make_agent).
pub struct ModelAgent<In, Out> {
    asked: AgentOptions,
    answers: PhantomData<fn(In) -> Out>,
}

impl<In, Out> ModelAgent<In, Out> {
    pub(super) fn new(asked: AgentOptions) -> Self {
        Self { asked, answers: PhantomData }
    }

    /// Returns the model that answers, `provider:model`, unless the engine has another model for its role; of several, the
    /// first.
    pub fn model(&self) -> &str {
        self.asked.models.first().map(String::as_str).unwrap_or_default()
    }
}

impl<In, Out> Clone for ModelAgent<In, Out> {
    fn clone(&self) -> Self {
        Self::new(self.asked.clone())
    }
}

impl<In, Out> fmt::Debug for ModelAgent<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelAgent").field("models", &self.asked.models).finish_non_exhaustive()
    }
}

/// The prompt of an input: text as it is, every other value as JSON.
fn user_text(input: &impl Serialize) -> Result<String, StepError> {
    let json = Json::encode(input).map_err(StepError::fatal)?;
    Ok(json.decode::<String>().unwrap_or_else(|_| json.as_str().to_owned()))
}

#[async_trait]
impl<In: Serialize + Send + Sync + 'static, Out: Reply> Agent<In, Out> for ModelAgent<In, Out> {
    async fn answer(&self, input: In, run: &RunInfo) -> Result<Out, StepError> {
        let asked = &self.asked;
        let system = asked.system.iter().map(|rules| Message::new(Role::System, rules));
        let prompt: Vec<_> = system.chain([Message::new(Role::User, user_text(&input)?)]).collect();
        let env = &*run.env;
        let defaults = env.model_defaults.as_ref();
        let of_role = asked.role.as_ref().and_then(|role| defaults?.role(role));
        let call = ModelCall {
            client: asked.client.clone().or_else(|| env.models.clone()),
            prices: env.prices.clone(),
            estimate: env.estimate,
            model: of_role.or(asked.models.first().map(String::as_str)).unwrap_or_default().to_owned(),
            otherwise: if of_role.is_some() {
                Vec::new()
            } else {
                asked.models.iter().skip(1).rev().cloned().collect()
            },
            unset_role: None,
            temperature: asked.temperature,
            max_tokens: asked.max_tokens,
            top_p: asked.top_p,
            options: asked.options.clone(),
            contents: defaults.and_then(|defaults| defaults.contents.clone()),
            messages: defaults.and_then(|defaults| defaults.messages.clone()),
        };
        let mut feedback = run.feedback().map(str::to_owned);
        let mut n = 1;
        loop {
            let once = ask_for::<Out>(&call, prompt.clone(), feedback.as_deref(), run);
            let done = match asked.timeout {
                None => once.await,
                Some(limit) => tokio::select! {
                    biased;
                    done = once => done,
                    // The call under way is charged in full when the attempt ends.
                    () = env.clock.sleep(limit) => Err(StepError::retryable(format!("timed out after {limit:?}"))),
                },
            };
            let error = match done {
                Ok(answer) => return Ok(answer),
                Err(error) if n > asked.retries || !error.is_retryable() => return Err(error),
                Err(error) => error,
            };
            if let Cause::Rejected(reasons) = &error.cause {
                feedback = Some(reasons.join("; "));
            } else {
                feedback = None;
                // The seed is the place, as for the attempts of a step.
                let seed = crate::codec::Digest::of_parts(&[run.id().as_str(), run.path().as_str()]).low();
                let wait = asked.backoff.after(n, seed).max(error.wait.unwrap_or_default());
                env.clock.sleep(wait).await;
            }
            n += 1;
        }
    }
}
