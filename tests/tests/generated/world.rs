//! The steps that generated pipelines are made of.

use flujo::Cost;
use flujo::model::{ChunkSink, ModelClient, ModelError, ModelReply, ModelRequest, PriceBook, Tokens};
use flujo::prelude::*;

/// Every part may be written by parallel branches.
#[context]
#[derive(Debug, Default)]
pub struct State {
    #[context(part, merge = append)]
    pub log: Vec<String>,
    #[context(part, merge = sum)]
    pub total: u64,
}

#[derive(Debug)]
pub struct Service;

#[resources]
#[derive(Debug)]
pub struct World {
    pub service: Service,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Label {
    pub name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Topic {
    Spam,
    Tone,
    Facts,
}

/// Values do not grow without end.
pub fn short(text: &str) -> String {
    let skipped = text.chars().count().saturating_sub(8);
    text.chars().skip(skipped).collect()
}

#[step]
pub async fn echo(text: String) -> Result<String> {
    Ok(text)
}

#[step]
pub async fn add(text: String, log: &mut Vec<String>) -> Result<String> {
    // Beside others: the order of what is recorded is not the order of what is written.
    tokio::task::yield_now().await;
    log.push(text.clone());
    Ok(short(&format!("{text}!")))
}

#[step]
pub async fn count(n: u64, total: &mut u64) -> Result<u64> {
    *total += n;
    Ok(*total)
}

/// Fails the first time, having written.
#[step(retries = 2, backoff = none)]
pub async fn flaky(text: String, log: &mut Vec<String>, run: &RunInfo) -> Result<String> {
    log.push(format!("attempt {}", run.attempt()));
    if run.attempt() == 1 {
        return Err(StepError::retryable("not yet"));
    }
    Ok(text)
}

#[step]
pub async fn broken(text: String) -> Result<String> {
    Err(StepError::fatal(format!("broken by {text}")))
}

#[step(model = "test:small", max_tokens = 50, retries = 1, backoff = none)]
pub fn label(text: String) -> Prompt<Label> {
    Prompt::system("Label it.").user(text)
}

pipeline! {
    pub fn asks(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let reply: String = ask(format!("{text}?"));
        echo(format!("{text}{reply}"))
    }
}
pipeline! {
    pub fn restarts(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        flaky(text).retries(0)
    }
}
pipeline! {
    pub fn stops(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        if text.is_empty() { text } else { fail(format!("{text} is there")) }
    }
}

/// Accepts nothing.
pub struct Never;
impl Validator<String> for Never {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::invalid("never")
    }
}

/// Always says the same.
pub struct Calm;

#[async_trait::async_trait]
impl ModelClient for Calm {
    async fn call(
        &self,
        _: ModelRequest,
        _: &mut dyn ChunkSink,
    ) -> std::result::Result<ModelReply, ModelError> {
        let used = Tokens::new(100, 10);
        Ok(ModelReply::new(r#"{"name":"calm"}"#).used(used))
    }
}

/// A nano-dollar for each token sent, ten for each received.
pub struct Prices;

impl PriceBook for Prices {
    fn price(&self, _: &str, tokens: &Tokens) -> Option<Cost> {
        Some(Cost(tokens.input + 10 * tokens.output))
    }
    fn bound(&self, model: &str, tokens: &Tokens) -> Option<Cost> {
        self.price(model, tokens)
    }
}
